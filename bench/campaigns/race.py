"""200 processes race for 20 slots through HTTP: 20 win, 180 get 409, nothing overlaps (I1).

With `--control` the same race runs while the exclusion constraint is dropped, and must fail: the constraint decides, nothing else. A move
looks at its time, waits for its turn and commits within a millisecond or two of the server, so few meet there: it may take several races.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg

from bench.campaigns import demo
from sandbox.parts import DATABASE
from sandbox.postgres import Postgres

SLOTS, RACERS, CONTROL_RACES = 20, 200, 10


def main(argv: list[str]) -> int:
    if "--control" not in argv:
        return 0 if race() else 1
    with _without_constraint():
        held = all(race() for _ in range(CONTROL_RACES))
    print("without the constraint the race " + ("still held: something else decides" if held else "fails, as it must"))
    return 1 if held else 0


def race() -> bool:
    """One race against the running demo; whether everything held."""
    facts = demo()
    api, token = facts["api"], facts["stores"]["demo"]["merchant_token"]
    client = httpx.Client(base_url=f"{api}/api/merchant/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    location = client.get("/locations").json()["items"][0]["id"]
    hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    staff = client.post("/staff", json={"name": f"Racer {time.time():.0f}", "location": location, "hours": hours}).json()["id"]
    service = client.post("/services", json={"name": f"Race {time.time():.0f}", "duration": "PT60M", "step": "PT60M", "staff": [staff]}).json()["id"]
    day = date.today() + timedelta(days=20)
    found = client.get(f"/services/{service}/slots", params={"from": day.isoformat(), "to": day.isoformat()}).json()["days"][0]["slots"]
    targets = [slot["starts_at"] for slot in found[:SLOTS]]
    # Every racer first has a booking of its own, far away, and moves it: the same booking, link and order before and after.
    home = [client.post("/bookings", json={
        "service": service, "starts_at": _home(n, day), "customer": {"name": f"Racer {n}", "email": f"racer{n}@example.com"}, "notify": False,
        "override": True}).json() for n in range(RACERS)]
    assert all("ref" in b for b in home), home[0]
    barrier = multiprocessing.Barrier(RACERS)
    results: Any = multiprocessing.Queue()
    jobs = [multiprocessing.Process(target=_race, args=(api, token, b["ref"], targets[n % SLOTS], barrier, results)) for n, b in enumerate(home)]
    started = time.perf_counter()
    for job in jobs:
        job.start()
    answers = Counter(results.get(timeout=100) for _ in jobs)
    for job in jobs:
        job.join()
    taken = client.get("/bookings", params={"staff": staff, "starts_from": _utc(targets[0]), "limit": "200", "status": "confirmed"}).json()["items"]
    held = Counter(b["starts_at"] for b in taken if b["starts_at"] in targets)
    overlaps = sum(count - 1 for count in held.values())
    print(f"{RACERS} processes, {SLOTS} slots, {time.perf_counter() - started:.1f} s: {dict(answers)}; slots held {len(held)}, overlaps {overlaps}")
    for b in taken:
        client.post(f"/bookings/{b['ref']}/cancel", json={"refund": "none", "notify": False, "override": True})
    return answers == Counter({200: SLOTS, 409: RACERS - SLOTS}) and overlaps == 0 and len(held) == SLOTS


@contextmanager
def _without_constraint() -> Iterator[None]:
    """The demo's own database, its constraint away for as long as this lasts."""
    server = Postgres(Path(os.environ.get("OPENCALS_VAR", "var")))
    server.port = int((server.home / "postgres.port").read_text())
    with psycopg.connect(server.url("opencals_owner", DATABASE).replace("+psycopg", ""), autocommit=True) as owner:
        (rule,) = owner.execute("select pg_get_constraintdef(oid) from pg_constraint where conname = 'no_double_booking'").fetchone() or ("",)
        owner.execute("alter table occupancies drop constraint no_double_booking")
        try:
            yield
        finally:
            owner.execute(f"alter table occupancies add constraint no_double_booking {rule}")


def _home(n: int, day: date) -> str:
    return f"{day + timedelta(days=30 + n // 20)}T{n % 20:02d}:00:00+00:00"


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def _race(api: str, token: str, ref: str, target: str, barrier: Any, results: Any) -> None:
    """Connected and with the request in hand before the start, so that the server gets all of them at once."""
    address = urlsplit(api)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=90)
    connection.connect()
    body = json.dumps({"starts_at": target, "notify": False})
    barrier.wait()
    connection.request("POST", f"/api/merchant/v1/bookings/{ref}/reschedule", body,
                       {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    results.put(connection.getresponse().status)
