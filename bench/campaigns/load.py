"""A day's mixed load on the whole house: 50 shops, 30 requests a second, two web processes, two workers, the scheduler.

Needs no demo: `bench campaign load [SECONDS] [A SECOND]`. 70 % of the requests look at bookings, 20 % at free times, 10 % book, move
or cancel. Requests start when they are due, whatever the earlier ones do, and their time counts from then. To reach: 95 % within
300 ms, 99 % within 800 ms, no 5xx, at most 20 connections to the database, memory growing under 5 % after the first minute.
"""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from bench.data import Shop, administrator, make_shop
from bench.load import memory_of
from bench.pages import _cookie
from booking import keys
from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.actions.tokens import create_token
from booking.links import manage_path
from booking.rules.wall_time import use_packaged_zones
from models.actor import SYSTEM, Actor
from models.session import Database, database, use
from sandbox.files import free_port
from sandbox.parts import Parts
from sandbox.processes import Processes, start_all
from settings import Settings

SECONDS, A_SECOND, SHOPS, AT_ONCE = 600, 30, 50, 64
LOOKS = (("list", 25), ("month", 10), ("link page", 20), ("booking page", 10), ("list by API", 5), ("times to move to", 15), ("times by API", 5), ("write", 10))


@dataclass
class Place:
    """A shop under load, and the bookings made in it so far."""

    shop: Shop
    cookie: str
    link: str
    token: str
    made: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """What came of it. Times in seconds by kind."""

    times: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name, _ in LOOKS})
    answers: Counter[int] = field(default_factory=Counter)
    connections: int = 0
    memory: list[float] = field(default_factory=list)


def main(argv: list[str]) -> int:
    seconds, rate = (int(argv[0]) if argv else SECONDS), (int(argv[1]) if len(argv) > 1 else A_SECOND)
    use_packaged_zones()
    with tempfile.TemporaryDirectory(prefix="opencals-load-") as home:
        var = Path(home) / "var"
        Path(home).chmod(0o755)
        os.environ |= {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        os.environ.pop("DATABASE_URL", None)
        parts = Parts(var).start()
        processes = Processes(var, parts.environment | {"LOG_LEVEL": "ERROR"})
        try:
            settings = Settings.from_environment(parts.environment)
            keys.configure(settings)
            use(Database(settings.database_url))
            places = [_place(parts, n) for n in range(SHOPS)]
            database().engine.dispose()  # what is counted are the connections of the product's processes
            start_all(processes)
            processes.start("worker2", "flask", "--app", "app", "worker")
            _wait(settings.port)
            seen = _run(parts, processes, settings.port, places, seconds, rate)
            assert processes.dead() is None, processes.dead()
        finally:
            processes.stop()
            parts.stop()
    return _say(seen)


def _place(parts: Parts, n: int) -> Place:
    """The first shop has 100,000 bookings, the others 1,000."""
    shop = make_shop(f"shop{n:02d}", parts.environment["OWNER_DATABASE_URL"], *((100_000, 20) if n == 0 else (1_000, 4)))
    token = create_token(shop.store_id, SYSTEM, "load").facts["token"]
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    b = create_booking(shop.store_id, Actor("token", "api"), service_id=shop.service_id, starts_at=noon + timedelta(days=40), override=True,
                       person=Person("Ada Archer", "ada@example.com")).booking
    assert b is not None
    return Place(shop, _cookie(shop), manage_path(b), token)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise SystemExit("the web processes did not start") from None
            time.sleep(0.2)


def _run(parts: Parts, processes: Processes, port: int, places: list[Place], seconds: int, rate: int) -> Seen:
    dice, seen, lock = random.Random(5), Seen(), threading.Lock()
    names, weights = zip(*LOOKS, strict=True)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, limits=httpx.Limits(max_connections=AT_ONCE))

    def ask(due: float, kind: str, place: Place, chance: float) -> None:
        status = _ask(client, kind, place, chance)
        took = time.perf_counter() - due
        with lock:
            seen.times[kind].append(took)
            seen.answers[status] += 1

    stop = threading.Event()
    watch = threading.Thread(target=_watch, args=(parts, processes, seen, stop))
    watch.start()
    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for n in range(seconds * rate):
            due = begun + n / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            # Half of all goes to the large shop.
            place = places[0] if dice.random() < 0.5 else dice.choice(places[1:])
            pool.submit(ask, due, dice.choices(names, weights)[0], place, dice.random())
    stop.set()
    watch.join()
    return seen


