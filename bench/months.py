"""A month of free times for 1, 10 and 50 staff against the raw floor of the same month."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg

from bench.data import Shop
from bench.floor import raw_month
from booking.actions.services import create_service
from booking.offers import find_offer
from booking.rules.availability import at_minute
from booking.rules.wall_time import local_date
from booking.slots import free_days
from models.actor import SYSTEM
from models.session import reading
from sandbox.parts import Parts
from settings import Settings

COUNTS, LIMITS, ROUNDS = (1, 10, 50), (3, 3, 4), 15


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    shop = list(shops.values())[-1]
    medians = {}
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(shop.store_id),))
        for count in COUNTS:
            staff = shop.staff[:count]
            service = create_service(shop.store_id, SYSTEM, name=f"Month {count}", duration_s=3600, staff=staff, horizon_days=365).facts["id"]
            with reading(shop.store_id) as tx:
                first = local_date(tx.now, "America/New_York") + timedelta(days=1)
            raw = _median(lambda s=staff, f=first: raw_month(c, shop.store_id, s, at_minute(f, 0, "America/New_York"), 31))
            medians[count] = _median(lambda s=service, f=first: _ours(shop.store_id, s, f))
            ratio = medians[count] / raw
            yield (f"month of free times, {count} staff", f"{medians[count] * 1000:.1f} ms", f"{raw * 1000:.1f} ms", ratio, "<= 4", ratio <= 4)
    linear = medians[50] / medians[10] / 5
    yield ("month, 10 to 50 staff", f"{medians[50] * 1000:.0f} ms", f"5 x {medians[10] * 1000:.0f} ms", linear, "linear", linear <= 1.5)


def _ours(store_id: int, service: int, first) -> str:  # noqa: ANN001
    with reading(store_id) as tx:
        offer = find_offer(tx, service)
        assert offer is not None
        found = free_days(tx, offer, first, first + timedelta(days=30))
    return json.dumps([{"at": slot.starts_at.isoformat(), "staff": slot.staff} for _, slots in found.days for slot in slots])


def _median(do: Callable[[], object]) -> float:
    do()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
