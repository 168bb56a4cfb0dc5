"""Cancelling with money, and receipts, against the least they can cost."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice

import psycopg

from bench.data import OPEN, Shop
from bench.floor import cancelling_statements
from bench.load import Rate, Server, measure as load
from bench.pages import counted
from bench.turns import TURNS, cpu, in_turns, middle, p50, ratio
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.actions.services import create_service
from booking.actions.staff import create_staff
from booking.actions.tokens import create_token
from booking.documents.find import find, pdf
from booking.documents.pdf import render
from booking.documents.printed import printed
from models.actor import SYSTEM, Actor
from models.booking_summary import BookingSummary
from models.location import Location
from models.session import reading
from sandbox.files import free_port
from sandbox.parts import Parts
from settings import Settings

SHOP, CANCELLATIONS, RECEIPTS = Actor("token", "api"), 280, 100
MOST_CPU, MOST_STATEMENTS, MOST_TYPESETTING = 6, 12, 1.5


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    shop = list(shops.values())[-1]
    made = _paid(shop, 3 * CANCELLATIONS)
    environment = parts.environment | {"LOG_LEVEL": "ERROR", "BENCH_STORE": str(shop.store_id), "BENCH_CUSTOMER": str(shop.customer_id)}
    yield from _cancels(settings, shop, made, environment)
    with reading(shop.store_id) as tx:
        documents = [found for b in made[RECEIPTS:2 * RECEIPTS] if (found := find(tx, b.id)) is not None]
    # Each page another one: what was set before is not set again.
    pages = [(printed(document), document.issued_at) for document in documents]

    def receipt(n: int) -> None:
        with reading(shop.store_id) as tx:
            found = find(tx, made[n].id)
        assert found is not None
        pdf(found)

    render(*pages.pop()), receipt(len(pages))
    least, one = _medians(len(pages), lambda n: render(*pages[n]), receipt)
    yield ("receipt as PDF", f"{one * 1000:.1f} ms", f"{least * 1000:.1f} ms for the typesetting", one / least, f"<= {MOST_TYPESETTING}",
           one / least <= MOST_TYPESETTING)


def _cancels(settings: Settings, shop: Shop, made: list[BookingSummary], environment: dict[str, str]) -> Iterator[tuple]:
    """The commit against the least of it, its CPU and that of a whole request against floor (a), a bare page of 20 bookings; in turns."""
    posted, ours, spare = (iter(made[n::3]) for n in range(3))
    with counted() as sent:
        _cancel(shop, next(ours))
    token = create_token(shop.store_id, SYSTEM, "bench").facts["token"]
    floor_server, server = Server("bench.floor:application", free_port(), environment), Server("app:create_app()", free_port(), environment)

    def post() -> Rate:
        before = server.cpu_seconds()
        rate = _each(islice(posted, CANCELLATIONS // TURNS), partial(_post, http.client.HTTPConnection("127.0.0.1", server.port, timeout=30), token))
        return replace(rate, cpu=(server.cpu_seconds() - before) / (CANCELLATIONS // TURNS) * 1000)

    try:
        with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as c:
            c.execute("select set_config('app.store_id', %s, false)", (str(shop.store_id),))
            floor, bare, commits, requests = in_turns(
                lambda: load(floor_server, "x", "/"),
                lambda: _each(islice(spare, CANCELLATIONS // TURNS), lambda b: cancelling_statements(c, shop.store_id, b.id)),
                lambda: _each(islice(ours, CANCELLATIONS // TURNS), partial(_cancel, shop)), post)
    finally:
        floor_server.stop()
        server.stop()
    least = f"{middle(floor).cpu:.2f} ms, floor (a)"
    yield ("cancel with its refund, commit", f"{middle(commits).p50:.1f} ms", f"{middle(bare).p50:.1f} ms in 5 statements", ratio(commits, bare, p50), "", None)
    most = ratio(commits, floor, cpu)
    yield ("cancel commit with quote, audit, outbox: CPU", f"{middle(commits).cpu:.2f} ms", least, most, f"<= {MOST_CPU}", most <= MOST_CPU)
    yield ("cancel commit, statements", str(len(sent)), "", None, f"<= {MOST_STATEMENTS}", len(sent) <= MOST_STATEMENTS)
    yield ("cancel by the API, whole request: CPU", f"{middle(requests).cpu:.2f} ms", least, ratio(requests, floor, cpu), "", None)


def _cancel(shop: Shop, b: BookingSummary) -> None:
    cancel_booking(shop.store_id, SHOP, b.ref, refund="policy", override=True)


def _post(connection: http.client.HTTPConnection, token: str, b: BookingSummary) -> None:
    connection.request("POST", f"/api/merchant/v1/bookings/{b.ref}/cancel", '{"refund": "policy", "override": true}',
                       {"Host": "api.localhost", "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(answer.read().decode())
    answer.read()


def _paid(shop: Shop, count: int) -> list[BookingSummary]:
    """Bookings paid by card, one an hour."""
    with reading(shop.store_id) as tx:
        location = tx.db.execute(Location.__table__.select()).first().id
        start = tx.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=90)
    hours = {day: [["00:00", "24:00"]] for day in OPEN}
    staff = create_staff(shop.store_id, SHOP, name="Paid", location_id=location, hours=hours).facts["id"]
    service = create_service(shop.store_id, SHOP, name="Paid", duration_s=3600, price=8000, staff=[staff], horizon_days=365).facts["id"]
    return [create_booking(shop.store_id, SHOP, service_id=service, starts_at=start + timedelta(hours=n), person=Person("Bench", "bench@example.com"),
                           payments=[{"amount": 2500, "method": "card"}]).booking for n in range(count)]


def _each(bookings: Iterable[BookingSummary], do: Callable[[BookingSummary], object]) -> Rate:
    times, begun = [], time.process_time()
    for b in bookings:
        started = time.perf_counter()
        do(b)
        times.append(time.perf_counter() - started)
    return Rate(1 / statistics.median(times), statistics.median(times) * 1000, (time.process_time() - begun) / len(times) * 1000)


def _medians(count: int, *each: Callable[[int], object]) -> list[float]:
    """Seconds of the middle one of each, done in turns."""
    times: list[list[float]] = [[] for _ in each]
    for n in range(count):
        for taken, do in zip(times, each, strict=True):
            started = time.perf_counter()
            do(n)
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken) for taken in times]