def _ask(client: httpx.Client, kind: str, place: Place, chance: float) -> int:
    shop, path, _, query = place.shop, *place.link.partition("?")
    as_customer = {"Host": f"{shop.slug}.localhost", "Cookie": f"login={place.cookie}"}
    as_shop = {"Host": "localhost", "Authorization": f"Bearer {place.token}"}
    ref, api = path.rpartition("/")[2], "/api/merchant/v1"
    match kind:
        case "list":
            return client.get("/account", headers=as_customer).status_code
        case "month":
            return client.get("/account?view=calendar", headers=as_customer).status_code
        case "link page":
            return client.get(place.link, headers={"Host": f"{shop.slug}.localhost"}).status_code
        case "booking page":
            return client.get(f"/account/bookings/{ref}", headers=as_customer).status_code
        case "list by API":
            return client.get(f"{api}/bookings?limit=20", headers=as_shop).status_code
        case "times to move to":
            return client.get(f"{path}/reschedule?{query}", headers={"Host": f"{shop.slug}.localhost"}, follow_redirects=True).status_code
        case "times by API":
            first = datetime.now(UTC).date() + timedelta(days=30)
            return client.get(f"{api}/services/{shop.service_id}/slots?from={first}&to={first + timedelta(days=30)}", headers=as_shop).status_code
    return _write(client, place, f"{api}/bookings", as_shop, chance)


def _write(client: httpx.Client, place: Place, path: str, headers: dict[str, str], chance: float) -> int:
    """A new booking, a move or a cancellation of one made here; a time that is taken meanwhile is an answer too."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=60, hours=int(chance * 2_000))
    body: dict[str, Any] = {"starts_at": at.isoformat()}
    if chance < 0.5 or not place.made:
        body |= {"service": str(place.shop.service_id), "customer": {"name": "Lou Load", "email": f"load{int(chance * 1e6)}@example.com"}}
        answer = client.post(path, headers=headers, json=body)
        if answer.status_code == 201:
            place.made.append(answer.json()["ref"])
        return answer.status_code
    ref = place.made[int(chance * 7_919) % len(place.made)]
    return client.post(f"{path}/{ref}/{'reschedule' if chance < 0.8 else 'cancel'}", headers=headers, json=body if chance < 0.8 else {}).status_code


def _watch(parts: Parts, processes: Processes, seen: Seen, stop: threading.Event) -> None:
    """Every five seconds: connections to the database, and the memory of web processes and workers (MiB, shared pages by their share)."""
    with administrator(parts.environment["OWNER_DATABASE_URL"]) as c:
        while not stop.wait(5):
            counted = c.execute("select count(*) from pg_stat_activity where application_name = 'opencals'").fetchone()
            seen.connections = max(seen.connections, counted[0] if counted else 0)
            seen.memory.append(sum(_memory(child.pid) for name, child in processes.children if name in ("web", "worker", "worker2")))


def _memory(pid: int) -> float:
    """The process and its children."""
    pids = [pid, *(int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split())]
    return sum(memory_of(one) for one in pids)


def _say(seen: Seen) -> int:
    def at(times: list[float], share: float) -> float:
        return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000 if times else 0.0

    for kind, times in seen.times.items():
        print(f"{kind:18} {len(times):6}  p50 {at(times, 0.5):6.0f}  p95 {at(times, 0.95):6.0f}  p99 {at(times, 0.99):6.0f} ms")
    every = [took for times in seen.times.values() for took in times]
    p95, p99, failed = at(every, 0.95), at(every, 0.99), sum(n for status, n in seen.answers.items() if status >= 500)
    steady = seen.memory[12:] or seen.memory
    growth = steady[-1] / steady[0] - 1 if steady else 0.0
    print(f"{'all':18} {len(every):6}  p50 {at(every, 0.5):6.0f}  p95 {p95:6.0f}  p99 {p99:6.0f} ms; answers {dict(sorted(seen.answers.items()))}")
    print(f"{failed} answers of 5xx; at most {seen.connections} connections; memory of web processes and workers {steady[-1] if steady else 0:.0f} MiB,"
          f" {growth:+.1%} since the first minute")
    return 0 if p95 <= 300 and p99 <= 800 and not failed and seen.connections <= 20 and growth < 0.05 else 1
