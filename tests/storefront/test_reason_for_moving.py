"""The shop may ask why a customer moves a booking: not, as they like, or always (D20b). The words stand with the booking and in the shop's
mail; the audit only knows that there were any."""

from __future__ import annotations

import pytest

from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.decline_booking import decline_booking
from booking.actions.people import Person
from booking.actions.redact_customer import redact_customer
from booking.actions.reschedule_booking import LONGEST_REASON, reschedule_booking
from booking.actions.reschedule_series import reschedule_series
from booking.actions.services import update_service
from booking.actions.visits import reschedule_visit
from booking.privacy import customer_data
from booking.rules.decision import Refused
from messages.render import render_mail
from models.actor import SYSTEM
from models.session import reading
from tests.storefront.visitor import account, fields, link, words
from tests.support.world import MERCHANT, at

ADA = Person("Ada Archer", "ada@example.com", "+12125550101")
DOORS = pytest.mark.parametrize("door", [account, link])
NEW = "at=2027-03-11T16:00:00%2B00:00"
MISSING = "Please say why you are moving it."


def asking(rule: str, **more) -> dict:
    return {"reschedule": {"notice": "PT2H", "reason": rule, **more}}


@pytest.fixture
def asked(world):
    """`asked("required")`: a booking of a service that asks so."""
    return lambda rule, **more: world.book(at(10, 15), service=world.add_service("Facial", policy=asking(rule) | more), staff=world.elena)


def summary(ada, b, door, query: str = NEW) -> str:
    path = door(b, "reschedule")
    ada.get(path + ("&" if "?" in path else "?") + query)
    return path


@DOORS
def test_not_asked_unless_the_shop_wants_it(world, ada, door):
    """A140: no form fields."""
    b = world.book(at(10, 15))
    path = summary(ada, b, door)
    assert "<textarea" not in ada.page
    ada.send(path, reason="Nobody asked")
    assert (world.read(b.ref).version, world.read(b.ref).move_reason) == (2, None)


@DOORS
def test_as_they_like(world, ada, asked, door):
    b = asked("optional")
    path = summary(ada, b, door)
    assert "Reason for moving (optional)" in words(ada.page) and "required></textarea>" not in ada.page
    ada.send(path)
    assert (world.read(b.ref).version, world.read(b.ref).move_reason) == (2, None)
    path = summary(ada, b, door, "at=2027-03-12T16:00:00%2B00:00")
    ada.send(path, reason="  The train is late\r\nagain ")
    assert world.read(b.ref).move_reason == "The train is late\r\nagain"
    mails = [row for row in world.outbox("merchant_booking_moved") if row.recipient == "shop@example.com"]
    assert "Reason given: The train is late again" in render_mail(mails[1].topic, mails[1].payload, "x").text
    assert "Reason given" not in render_mail(mails[0].topic, mails[0].payload, "x").text
    assert all("train" not in str(row.payload) for row in world.outbox() if row.recipient == "ada@example.com")
    path = summary(ada, b, door, "at=2027-03-15T16:00:00%2B00:00")
    ada.send(path, reason="y" * 900)
    assert len(world.read(b.ref).move_reason) == LONGEST_REASON


@DOORS
def test_always(world, ada, asked, door):
    b = asked("required", approval="manual")
    path = summary(ada, b, door)
    assert "Reason for moving" in words(ada.page) and "(optional)" not in words(ada.page) and "required></textarea>" in ada.page
    form = fields(ada.page)
    ada.send(path, 422, reason=" \n ")
    assert MISSING in words(ada.page) and 'aria-invalid="true"' in ada.page and "Confirm Booking" in words(ada.page)
    assert world.read(b.ref).version == 1 and {k: v for k, v in fields(ada.page).items() if k != "once"} == {k: v for k, v in form.items() if k != "once"}
    ada.send(path, reason="My child is ill")
    assert (world.read(b.ref).status, world.read(b.ref).move_reason) == ("pending", "My child is ill")
    mail, = [row for row in world.outbox("merchant_approval_needed") if row.recipient == "shop@example.com"]
    assert "Reason given: My child is ill" in render_mail(mail.topic, mail.payload, "x").text


def test_the_person_named_stays_when_the_reason_was_missing(world, ada):
    service = world.add_service("Facial", policy=asking("required", change_staff=True))
    adam = world.staff("Adam First")
    update_service(world.store_id, MERCHANT, service, staff=[world.elena, world.tom, adam])
    b = world.book(at(10, 15), service=service, staff=world.elena)
    world.book(at(11, 16), staff=world.elena, email="bea@example.com")
    path = summary(ada, b, account, "staff=anyone&" + NEW)
    assert fields(ada.page)["staff"] == str(adam)
    world.book(at(11, 19), service=service, staff=adam, email="cem@example.com")
    ada.send(path + "?staff=anyone", 422)
    assert fields(ada.page)["staff"] == str(adam) and "EST Adam First" in words(ada.page)


