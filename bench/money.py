"""Cancelling with money, and receipts, against the least they can cost."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg

from bench.data import OPEN, Shop
from bench.floor import cancelling_statements
from bench.load import Server, measure as load
from bench.pages import counted
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

SHOP, CANCELLATIONS, RECEIPTS = Actor("token", "api"), 300, 100
POSTED, MOST_CPU, MOST_STATEMENTS, MOST_TYPESETTING = 200, 6, 12, 1.5


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    shop = list(shops.values())[-1]
    made = _paid(shop, CANCELLATIONS + 50 + POSTED)
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(shop.store_id),))
        spare = made[CANCELLATIONS:CANCELLATIONS + 50]
        least = _each(len(spare), lambda n: cancelling_statements(c, shop.store_id, spare[n].id))
    begun = time.process_time()
    with counted() as sent:
        one = _each(CANCELLATIONS, lambda n: cancel_booking(shop.store_id, SHOP, made[n].ref, refund="policy", override=True))
    commit = (time.process_time() - begun) / CANCELLATIONS * 1000
    yield ("cancel with its refund, commit", f"{one * 1000:.1f} ms", f"{least * 1000:.1f} ms in 5 statements", one / least, "", None)
    yield from _cpu(parts, shop, made[CANCELLATIONS + 50:], commit, len(sent) / CANCELLATIONS)
    with reading(shop.store_id) as tx:
        documents = [found for b in made[RECEIPTS:2 * RECEIPTS] if (found := find(tx, b.id)) is not None]
    # Each page another one: what was set before is not set again.
    pages = [(printed(document), document.issued_at) for document in documents]
    render(*pages.pop())
    least = _each(len(pages), lambda n: render(*pages[n]))

    def receipt(n: int) -> None:
        with reading(shop.store_id) as tx:
            found = find(tx, made[n].id)
        assert found is not None
        pdf(found)

    one = _each(RECEIPTS, receipt)
    yield ("receipt as PDF", f"{one * 1000:.1f} ms", f"{least * 1000:.1f} ms for the typesetting", one / least, f"<= {MOST_TYPESETTING}",
           one / least <= MOST_TYPESETTING)


def _cpu(parts: Parts, shop: Shop, made: list[BookingSummary], commit: float, statements: float) -> Iterator[tuple]:
    """CPU of a cancellation against floor (a), a bare page of 20 bookings: the commit alone, and a whole request to the API."""
    environment = parts.environment | {"LOG_LEVEL": "ERROR", "BENCH_STORE": str(shop.store_id), "BENCH_CUSTOMER": str(shop.customer_id)}
    server = Server("bench.floor:application", free_port(), environment)
    try:
        floor = load(server, "x", "/").cpu
    finally:
        server.stop()
    yield ("cancel commit with quote, audit, outbox: CPU", f"{commit:.2f} ms", f"{floor:.2f} ms, floor (a)", commit / floor, f"<= {MOST_CPU}",
           commit / floor <= MOST_CPU)
    yield ("cancel commit, statements", f"{statements:.1f}", "", None, f"<= {MOST_STATEMENTS}", statements <= MOST_STATEMENTS)
    token = create_token(shop.store_id, SYSTEM, "bench").facts["token"]
    server = Server("app:create_app()", free_port(), environment)
    try:
        _post_cancels(server, token, made[:50])
        before = server.cpu_seconds()
        _post_cancels(server, token, made[50:])
        asked = (server.cpu_seconds() - before) / len(made[50:]) * 1000
    finally:
        server.stop()
    yield ("cancel by the API, whole request: CPU", f"{asked:.2f} ms", f"{floor:.2f} ms, floor (a)", asked / floor, "", None)


def _post_cancels(server: Server, token: str, made: list[BookingSummary]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for b in made:
        connection.request("POST", f"/api/merchant/v1/bookings/{b.ref}/cancel", '{"refund": "policy", "override": true}',
                           {"Host": "api.localhost", "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(answer.read().decode())
        answer.read()
    connection.close()


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


def _each(count: int, do: Callable[[int], object]) -> float:
    """Seconds for one, of the middle one of all."""
    times = []
    for n in range(count):
        started = time.perf_counter()
        do(n)
        times.append(time.perf_counter() - started)
    return sorted(times)[count // 2]
