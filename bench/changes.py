"""Moves alone and in a rush, booking and cancelling, against the least they can cost."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import psycopg

from bench.data import OPEN, Shop
from bench.floor import four_statements
from bench.load import Rate
from bench.turns import in_turns, middle, rate, ratio
from booking import keys
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import create_service
from booking.actions.staff import create_staff
from booking.rules.decision import Refused
from models.actor import Actor
from models.booking_summary import BookingSummary
from models.location import Location
from models.session import Database, reading, use
from sandbox.parts import Parts
from settings import Settings

SHOP, CONNECTIONS, SECONDS, TURN = Actor("token", "api"), 8, 5.0, 0.7


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    shop = list(shops.values())[-1]
    with reading(shop.store_id) as tx:
        location = tx.db.execute(Location.__table__.select()).first().id
        base = tx.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=60)
    hours = {day: [["00:00", "24:00"]] for day in OPEN}
    staff = create_staff(shop.store_id, SHOP, name="Mover", location_id=location, hours=hours).facts["id"]
    service = create_service(shop.store_id, SHOP, name="Move", duration_s=3600, staff=[staff], horizon_days=365).facts["id"]
    b = _book(shop, service, base)
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(shop.store_id),))
        moves = count()
        # On another day: the floor may have left it just where the next move would go.
        least, alone = in_turns(
            lambda: _rate(lambda: four_statements(c, shop.store_id, b.id, staff, base + timedelta(hours=1 + next(moves) % 20)), TURN),
            lambda: _rate(lambda: reschedule_booking(shop.store_id, SHOP, b.ref, starts_at=base + timedelta(days=1, hours=next(moves) % 20)), TURN))
    share = ratio(alone, least, rate)
    yield ("move, alone", f"{middle(alone).per_second:.0f}/s", f"{middle(least).per_second:.0f}/s in 4 statements", share, ">= 0.5", share >= 0.5)
    yield _rush(settings, shop, service, staff, base)
    hours_booked = count()

    def book_and_cancel() -> None:
        made = _book(shop, service, base + timedelta(days=2, hours=next(hours_booked) % 20))
        cancel_booking(shop.store_id, SHOP, made.ref, refund="policy", override=True)

    yield ("book and cancel", f"{_rate(book_and_cancel, SECONDS).per_second:.0f} pairs/s", "", None, "", None)


def _rush(settings: Settings, shop: Shop, service: int, staff: int, base) -> tuple:  # noqa: ANN001
    """Eight connections move eight bookings between three times of one person, as fast as they can; before that the same in the four
    statements of the floor, for how fast this machine is just now."""
    homes = [_book(shop, service, base + timedelta(days=5, hours=2 * n)) for n in range(CONNECTIONS)]
    bare = _race(_four_statements, settings, shop, staff, homes, base + timedelta(days=10))
    outcomes = _race(_action, settings, shop, staff, homes, base + timedelta(days=20))
    with reading(shop.store_id) as tx:
        overlaps = tx.db.exec_driver_sql(
            "select count(*) from occupancies a join occupancies b on a.store_id = b.store_id and a.staff_id = b.staff_id and a.id < b.id"
            " and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at) where a.store_id = %s and a.staff_id = %s",
            (shop.store_id, staff)).scalar_one()
    least, rate = (_per_second(one) for one in (bare, outcomes))
    bad = sum(n for key, n in outcomes.items() if key not in ("moved", "slot_taken"))
    return ("rush on three times of one person", f"{rate:.0f}/s ({outcomes['moved'] / SECONDS:.0f} moved), {overlaps} overlaps, {bad} errors",
            f"{least:.0f}/s in 4 statements", rate / least, ">= 400/s, 0, 0", rate >= 400 and overlaps == 0 and bad == 0)


def _per_second(outcomes: Counter[str]) -> float:
    return (outcomes["moved"] + outcomes["slot_taken"]) / SECONDS


def _race(way: Callable[..., Callable[[Any], None]], settings: Settings, shop: Shop, staff: int, homes: list[BookingSummary], first) -> Counter[str]:  # noqa: ANN001
    """What came of it, counted. Each returns home after a move; a time that is taken is an outcome too."""
    targets = [first + timedelta(hours=2 * n) for n in range(3)]
    results: Any = multiprocessing.Queue()
    barrier = multiprocessing.Barrier(CONNECTIONS)
    jobs = [multiprocessing.Process(target=_mover, args=(way, settings, shop.store_id, staff, b, targets, barrier, results)) for b in homes]
    for job in jobs:
        job.start()
    outcomes: Counter[str] = Counter()
    for _ in jobs:
        outcomes += results.get(timeout=120)
    for job in jobs:
        job.join()
    return outcomes


def _mover(way: Callable[..., Callable[[Any], None]], settings: Settings, store_id: int, staff: int, b: BookingSummary, targets: list,
           barrier: Any, results: Any) -> None:
    move = way(settings, store_id, staff, b)
    outcomes: Counter[str] = Counter()
    moved, n = False, 0
    barrier.wait()
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        goal = b.starts_at if moved else targets[n % 3]
        n += 1
        try:
            move(goal)
            moved = not moved
            outcomes["moved"] += 1
        except (Refused, psycopg.errors.ExclusionViolation):
            outcomes["slot_taken"] += 1
        except Exception as error:
            outcomes[type(error).__name__] += 1
    if moved:
        move(b.starts_at)
    results.put(outcomes)


def _action(settings: Settings, store_id: int, _staff: int, b: BookingSummary) -> Callable[[Any], None]:
    keys.configure(settings)
    use(Database(settings.database_url, pool_size=1))

    def move(goal: Any) -> None:
        try:
            reschedule_booking(store_id, SHOP, b.ref, starts_at=goal, notify=False)
        except Refused as refused:
            if refused.code != "slot_taken":
                raise RuntimeError(refused.code) from refused
            raise

    return move


def _four_statements(settings: Settings, store_id: int, staff: int, b: BookingSummary) -> Callable[[Any], None]:
    c = psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True)
    c.execute("select set_config('app.store_id', %s, false)", (str(store_id),))
    return lambda goal: four_statements(c, store_id, b.id, staff, goal)


def _book(shop: Shop, service: int, at) -> BookingSummary:  # noqa: ANN001
    booked = create_booking(shop.store_id, SHOP, service_id=service, starts_at=at, person=Person("Bench", "bench@example.com")).booking
    assert booked is not None
    return booked


def _rate(do: Callable[[], object], seconds: float) -> Rate:
    do()
    times, started, begun = [], time.perf_counter(), time.process_time()
    while (at := time.perf_counter()) - started < seconds:
        do()
        times.append(time.perf_counter() - at)
    return Rate(len(times) / (time.perf_counter() - started), statistics.median(times) * 1000, (time.process_time() - begun) / len(times) * 1000)
