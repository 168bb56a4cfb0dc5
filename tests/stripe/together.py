"""Bookings that move together to other times which cost something else: a visit of two parts, a series."""

from __future__ import annotations

from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.services import update_service
from tests.storefront.test_together import ADA
from tests.stripe.test_difference import DIFFERENCE
from tests.support.world import MERCHANT, at

NEW = at(11, 15)


def priced(world, till, colour=4500, cut=4500, *, paid=True, policy=None, **service):
    """Colour for $40 and a cut for $30, one after the other, paid by card; by now they cost something else."""
    made = [world.add_service(name, price=price, staff=[world.elena], policy=DIFFERENCE | (policy or {}), **service)
            for name, price in (("Colour", 4000), ("Cut", 3000))]
    parts = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=[VisitPart(one, world.elena) for one in made]).bookings
    if paid:
        for b in parts:
            till.take(b, b.price)
    for one, price in zip(made, (colour, cut), strict=True):
        update_service(world.store_id, MERCHANT, one, price=price)
    return [world.read(b.ref) for b in parts]


def state(world, parts):
    return [(now.starts_at, now.price, now.paid, now.due) for now in (world.read(b.ref) for b in parts)]


def unmoved(world, parts):
    assert [(starts_at, price, due) for starts_at, price, _, due in state(world, parts)] == [(b.starts_at, b.price, b.due) for b in parts]


def intents(world):
    return world.sql("select state from intents where kind = 'difference' order by created_at, id")


def intent_of(world):
    return world.sql("select id from intents where kind = 'difference'")[0][0]


MOVED = [(NEW, 4500, 4500, 0), (at(11, 16), 4500, 4500, 0)]


def dates(world, till, n=3, *, price=9500, **more):
    """Fridays from March 5 at $80, each paid by card; by now they cost `price`."""
    made = world.add_service("Facial", staff=[world.elena], policy=DIFFERENCE | more.pop("policy", {}), **more)
    series = create_series(world.store_id, MERCHANT, service_id=made, staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=n).bookings
    for b in series:
        till.take(b, 8000)
    update_service(world.store_id, MERCHANT, made, price=price)
    return [world.read(b.ref) for b in series]