def test_a_series(world, ada):
    service = world.add_service("Facial", policy=asking("required"))
    made = create_series(world.store_id, MERCHANT, service_id=service, staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=2).bookings
    path = summary(ada, made[0], account, "scope=all&at=2027-03-06T15:00:00%2B00:00")
    assert "2 bookings move" in words(ada.page) and "Reason for moving" in words(ada.page)
    ada.send(path, 422)
    assert MISSING in words(ada.page) and "2 bookings move" in words(ada.page)
    ada.send(path, reason="Away")
    assert [(world.read(b.ref).version, world.read(b.ref).move_reason) for b in made] == [(2, "Away")] * 2


@DOORS
def test_a_visit_asks_as_the_strictest_of_its_parts(world, ada, door):
    parts = [VisitPart(world.add_service("Colour"), world.elena), VisitPart(world.add_service("Cut", policy=asking("required")))]
    made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=parts).bookings
    path = summary(ada, made[0], door)
    ada.send(path, 422)
    assert MISSING in words(ada.page) and "2 bookings move" in words(ada.page)
    ada.send(path, reason="Away")
    assert [world.read(b.ref).version for b in made] == [2, 2] and world.read(made[1].ref).move_reason == "Away"


def test_taking_a_request_back_needs_no_reason_and_takes_its_own_along(world, ada, asked):
    """R17: the booking stands as it did before."""
    b = asked("required", approval="manual")
    path = summary(ada, b, account)
    ada.send(path, reason="My child is ill")
    assert world.read(b.ref).status == "pending"
    ada.get(path + "?at=" + b.starts_at.isoformat().replace("+", "%2B"))
    assert "takes back your request" in words(ada.page) and "Reason for moving" not in words(ada.page)
    ada.send(path)
    assert (world.read(b.ref).status, world.read(b.ref).starts_at, world.read(b.ref).move_reason) == ("confirmed", b.starts_at, None)


def test_so_does_a_no_by_the_shop(world, asked):
    b = asked("required", approval="reschedule_only")
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16), reason="My child is ill")
    decline_booking(world.store_id, MERCHANT, b.ref)
    assert (world.read(b.ref).status, world.read(b.ref).move_reason) == ("confirmed", None)


def test_a_visit_that_waits_tells_the_shop_why(world):
    policy = asking("required") | {"approval": "reschedule_only"}
    parts = [VisitPart(world.add_service("Colour"), world.elena), VisitPart(world.add_service("Cut", policy=policy))]
    made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=parts).bookings
    reschedule_visit(world.store_id, world.customer(made[0]), made[0].ref, starts_at=at(11, 16), reason="Away")
    mail, = [row for row in world.outbox("merchant_approval_needed") if row.recipient == "shop@example.com"]
    assert "Reason given: Away" in render_mail(mail.topic, mail.payload, "x").text


def test_every_way_in_is_held_to_it_but_the_shops(world, asked):
    b = asked("required")
    moves = [lambda: reschedule_booking(world.store_id, world.holder(b), b.ref, starts_at=at(11, 16)),
             lambda: reschedule_series(world.store_id, world.customer(b), b.ref, scope="this", starts_at=at(11, 16)),
             lambda: reschedule_visit(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16))]
    for move in moves:
        with pytest.raises(Refused) as refused:
            move()
        assert (refused.value.code, refused.value.facts["errors"]) == ("invalid", [{"field": "reason", "problem": "is missing"}])
    assert reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 16)).booking.version == 2


def test_bookings_made_before_are_not_asked(world, ada):
    """R20: what the policy demands later counts for new bookings; what it no longer demands, for all."""
    b = world.book(at(10, 15))
    update_service(world.store_id, MERCHANT, world.service, policy=asking("required"))
    summary(ada, b, account)
    assert "<textarea" not in ada.page
    later = world.book(at(12, 15))
    update_service(world.store_id, MERCHANT, world.service, policy=asking("none"))
    summary(ada, later, account)
    assert "<textarea" not in ada.page


def test_the_words_are_the_persons_and_go_with_them(world, asked):
    """R45, I63: the audit holds no words; an erasure takes them from the booking and from the mails."""
    b = asked("required")
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16), reason="My divorce")
    trail = world.sql("select facts::text, after::text from audit_entries where action = 'reschedule_booking'")
    assert '"reason_given": true' in trail[0][0] and "divorce" not in str(trail)
    with reading(world.store_id) as tx:
        assert "My divorce" in str(customer_data(tx, b.customer_id))
    redact_customer(world.store_id, SYSTEM, b.customer_id)
    assert world.read(b.ref).move_reason is None and all("divorce" not in str(row.payload) for row in world.outbox())
