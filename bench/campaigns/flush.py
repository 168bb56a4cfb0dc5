"""Redis is flushed again and again in the middle of 500 changes: 500 of 500 customer mails arrive, none twice (I6, I21)."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import redis

from bench.campaigns import demo
from sandbox.valkey import Valkey

CHANGES = 500


def main(argv: list[str]) -> int:
    facts = demo()
    api, token, sandbox = facts["api"], facts["stores"]["demo"]["merchant_token"], facts["sandbox"]
    client = httpx.Client(base_url=f"{api}/api/merchant/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    location = client.get("/locations").json()["items"][0]["id"]
    hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    staff = client.post("/staff", json={"name": f"Flush {time.time():.0f}", "location": location, "hours": hours}).json()["id"]
    service = client.post("/services", json={"name": f"Flush {time.time():.0f}", "duration": "PT15M", "staff": [staff], "horizon": "P365D"}).json()["id"]
    run = f"{time.time():.0f}"
    stop, flushes = threading.Event(), [0]

    def flush() -> None:
        while not stop.wait(0.4):
            _redis().flushall()
            flushes[0] += 1

    flusher = threading.Thread(target=flush)
    flusher.start()
    started = time.perf_counter()
    first = date.today() + timedelta(days=40)
    for n in range(CHANGES):
        at = f"{first + timedelta(days=n // 90)}T{n % 90 // 4:02d}:{n % 4 * 15:02d}:00+00:00"
        answer = client.post("/bookings", json={"service": service, "starts_at": at, "override": True,
                                                "customer": {"name": "F", "email": f"flush{run}x{n}@example.com"}})
        assert answer.status_code == 201, answer.text
    stop.set()
    flusher.join()
    _redis().flushall()
    made = time.perf_counter() - started
    counts: Counter[str] = Counter()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        counts = Counter(m["to"] for m in _mails(sandbox) if m["to"].startswith(f"flush{run}x"))
        if len(counts) == CHANGES:
            time.sleep(8)
            counts = Counter(m["to"] for m in _mails(sandbox) if m["to"].startswith(f"flush{run}x"))
            break
        time.sleep(1)
    twice = sum(count > 1 for count in counts.values())
    print(f"{CHANGES} changes in {made:.1f} s, Redis flushed {flushes[0] + 1} times: {len(counts)} of {CHANGES} mails arrived, {twice} twice,"
          f" all within {time.perf_counter() - started - made:.1f} s after")
    return 0 if len(counts) == CHANGES and not twice else 1


def _mails(sandbox: str) -> list[dict[str, Any]]:
    return httpx.get(f"{sandbox}/mail.json", timeout=60, params={"limit": "5000"}).json()


def _redis() -> redis.Redis:
    var = Path(os.environ.get("OPENCALS_VAR", "var"))
    server = Valkey(var)
    return redis.Redis.from_url(f"redis://:{server.password}@127.0.0.1:{(var / 'valkey.port').read_text()}/0")
