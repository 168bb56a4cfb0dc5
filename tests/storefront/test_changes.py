"""Moving and cancelling through the pages: what is refused, with which words, and that nothing else changes (R4, R10, R15, R27)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from icalendar import Calendar

from booking.actions.cancel_booking import cancel_booking
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.mark_booking import arrive_booking, complete_booking, no_show_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.staff import update_staff
from booking.actions.stores import update_store
from models.actor import Actor
from tests.storefront.visitor import account, link, words
from tests.support.world import MERCHANT, at

NEW = "2027-03-11T16:00:00+00:00"
TOO_LATE = "This booking is within 24h of the appointment time and can't be {}. Please contact Harbor Massage directly."
DOORS = pytest.mark.parametrize("door", [account, link])


def status(world, b) -> str:
    return world.read(b.ref).status


@DOORS
def test_what_changes_is_what_is_struck_through(world, ada, door):
    """On the same day the date stays, and the time is what moves."""
    b = world.book(at(10, 15))
    path = door(b, "reschedule")
    ada.get(path + ("&" if "?" in path else "?") + "at=2027-03-10T18:00:00%2B00:00")
    assert re.findall("<(?:s|strong)>(.*?)</", ada.page) == ["10:00 AM to 11:00 AM EST", "1:00 PM to 2:00 PM EST"]
    ada.get(path + ("&" if "?" in path else "?") + "at=2027-03-11T15:00:00%2B00:00")
    assert re.findall("<(?:s|strong)>(.*?)</", ada.page) == ["Wednesday, March 10, 2027", "Thursday, March 11, 2027"]


@DOORS
def test_a_booking_moves_in_three_pages(world, ada, door):
    b = world.book(at(10, 15), paid=2500)
    ada.get(door(b, "reschedule"))
    assert 'aria-label="Thursday, March 11, 2027, ' in ada.page
    for part in ("Morning", "Afternoon"):
        assert f"<legend>{part}</legend>" in ada.page
    path = door(b, "reschedule")
    ada.get(path + ("&" if "?" in path else "?") + "at=2027-03-11T16:00:00%2B00:00")
    seen = words(ada.page)
    assert "Until now Wednesday, March 10, 2027" in seen and "New Thursday, March 11, 2027 11:00 AM to 12:00 PM EST" in seen
    assert "Your payment stays with the booking" in seen and "Confirm Booking" in seen
    assert world.read(b.ref).starts_at == at(10, 15)
    after = ada.send(path).headers["Location"]
    ada.get(after)
    assert "Your booking is now on Thu, Mar 11, 2027, 11:00 AM EST." in words(ada.page)
    moved = world.read(b.ref)
    assert (moved.starts_at, moved.version, moved.paid) == (at(11, 16), 2, 2500)


@DOORS
def test_cancelling_shows_the_outcome_first_and_repeats_it_after(world, ada, door):
    b = world.book(at(10, 15), paid=2500)
    world.take_cards()
    ada.get(door(b, "cancel"))
    assert "You'll be refunded $25 to the card you paid with" in words(ada.page)
    assert "You can cancel this until Tue, Mar 9, 2027, 10:00 AM EST." in words(ada.page)
    assert status(world, b) == "confirmed"
    ada.get(ada.send(door(b, "cancel"), reason="Ill").headers["Location"])
    assert "Your booking is cancelled" in words(ada.page) and "You'll be refunded $25 to the card you paid with" in words(ada.page)
    assert status(world, b) == "cancelled"


@DOORS
@pytest.mark.parametrize(("part", "verb"), [("reschedule", "rescheduled online"), ("cancel", "cancelled online")])
def test_too_late_says_so_on_the_page_and_on_the_post(world, ada, contents, door, part, verb):
    b = world.book(at(10, 15))
    ada.get(door(b, "cancel"))
    form = {"starts_at": NEW, "version": "1"} if part == "reschedule" else {}
    world.set_clock(at(9, 15) + timedelta(microseconds=1))
    before = contents()
    ada.send(door(b, part), 409, **form)
    assert TOO_LATE.format(verb) in words(ada.page)
    assert "Contact Harbor Massage: +1 212-555-0142" in words(ada.page)
    changed = {table for table, content in contents().items() if content != before[table]}
    assert changed <= {"audit_entries", "audit_heads", "attempts"}, changed
    ada.get(door(b, part), 409)
    assert TOO_LATE.format(verb) in words(ada.page)
    ada.get(door(b))
    assert TOO_LATE.format(verb) in words(ada.page)
    assert f'href="{account(b, part)}"' not in ada.page and "data-dialog" not in ada.page
    beside, among = ("You could change this", "Moving online ended") if part == "reschedule" else ("You could cancel this", "Cancelling online ended")
    assert f"{beside} until Tue, Mar 9, 2027, 10:00 AM EST." in words(ada.page), "the precise line beside it (R10, R11)"
    assert f"{among} Tue, Mar 9, 2027, 10:00 AM EST." in words(ada.page).split("Good to know")[1]


@DOORS
def test_the_limit_offers_cancelling_only_where_it_is_possible(world, ada, door):
    """R18: no sentence contradicts the next one."""
    update_service(world.store_id, MERCHANT, world.service, policy={"reschedule": {"limit": 1}})
    b = world.book(at(12, 15))
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(13, 15))
    ada.get(door(b))
    assert "You can still cancel it or contact Harbor Massage." in words(ada.page)
    update_store(world.store_id, MERCHANT, cancel=False)
    ada.get(door(b))
    assert "as often as Harbor Massage allows online. Please contact Harbor Massage directly." in words(ada.page)
    assert "You can still cancel" not in words(ada.page)


def test_the_last_instant_is_allowed(world, ada):
    b = world.book(at(10, 15))
    ada.get(account(b, "reschedule") + "?at=2027-03-11T16:00:00%2B00:00")
    world.set_clock(at(9, 15))
    ada.send(account(b, "reschedule"))
    assert world.read(b.ref).starts_at == at(11, 16)


def test_a_time_taken_meanwhile_comes_back_with_fresh_times(world, ada):
    b = world.book(at(10, 15))
    ada.get(account(b, "reschedule") + "?at=2027-03-11T16:00:00%2B00:00")
    world.book(at(11, 16), email="bea@example.com")
    ada.send(account(b, "reschedule"), 409)
    assert "That time has just been taken. Your booking has not changed. Please choose another time." in words(ada.page)
    assert 'name="at"' in ada.page and world.read(b.ref).starts_at == at(10, 15)


def test_an_old_page_is_told_so_and_shows_the_present_state(world, ada):
    b = world.book(at(10, 15))
    ada.get(account(b, "reschedule") + "?at=2027-03-11T16:00:00%2B00:00")
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(12, 15))
    ada.send(account(b, "reschedule"), 409)
    assert "This booking has changed since you opened the page." in words(ada.page)
    assert "Friday, March 12, 2027" in words(ada.page)


def test_sending_the_form_twice_moves_once(world, ada):
    b = world.book(at(10, 15))
    ada.get(account(b, "reschedule") + "?at=2027-03-11T16:00:00%2B00:00")
    form = ada.page
    ada.send(account(b, "reschedule"))
    ada.page = form
    ada.send(account(b, "reschedule"))
    assert world.read(b.ref).version == 2


def test_a_refund_that_changed_is_shown_again_for_a_fresh_decision(world, ada):
    b = world.book(at(10, 15), paid=2500)
    update_service(world.store_id, MERCHANT, world.service, policy={"cancel": {
        "notice": "PT0S", "tiers": [{"at_least": "P2D", "outcome": "full"}, {"outcome": "partial", "percent": 50}]}})
    ada.get(account(b, "cancel"))
    world.set_clock(at(9, 16))
    ada.send(account(b, "cancel"), 409)
    assert status(world, b) == "confirmed"
    ada.send(account(b, "cancel"))
    assert status(world, b) == "cancelled"


def test_a_quote_not_signed_by_us_cancels_nothing(world, ada):
    b, other = world.book(at(10, 15), paid=2500), world.book(at(11, 15), paid=2500)
    ada.get(account(other, "cancel"))
    ada.send(account(b, "cancel"), 422)
    ada.send(account(b, "cancel"), quote=ada.page.split('name="quote" value="')[1].split('"')[0])
    assert (status(world, b), status(world, other)) == ("cancelled", "confirmed")


def test_without_the_token_of_the_page_nothing_happens(world, ada, contents):
    b = world.book(at(10, 15))
    ada.get(account(b, "cancel"))
    before = contents()
    ada.post(account(b, "cancel"), 400, token=False)
    assert "Please try again" in words(ada.page)
    ada.get(account(b, "cancel"))
    ada.send(account(b, "cancel"), 403, headers={"Origin": "https://evil.example"})
    assert contents() == before


CLOSED = {
    "cancelled": lambda store, ref: cancel_booking(store, MERCHANT, ref, override=True),
    "completed": lambda store, ref: complete_booking(store, MERCHANT, ref),
    "no_show": lambda store, ref: no_show_booking(store, MERCHANT, ref)}


@DOORS
@pytest.mark.parametrize("state", CLOSED)
def test_closed_bookings_can_only_be_read(world, ada, door, state):
    b = world.book(at(10, 15), paid=2500)
    ada.get(door(b, "cancel"))
    form = ada.page
    world.set_clock(at(10, 15))
    if state == "completed":
        arrive_booking(world.store_id, MERCHANT, b.ref)
    CLOSED[state](world.store_id, b.ref)
    version = world.read(b.ref).version
    ada.get(door(b))
    seen = words(ada.page)
    assert "Massage" in seen and "Book again" in seen and "Calendar file" in seen and "Add to calendar" not in seen
    assert '<form method="post" action="/manage' not in ada.page and "Cancel Booking" not in seen and "Change this booking" not in seen
    looked_at = {"cancel": {}, "reschedule": {"starts_at": NEW, "version": str(version)}, "waitlist": {"day": "0", "band": "morning"}}
    for part, more in (looked_at | {"waitlist/leave": {}, "offers": {"offer": "1", "round": "1"}, "offers/decline": {"round": "1"}}).items():
        ada.page = form
        ada.send(door(b, part), 409, **more)
        assert "can't be changed" in words(ada.page), part
    for part in looked_at:
        ada.get(door(b, part), 409)
    assert (status(world, b), world.read(b.ref).version) == (state, version)
    calendar = ada.get(door(b, "calendar.ics")).get_data(as_text=True)
    assert ("STATUS:CANCELLED" in calendar) == (state == "cancelled")


def test_someone_checked_in_is_sent_to_the_desk(world, ada):
    b = world.book(at(10, 15))
    world.set_clock(at(10, 14, 55))
    arrive_booking(world.store_id, MERCHANT, b.ref)
    ada.get(account(b))
    assert "You've been checked in. Please speak to Harbor Massage." in words(ada.page)
    ada.get(account(b, "cancel"), 409)


def test_switches_act_at_once_on_open_pages(world, ada):
    b = world.book(at(10, 15))
    ada.get(account(b, "cancel"))
    update_store(world.store_id, MERCHANT, cancel=False)
    ada.send(account(b, "cancel"), 409)
    assert "doesn't offer cancelling this booking online" in words(ada.page)
    assert status(world, b) == "confirmed"


def test_some_seats_of_a_party_can_be_dropped(world, ada):
    yoga = world.add_service("Yoga", capacity=6, price=2000, staff=[world.elena])
    world.session(yoga, at(12, 15), capacity=6)
    b = world.book(at(12, 15), service=yoga, staff=world.elena, seats=3, paid=6000)
    world.take_cards()
    ada.get(account(b, "cancel") + "?seats=1")
    assert "You'll be refunded $20 to the card you paid with" in words(ada.page)
    ada.get(ada.send(account(b, "cancel")).headers["Location"])
    assert "Seats cancelled You'll be refunded $20 to the card you paid with A confirmation" in words(ada.page)
    assert (world.read(b.ref).seats, status(world, b)) == (2, "confirmed")


def test_a_move_that_needs_approval_says_the_old_time_stays(world, ada):
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "reschedule_only"})
    b = world.book(at(10, 15))
    ada.get(account(b, "reschedule") + "?at=2027-03-11T16:00:00%2B00:00")
    assert "confirms moves personally" in words(ada.page)
    ada.get(ada.send(account(b, "reschedule")).headers["Location"])
    assert "Until Harbor Massage has answered, your booking for Wed, Mar 10, 2027, 10:00 AM EST stays yours." in words(ada.page)
    assert status(world, b) == "pending"


STAYS, GIVEN_UP = "Your present time stays yours until then.", "the time you had is given up at once"


@pytest.mark.parametrize(("policy", "said"), [
    ({"approval": "automatic"}, None), ({"approval": "first_only"}, None), ({"approval": "manual"}, STAYS),
    ({"approval": "manual", "release_old_slot_at_once": True}, GIVEN_UP), ({"approval": "by_notice", "approval_notice": "P30D"}, STAYS),
    ({"approval": "by_notice", "approval_notice": "PT72H"}, None), ({"approval": "by_notice", "approval_notice": "P30D", "release_old_slot_at_once": True}, GIVEN_UP)])
def test_before_confirming_one_reads_who_decides_and_what_becomes_of_the_time(world, ada, policy, said):
    """R17: exactly when the move will wait, and what is true of the old time then."""
    update_service(world.store_id, MERCHANT, world.service, policy=policy)
    b = world.book(at(10, 15))
    ada.get(account(b, "reschedule") + "?at=2027-03-11T16:00:00%2B00:00")
    seen = words(ada.page)
    assert [one for one in (STAYS, GIVEN_UP) if one in seen] == ([said] if said else [])
    ada.get(ada.send(account(b, "reschedule")).headers["Location"])
    assert status(world, b) == ("pending" if said else "confirmed")
    assert (GIVEN_UP in words(ada.page)) == (said == GIVEN_UP)


def test_a_request_asked_anew_leaves_its_time_to_others_and_says_so(world, ada):
    """R29."""
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "manual"})
    b = world.book(at(10, 15), by=Actor("customer", "account"))
    ada.get(link(b, "reschedule") + "&at=2027-03-11T16:00:00%2B00:00")
    assert "The time you asked for until now is free for others at once." in words(ada.page) and "stays yours" not in words(ada.page)


def test_a_second_choice_leaves_the_confirmed_time_and_says_so(world, ada):
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "manual"})
    b = world.book(at(10, 15))
    for day in (11, 12):
        ada.get(account(b, "reschedule") + f"?at=2027-03-{day}T16:00:00%2B00:00")
        seen = words(ada.page)
        if day == 11:
            ada.send(account(b, "reschedule"))
    assert "Until Harbor Massage has answered, your booking for Wed, Mar 10, 2027, 10:00 AM EST stays yours." in seen


@DOORS
def test_a_move_that_waits_is_taken_back_even_where_nothing_else_can_be_changed(world, ada, door):
    """R17, R18: at the limit the page has no Reschedule, but a way back as long as the shop has not answered."""
    service = world.add_service("By request", policy={"approval": "manual", "reschedule": {"limit": 1, "change_staff": True}})
    b = world.book(at(10, 15), service=service, staff=world.elena)
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16), staff_id=world.tom)
    ada.get(door(b, "reschedule"), 409)
    ada.get(door(b))
    assert "Keep the old time" in words(ada.page) and "moved as often as" in words(ada.page)
    path = re.search(r'href="([^"]*reschedule[^"]*)">Keep the old time', ada.page)[1].replace("&amp;", "&")
    ada.get(path)
    seen = words(ada.page)
    assert "New Wed, Mar 10, 2027 10:00" in seen.replace("Wednesday, March 10, 2027", "Wed, Mar 10, 2027") and "This takes back your request for Thu, Mar 11, 2027" in seen
    assert "Choose another time" not in seen and "Back to the booking" in seen
    ada.get(ada.send(door(b, "reschedule")).headers["Location"])
    assert (status(world, b), world.read(b.ref).starts_at, world.read(b.ref).staff_id) == ("confirmed", at(10, 15), world.elena)
    ada.get(door(b))
    assert "Keep the old time" not in words(ada.page)


def test_there_is_no_way_back_to_a_time_that_was_given_up(world, ada):
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "manual", "release_old_slot_at_once": True})
    b = world.book(at(10, 15))
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16))
    ada.get(account(b))
    assert "Keep the old time" not in words(ada.page)


@pytest.mark.parametrize(("given_up", "said"), [
    (False, "Your booking then stays at its old time."), (True, "Your old time has been given up: your booking then ends")])
def test_declining_offers_for_a_move_says_what_becomes_of_it(world, ada, given_up, said):
    update_service(world.store_id, MERCHANT, world.service, policy={"approval": "manual", "release_old_slot_at_once": given_up})
    b = world.book(at(10, 15))
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16))
    make_offers(world.store_id, MERCHANT, b.ref, [Proposal(at(12, 16))])
    ada.get(account(b, "offers/1"))
    assert said in words(ada.page)


def test_the_store_may_ask_link_holders_to_sign_in_before_cancelling(world, visitor):
    update_store(world.store_id, MERCHANT, require_login_to_cancel=True)
    b = world.book(at(10, 15))
    visitor.get(link(b, "cancel"))
    assert "asks you to sign in before you cancel" in words(visitor.page)
    visitor.get("/account/login")
    response = visitor.send(link(b, "cancel"), quote="x")
    assert response.headers["Location"] == account(b, "cancel")
    assert status(world, b) == "confirmed"


def test_who_signs_in_before_cancelling_finds_what_was_chosen(world, visitor):
    """Two of four seats stay two of four, and credit stays credit."""
    update_store(world.store_id, MERCHANT, require_login_to_cancel=True)
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena], policy={"cancel": {"notice": "PT0S", "tiers": [{"outcome": "full"}], "credit_choice": True}})
    world.session(yoga, at(10, 15), 8)
    b = world.book(at(10, 15), service=yoga, seats=4, paid=32000)
    visitor.get(link(b, "cancel", seats=2, back="credit"))
    chosen = account(b, "cancel") + "?seats=2&back=credit"
    assert f'href="{chosen.replace("&", "&amp;")}"' in visitor.page
    visitor.get("/account/login")
    assert visitor.send(link(b, "cancel"), quote="x", seats="2", back="credit").headers["Location"] == chosen
    assert "next=%2Faccount" in visitor.get(chosen, 303).headers["Location"]
    visitor.sign_in(next=chosen)
    visitor.get(chosen)
    assert "Cancel these seats" in words(visitor.page) and "You'll get $160 as credit" in words(visitor.page)
    visitor.get(link(b, "cancel"))
    assert "asks you to sign in" not in words(visitor.page)


def test_a_person_who_has_left_is_named_and_the_shop_to_call(world, ada):
    """R14: the way out is the shop, or someone else where a switch is allowed."""
    b = world.book(at(10, 15))
    update_staff(world.store_id, MERCHANT, world.elena, active=False)
    ada.get(link(b, "reschedule"))
    seen = words(ada.page)
    assert "Elena Marsh no longer gives this service at Harbor Street." in seen and "Please contact Harbor Massage to choose someone else." in seen
    assert "+1 212-555-0142" in seen and 'name="at"' not in ada.page
    update_service(world.store_id, MERCHANT, world.service, policy={"reschedule": {"change_staff": True}})
    ada.get(link(b, "reschedule"))
    assert "You can choose a time with someone else." in words(ada.page) and 'name="at"' in ada.page
    ada.get(link(b, "reschedule", at="2027-03-12T15:00:00+00:00", staff="anyone"))
    ada.get(ada.send(link(b, "reschedule")).headers["Location"])
    assert world.read(b.ref).staff_id == world.tom


@pytest.mark.parametrize(("move", "cancel", "said"), [
    ("PT24H", "PT24H", "can't be changed or cancelled online afterwards"), ("PT24H", "PT0S", "can't be changed online afterwards"),
    ("PT0S", "PT24H", "can't be cancelled online afterwards"), ("PT0S", "PT0S", None)])
def test_a_time_too_soon_to_change_again_says_so_before_it_is_confirmed(world, ada, move, cancel, said):
    service = world.add_service("S", policy={"reschedule": {"notice": move}, "cancel": {"notice": cancel}})
    b = world.book(at(10, 15), service=service, staff=world.elena)
    ada.get(link(b, "reschedule", at="2027-03-02T14:00:00+00:00"))
    assert "The new time is so soon" not in words(ada.page)
    world.set_clock(at(1, 18))
    ada.get(link(b, "reschedule", at="2027-03-02T14:00:00+00:00"))
    assert ("The new time is so soon" in words(ada.page)) == (said is not None) and (said or "") in words(ada.page)


@DOORS
def test_a51_calendar_files_lead_to_the_stores_own_host(world, ada, door):
    """As the file that was mailed does, through whichever host they are downloaded."""
    b, host = world.book(at(10, 15)), f"{world.slug}.example"
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as owner:
        owner.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        owner.execute("insert into store_hosts (store_id, host, primary_host, verified_at) values (%s, %s, true, now())", (world.store_id, host))
    description, = (str(event["description"]) for event in Calendar.from_ical(ada.get(door(b, "calendar.ics")).data).walk("VEVENT"))
    assert urlsplit(description).hostname == host and urlsplit(description).path == door(b).partition("?")[0]
