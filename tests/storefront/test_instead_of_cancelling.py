"""Where the shop puts "Schedule an appointment" in the place of cancelling, no door cancels: list, booking, link, form, series, visit (A125, I10)."""

from __future__ import annotations

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_series import cancel_series
from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.people import Person
from booking.actions.services import update_service
from booking.rules.decision import Refused
from tests.storefront.visitor import account, fields, link, words
from tests.support.world import MERCHANT, at

ADA = Person("Ada Archer", "ada@example.com", "+12125550101")
INSTEAD = {"cancel": {"notice": "PT0S", "instead_schedule": True}}
SENTENCE = "Harbor Massage doesn't offer cancelling this booking online. You can schedule another appointment, or contact Harbor Massage directly."
DOORS = pytest.mark.parametrize("door", [account, link])


@pytest.fixture
def service(world) -> int:
    return world.add_service("Facial", policy=INSTEAD)


def statuses(world, bookings) -> list[str]:
    return [world.read(b.ref).status for b in bookings]


@DOORS
def test_the_page_leads_to_a_new_booking_and_promises_no_cancelling(world, ada, service, door):
    b = world.book(at(10, 15), service=service, staff=world.elena, paid=2500)
    ada.get(door(b))
    seen = words(ada.page)
    assert "Schedule an appointment" in seen and "Cancel Booking" not in seen and f'href="/book/{service}?staff={world.elena}"' in ada.page
    assert "Cancel until" not in seen and "Cancelling online ends" not in seen and "Move until" in seen


@DOORS
def test_the_address_of_the_form_says_why_and_a_form_opened_before_cancels_nothing(world, ada, door):
    b = world.book(at(10, 15), paid=2500)
    ada.get(door(b, "cancel"))
    form = fields(ada.page)
    update_service(world.store_id, MERCHANT, world.service, policy=INSTEAD)
    ada.post(door(b, "cancel"), 409, **form)
    assert SENTENCE in words(ada.page)
    ada.get(door(b, "cancel"), 409)
    assert SENTENCE in words(ada.page)
    assert world.read(b.ref).status == "confirmed" and world.sql("select count(*) from refunds") == [(0,)]


def test_the_list_shows_the_new_appointment_in_the_place_of_cancelling(world, ada, service):
    b, other = world.book(at(10, 15), service=service, staff=world.elena), world.book(at(11, 15))
    ada.get("/account")
    assert f'href="{account(b, "cancel")}"' not in ada.page and f'href="/book/{service}?staff={world.elena}"' in ada.page
    assert f'href="{account(other, "cancel")}"' in ada.page and words(ada.page).count("Schedule an appointment") == 1


def test_dates_of_a_series_stay_each_with_the_reason(world, ada, service):
    made = create_series(world.store_id, MERCHANT, service_id=service, staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=3).bookings
    ada.get(account(made[0], "cancel") + "?scope=all")
    assert "None of these dates can be cancelled online any more." in words(ada.page) and words(ada.page).count(SENTENCE) == 3
    with pytest.raises(Refused) as refused:
        cancel_series(world.store_id, world.customer(made[0]), made[0].ref, scope="all", quote="x")
    assert refused.value.code in ("not_allowed", "invalid") and statuses(world, made) == ["confirmed"] * 3


@pytest.mark.parametrize("scope", ["visit", "this"])
def test_a_visit_and_a_part_of_it_stay(world, ada, scope):
    parts = [VisitPart(world.add_service("Colour", policy=INSTEAD), world.elena), VisitPart(world.add_service("Cut"))]
    made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=parts).bookings
    ada.get(account(made[1], "cancel") + f"?scope={scope}", 409)
    assert SENTENCE in words(ada.page)
    ada.get("/account")
    assert "Schedule an appointment" in words(ada.page) and "/cancel" not in ada.page
    assert statuses(world, made) == ["confirmed"] * 2


def test_some_seats_of_a_party_stay(world, ada):
    course = world.add_service("Yoga", capacity=6, staff=[world.elena], price=2000)
    world.session(course, at(12, 18), capacity=6)
    b = world.book(at(12, 18), service=course, seats=3)
    ada.get(account(b, "cancel") + "?seats=1")
    form = fields(ada.page)
    update_service(world.store_id, MERCHANT, course, policy=INSTEAD)
    ada.post(account(b, "cancel"), 409, **form)
    assert world.read(b.ref).seats == 3


def test_a_request_not_answered_yet_can_be_withdrawn(world, ada):
    """R29 comes first: nothing is agreed yet."""
    service = world.add_service("Consultation", policy=INSTEAD | {"approval": "manual"})
    b = world.book(at(10, 15), service=service, staff=world.elena)
    asked = world.book(at(11, 15), service=service, staff=world.elena, by=world.customer(b))
    ada.get(link(asked))
    assert "Cancel Booking" in words(ada.page) and "Schedule an appointment" not in words(ada.page)
    ada.get(link(asked, "cancel"))
    ada.send(link(asked, "cancel"))
    assert world.read(asked.ref).status == "cancelled"


def test_the_shop_cancels_all_the_same(world, service):
    b = world.book(at(10, 15), service=service, staff=world.elena)
    with pytest.raises(Refused) as refused:
        cancel_booking(world.store_id, MERCHANT, b.ref)
    assert (refused.value.code, refused.value.facts) == ("not_allowed", {"kind": "cancel", "instead": True})
    assert cancel_booking(world.store_id, MERCHANT, b.ref, override=True).booking.status == "cancelled"
