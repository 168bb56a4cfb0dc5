"""Making a visit, and the times the whole of it fits (R32)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.people import Person
from booking.actions.visits import reschedule_visit, visit_of
from booking.rules.decision import Refused
from booking.visit_times import visit_days
from models.session import reading
from tests.actions.test_reschedule import refused
from tests.support.world import MERCHANT, World, at, hours

ADA = Person("Ada Archer", "ada@example.com")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def services(world) -> list[int]:
    """Colour 45 min with 15 min buffer after, a cut of an hour on full hours, a massage by Tom only."""
    return [world.add_service("Colour", duration_s=2700, buffer_after_s=900, price=4000, policy={"reschedule": {"notice": "PT2H"}}),
            world.add_service("Cut", step_s=3600, price=3000, policy={"reschedule": {"notice": "PT2H"}}),
            world.add_service("Rub", staff=[world.tom], price=1000, duration_s=1800)]


def visit(world, parts, start=at(10, 15), by=MERCHANT, **more):
    return create_visit(world.store_id, by, parts=parts, starts_at=start, person=ADA, **more).bookings


def times(world, ref, day=10):
    with reading(world.store_id) as tx:
        parts = visit_of(tx, ref)
        found = visit_days(tx, parts, at(day, 15).date(), at(day, 15).date())
        return [slot.starts_at for _, slots in found.days for slot in slots]


def test_parts_follow_each_other_in_one_order(world, services):
    made = visit(world, [VisitPart(services[0], world.elena), VisitPart(services[1]), VisitPart(services[2])],
                 payments=[{"amount": 801, "method": "cash"}])
    assert [(b.starts_at, b.staff_id) for b in made] == [(at(10, 15), world.elena), (at(10, 16), world.elena), (at(10, 17), world.tom)]
    assert len({b.order_id for b in made}) == len({b.visit_id for b in made}) == 1 and made[0].visit_id
    assert [b.paid for b in made] == [401, 300, 100]
    assert [len(row.payload["bookings"]) for row in world.outbox("booking_confirmed")] == [3]
    assert world.sql("select count(*) from documents") == [(3,)]


def test_another_person_needs_no_buffer_between(world, services):
    made = visit(world, [VisitPart(services[0], world.elena), VisitPart(services[2])])
    assert made[1].starts_at == at(10, 15, 45)


def test_all_or_none(world, services):
    world.book(at(10, 16), email="bea@example.com")
    refused("slot_taken", visit, world, [VisitPart(services[0], world.elena), VisitPart(services[1], world.elena)])
    assert world.sql("select count(*) from bookings") == [(1,)]


def test_wrong_parts_are_all_named(world, services):
    course = world.add_service("Yoga", capacity=3)
    no = refused("invalid", visit, world, [VisitPart(services[0]), VisitPart(course), VisitPart(1)])
    assert [error["field"] for error in no.facts["errors"]] == ["parts.0.service", "parts.1.service"]
    assert refused("invalid", visit, world, [VisitPart(services[0])]).facts["errors"][0]["field"] == "parts"
    with pytest.raises(Refused, match="not_allowed"):
        visit(world, [VisitPart(services[0]), VisitPart(services[1])], by=world.customer(world.book(at(20, 15))))


def test_the_times_offered_are_those_that_can_be_taken(world, services):
    made = visit(world, [VisitPart(services[0], world.elena), VisitPart(services[1])])
    world.book(at(10, 18), email="bea@example.com")
    offered = times(world, made[0].ref)
    # 9:00 to 17:00 in New York is 14:00 to 22:00 UTC; both parts take two hours, and 18:00 to 19:00 is taken.
    free = set(offered)
    for quarter in range(14 * 4, 22 * 4):
        start = at(10, 0) + timedelta(minutes=15 * quarter)
        fits = all(not (start + timedelta(minutes=a) < at(10, 19) and at(10, 18) < start + timedelta(minutes=b)) for a, b in ((0, 60), (60, 120)))
        inside = start + hours(2) <= at(10, 22)
        assert (start in free) == (fits and inside and start != at(10, 15)), start
    for start in (offered[0], offered[3], offered[-1]):
        done = reschedule_visit(world.store_id, world.customer(made[0]), made[0].ref, starts_at=start)
        assert [b.starts_at for b in done.bookings] == [start, start + hours(1)]


def test_a_later_part_keeps_its_distance_off_its_own_steps(world, services):
    """The cut alone is offered on full hours; as the second part it starts when the colour is done."""
    made = visit(world, [VisitPart(services[0], world.elena), VisitPart(services[1])])
    done = reschedule_visit(world.store_id, world.customer(made[0]), made[0].ref, starts_at=at(11, 15, 15))
    assert done.bookings[1].starts_at == at(11, 16, 15)


def test_a_visit_has_one_currency(world, services):
    yen = world.add_service("Yen", currency="JPY", price=3000)
    assert refused("invalid", visit, world, [VisitPart(services[0]), VisitPart(yen)]).facts["errors"] == [
        {"field": "parts.0.service", "problem": "is priced in JPY and the first part in USD: a visit has one currency"}]
    assert world.sql("select count(*) from bookings") == [(0,)]
