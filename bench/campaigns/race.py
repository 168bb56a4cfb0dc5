"""200 processes race for 20 slots through HTTP: 20 win, 180 get 409, nothing overlaps (I1)."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from bench.campaigns import demo

SLOTS, RACERS = 20, 200


def main(argv: list[str]) -> int:
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
    return 0 if answers == Counter({200: SLOTS, 409: RACERS - SLOTS}) and overlaps == 0 and len(held) == SLOTS else 1


def _home(n: int, day: date) -> str:
    return f"{day + timedelta(days=30 + n // 20)}T{n % 20:02d}:00:00+00:00"


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def _race(api: str, token: str, ref: str, target: str, barrier: Any, results: Any) -> None:
    with httpx.Client(base_url=api, headers={"Authorization": f"Bearer {token}"}, timeout=90) as client:
        barrier.wait()
        results.put(client.post(f"/api/merchant/v1/bookings/{ref}/reschedule", json={"starts_at": target, "notify": False}).status_code)
