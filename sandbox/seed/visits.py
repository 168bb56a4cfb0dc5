"""The next days of three customers, booked through the real action: their confirmations lie in the mailbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from booking.actions.action import Done
from booking.actions.create_booking import create_booking
from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.rules.wall_time import local_date
from booking.slots import Slot, free_days
from models.actor import Actor
from models.session import reading
from sandbox.seed.shop import Shop

# (customer, service by policy, days ahead): the four policies of A32-A36 for each, inside and outside their windows.
WISHES = [(0, 0, 5), (0, 2, 12), (0, 3, 4), (0, 4, 10), (1, 0, 1), (1, 2, 3), (1, 3, 2), (1, 4, 3), (2, 1, 9), (2, 5, 16), (2, 6, 6), (2, 9, 20)]


def make_visits(shop: Shop, business: dict[str, Any], people: list, customers: list[int]) -> dict[int, list[str]]:
    """Book each wish at the first free time of its day or after; refs by customer number. Deposits count as paid by card."""
    refs: dict[int, list[str]] = {}
    for customer, service, ahead in WISHES:
        number = POLICY_ORDER[business["slug"]][service] if service < 5 else service
        with reading(shop.store_id) as tx:
            offer = find_offer(tx, shop.services[number])
            assert offer is not None
            first = local_date(tx.now, business["zone"]) + timedelta(days=ahead)
            slots = [slot for _, day in free_days(tx, offer, first, first + timedelta(days=30)).days for slot in day]
        deposit = business["services"][number]["deposit"]
        for slot in slots[3:] + slots[:3]:
            try:
                b = create_booking(
                    shop.store_id, _shopkeeper(shop), service_id=offer.id, starts_at=slot.starts_at, staff_id=slot.staff[0],
                    customer_id=customers[customer], payments=[{"amount": deposit, "method": "card"}] if deposit else []).booking
            except Refused:
                continue
            refs.setdefault(customer, []).append(b.ref)
            break
    for customer, together in ((0, _visit), (1, _series)):
        refs.setdefault(customer, []).extend(together(shop, business, customers[customer]))
    return refs


def _shopkeeper(shop: Shop) -> Actor:
    return Actor("user", "dashboard", shop.owner, "owner")


def _visit(shop: Shop, business: dict[str, Any], customer_id: int) -> list[str]:
    """Two services back to back, on the first day they fit."""
    first, second = VISIT[business["slug"]]
    parts = [VisitPart(shop.services[first]), VisitPart(shop.services[second])]
    return _first_fit(shop, first, 8, lambda slot: create_visit(
        shop.store_id, _shopkeeper(shop), parts=[replace(parts[0], staff_id=slot.staff[0]), parts[1]], starts_at=slot.starts_at, customer_id=customer_id,
        payments=[{"amount": 4000, "method": "card"}]))


def _series(shop: Shop, business: dict[str, Any], customer_id: int) -> list[str]:
    """Four dates, one a week, at the first time that is free on all of them."""
    number = SERIES[business["slug"]]
    return _first_fit(shop, number, 5, lambda slot: create_series(
        shop.store_id, _shopkeeper(shop), service_id=shop.services[number], starts_at=slot.starts_at, dates=4, staff_id=slot.staff[0],
        customer_id=customer_id, payments=[{"amount": 10000, "method": "card"}]))


def _first_fit(shop: Shop, service: int, ahead: int, book: Callable[[Slot], Done]) -> list[str]:
    with reading(shop.store_id) as tx:
        offer = find_offer(tx, shop.services[service])
        assert offer is not None
        first = local_date(tx.now, offer.zone) + timedelta(days=ahead)
        slots = [slot for _, day in free_days(tx, offer, first, first + timedelta(days=30)).days for slot in day]
    for slot in slots:
        try:
            return [b.ref for b in book(slot).bookings]
        except Refused:
            continue
    return []


VISIT = {"demo": (6, 9), "demo-shop": (0, 7)}
SERIES = {"demo": 7, "demo-shop": 9}
"""What goes well together, and what is done every week: services by their place in each shop's list."""


POLICY_ORDER = {"demo": [0, 1, 2, 3, 4], "demo-shop": [2, 1, 3, 4, 5]}
"""Where massage, (anything), consultation, training and class stand in each shop's list."""
