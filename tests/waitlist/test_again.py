"""Whose request was turned down may wait for that very time: asked, offered, taken, refused, over (D29e, R4, R5, R34)."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from booking.actions.blocks import create_block, delete_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.claim_earlier_slot import claim_earlier_slot
from booking.actions.decline_booking import decline_booking, expire_approvals
from booking.actions.leave_waitlist import leave_entry
from booking.actions.merge_customers import merge_customers
from booking.actions.stores import update_store
from booking.actions.wait_again import wait_again
from booking.again import again_path
from booking.waitlist import entry_path
from messages import render_mail, render_sms
from models.actor import SYSTEM, Actor
from models.booking_summary import BookingSummary
from tests.actions.test_reschedule import refused
from tests.storefront.visitor import Visitor, account, link, words
from tests.support.world import MERCHANT, World, at, hours
from tests.waitlist.line import later, serve, wait

TIME, WHEN = at(10, 15), "Wed, Mar 10, 2027, 10:00 AM EST"
HOLDER = Actor("link", "link")


@pytest.fixture
def policy() -> dict[str, str]:
    return {"approval": "manual"}


def turned_down(world: World, email: str = "ada@example.com", starts_at=TIME, **more) -> BookingSummary:
    """A request for that time, made by a customer and declined by the shop."""
    later(world, hours(0.01))
    b = world.book(starts_at, email=email, by=Actor("customer", "account"), **more)
    assert b.status == "pending"
    return decline_booking(world.store_id, MERCHANT, b.ref).booking


def waits(world: World, b: BookingSummary) -> int:
    later(world, timedelta(minutes=16))  # an address gets three messages in a quarter of an hour
    return wait_again(world.store_id, world.holder(b), b.ref).facts["id"]


def taken(world: World, starts_at=TIME, **more) -> BookingSummary:
    return world.book(starts_at, email="winner@example.com", **more)


def gives_up(world: World, winner: BookingSummary) -> None:
    cancel_booking(world.store_id, MERCHANT, winner.ref, override=True)
    serve(world)


def states(world: World) -> list[tuple]:
    return [tuple(row) for row in world.sql("select state, end_reason from waitlist_entries order by created_at, id")]


def offered(world: World) -> list:
    return world.sql("select o.id, o.entry_id, o.starts_at, o.state, c.email from waitlist_offers o join customers c on c.id = o.customer_id"
                     " order by o.created_at, o.id")


def entry_page(world: World, entry: int, **more) -> str:
    return entry_path(world.store_id, entry, **more)


def test_the_mail_and_the_closed_page_lead_to_a_page_of_its_own_and_only_that_writes(world, guest):
    b = turned_down(world)
    [mail] = world.outbox("approval_refused")
    assert again_path(b) in render_mail("approval_refused", mail.payload, "x.example").text
    guest.get(link(b))
    assert "We can tell you when this time becomes free. Wait for this time" in words(guest.page) and again_path(b).replace("&", "&amp;") in guest.page
    assert "<form" not in guest.page.split("<main")[1], "a closed booking has no forms (R4)"
    before = world.read(b.ref)
    guest.get(again_path(b))
    assert "You had asked for this time, and did not get it." in words(guest.page) and states(world) == [], "looking changes nothing (R5)"
    guest.get(guest.send(again_path(b)).headers["Location"])
    text = words(guest.page)
    assert "You are on the waitlist" in text and "You are number 1 in line." in text and WHEN in text and "Elena Marsh, Harbor Street" in text
    assert states(world) == [("waiting", None)] and world.read(b.ref) == before, "the booking stays as it was closed"
    [joined] = world.outbox("waitlist_joined")
    said = render_mail("waitlist_joined", joined.payload, "x.example").text
    assert f"We tell you as soon as Massage on {WHEN} with Elena Marsh becomes free." in said and "/waitlist/" in said and "Price" not in said
    guest.get(link(b))
    assert "You wait for this time to become free." in words(guest.page)
    guest.get(again_path(b), 303)
    assert [row.action for row in world.sql("select action from audit_entries where booking_id = %s order by id desc limit 1", b.id)] == ["wait_again"]


def test_in_the_account_too_and_listed_with_what_one_waits_for(world, app):
    b = turned_down(world)
    visitor = Visitor(app, world)
    visitor.sign_in()
    visitor.get(account(b))
    assert "Wait for this time" in words(visitor.page)
    waits(world, b)
    visitor.get("/account")
    assert "Waiting for a place" in words(visitor.page) and "Number 1 in line" in words(visitor.page)
    path = "/account/waitlist/" + visitor.page.split('action="/account/waitlist/')[1].split('"')[0]
    visitor.send(path)
    assert states(world) == [("withdrawn", None)]


def test_who_may_and_how_long(world, guest):
    b = turned_down(world)
    guest.get(again_path(b).replace("token=", "token=x"), 404)
    guest.get(f"/again/{'0' * 12}?token=k1.x", 404)
    confirmed = world.book(at(11, 15))
    cancelled = cancel_booking(world.store_id, MERCHANT, world.book(at(12, 15)).ref).booking
    for other in (confirmed, cancelled):
        assert refused("not_allowed", wait_again, world.store_id, HOLDER, other.ref).facts["kind"] == "waitlist"
        guest.get(again_path(other), 409)
        guest.get(link(other))
        assert "Wait for this time" not in words(guest.page)
    refused("not_found", wait_again, world.store_id, HOLDER, "nothing")
    update_store(world.store_id, MERCHANT, waitlist=False)
    guest.get(link(b))
    assert "Wait for this time" not in words(guest.page)
    guest.get(again_path(b), 409)
    assert "doesn't offer a waitlist for this" in words(guest.page)
    refused("not_allowed", wait_again, world.store_id, HOLDER, b.ref)
    update_store(world.store_id, MERCHANT, waitlist=True)
    world.set_clock(TIME)
    guest.get(again_path(b), 409)
    assert "That time has begun or is over, so nobody can wait for it any more." in words(guest.page)
    refused("too_late", wait_again, world.store_id, HOLDER, b.ref)


def test_one_that_was_not_answered_too_but_no_move_that_went_back(world):
    b = world.book(TIME, by=Actor("customer", "account"))
    world.set_clock(world.read(b.ref).approval_deadline)
    expire_approvals(world.store_id, SYSTEM)
    [mail] = world.outbox("approval_refused")
    assert mail.payload["again_url"] and world.read(b.ref).status == "expired"
    entry = waits(world, b)
    assert waits(world, b) == entry, "asking twice keeps the place"
    assert len(world.outbox("waitlist_joined")) == 1


def test_when_the_winner_gives_up_one_at_a_time_is_asked_and_booking_asks_the_shop_anew(world, guest):
    """indico #5786: the time goes to those who were turned down, in the order they said so."""
    ada, bea = turned_down(world), turned_down(world, "bea@example.com")
    first, second = waits(world, ada), waits(world, bea)
    winner = taken(world)
    serve(world)
    assert offered(world) == []
    gives_up(world, winner)
    assert [(row.entry_id, row.starts_at, row.state) for row in offered(world)] == [(first, TIME, "open")]
    assert [row.expires_at for row in world.sql("select expires_at from holds where kind = 'offer'")] == [world.now + hours(1)]
    [mail] = world.outbox("earlier_slot")
    said = render_mail("earlier_slot", mail.payload, "x.example")
    assert said.subject == f"Free again: Massage, {WHEN}" and f"You had asked for Massage on {WHEN}, with Elena Marsh." in said.text
    assert all(part in said.text for part in ("action=refuse", "action=stop"))
    assert f"{WHEN} has become free" in (render_sms("earlier_slot", mail.payload) or "")
    later(world, hours(1))
    serve(world)
    assert [(row.entry_id, row.state) for row in offered(world)] == [(first, "expired"), (second, "open")]
    assert states(world) == [("ended", "past"), ("waiting", None)], "that very time is offered once"
    offer = offered(world)[1].id
    guest.get(entry_page(world, second, offer=offer))
    text = words(guest.page)
    assert "Your time has become free" in text and "$80" in text and "Take this time" in text and "Harbor Massage confirms each request personally." in text
    guest.get(guest.send(f"/waitlist/{second}/take?{entry_page(world, second).partition('?')[2]}").headers["Location"])
    assert f"Your request for {WHEN} is with Harbor Massage." in words(guest.page)
    made = world.sql("select id, ref, status, contact_email from bookings where closed_at is null and starts_at = %s", TIME)
    assert [(row.status, row.contact_email) for row in made] == [("pending", "bea@example.com")] and world.sql("select 1 from holds") == []
    assert states(world)[1] == ("taken", None) and [row.booking_id for row in world.sql("select booking_id from waitlist_entries where state = 'taken'")] == [made[0].id]
    gives_up(world, world.read(made[0].ref))
    assert len(offered(world)) == 2, "after cancel by the taker the entry does not come back (D27)"


def test_without_approval_it_is_booked_with_notes_and_the_customer_of_the_request(world):
    b = turned_down(world, notes="Left shoulder")
    entry = waits(world, b)
    winner = taken(world)
    update_store(world.store_id, MERCHANT, policy={})
    gives_up(world, winner)
    made = claim_earlier_slot(world.store_id, HOLDER, entry, offered(world)[0].id).booking
    assert (made.status, made.starts_at, made.staff_id, made.customer_id, made.notes) == ("confirmed", TIME, world.elena, b.customer_id, "Left shoulder")
    assert [row.recipient for row in world.outbox("booking_confirmed")][-1] == "ada@example.com"
    refused("stale", claim_earlier_slot, world.store_id, HOLDER, entry, offered(world)[0].id)


def test_refuse_and_stop_links(world, guest):
    ada, bea, cy = (turned_down(world, f"{name}@example.com") for name in ("ada", "bea", "cy"))
    entries = [waits(world, b) for b in (ada, bea, cy)]
    gives_up(world, taken(world))
    offer = offered(world)[0].id
    path = entry_page(world, entries[0], offer=offer, action="refuse")
    guest.get(path)
    assert "No, thanks" in words(guest.page) and "Take this time" not in words(guest.page)
    guest.get(guest.send(f"/waitlist/{entries[0]}/refuse?{path.partition('?')[2]}").headers["Location"])
    assert "you are no longer on the waitlist" in words(guest.page)
    later(world, timedelta(seconds=1))
    serve(world)
    assert [row.entry_id for row in offered(world)] == entries[:2]
    path = entry_page(world, entries[1], action="stop")
    guest.get(path)
    assert "You then hear no more about this time." in words(guest.page)
    guest.get(guest.send(f"/waitlist/{entries[1]}/stop?{path.partition('?')[2]}").headers["Location"])
    assert "You are no longer on the waitlist." in words(guest.page)
    later(world, timedelta(seconds=1))
    serve(world)
    assert [(row.entry_id, row.state) for row in offered(world)] == list(zip(entries, ("refused", "refused", "open"), strict=True))
    leave_entry(world.store_id, HOLDER, entries[2])
    assert {state for state, _ in states(world)} == {"withdrawn"} and world.sql("select 1 from holds") == []


def test_only_that_time_with_that_person(world):
    b = turned_down(world)
    waits(world, b)
    near, toms = world.book(at(10, 14), email="near@example.com"), world.book(TIME, email="tom@example.com", staff=world.tom)
    other_day = world.book(at(11, 15), email="day@example.com")
    for other in (near, toms, other_day):
        gives_up(world, other)
    assert offered(world) == []


def test_whatever_kept_the_time_and_ends_and_whoever_waits_for_an_earlier_one(world):
    """Time off that reaches into it counts; an older wish for an earlier time goes first."""
    update_store(world.store_id, MERCHANT, policy={})
    early = wait(world, email="early@example.com")
    update_store(world.store_id, MERCHANT, policy={"approval": "manual"})
    b = turned_down(world)
    waits(world, b)
    block = create_block(world.store_id, MERCHANT, staff_id=world.elena, starts_at=at(10, 15, 30), ends_at=at(10, 18), reason="").facts["id"]
    delete_block(world.store_id, MERCHANT, block)
    serve(world)
    served = offered(world)
    assert {row.email for row in served} == {"early@example.com", "ada@example.com"} or [row.email for row in served] == ["early@example.com"]
    assert served[0].email == "early@example.com" and early.status == "confirmed"
    assert all(row.starts_at == TIME for row in served if row.email == "ada@example.com")


def test_it_rests_and_ends_with_the_time(world):
    """Six hours between two offers; nothing is offered that has begun (D28)."""
    one, other = turned_down(world), turned_down(world, starts_at=at(10, 18))
    waits(world, one), waits(world, other)
    first, second = taken(world), taken(world, at(10, 18))
    gives_up(world, first)
    gives_up(world, second)
    assert [row.starts_at for row in offered(world)] == [TIME]
    later(world, hours(6))
    serve(world)
    assert [row.starts_at for row in offered(world)] == [TIME, at(10, 18)]
    world.set_clock(at(10, 18))
    serve(world)
    assert {state for state, _ in states(world)} == {"ended"}


def test_what_their_own_refusal_freed_before_they_asked_is_not_offered(world):
    """Somebody else waits, so that the shop looks at what the declined request has freed."""
    update_store(world.store_id, MERCHANT, policy={})
    wait(world, email="early@example.com", weekdays=[6])
    update_store(world.store_id, MERCHANT, policy={"approval": "manual"})
    waits(world, turned_down(world))
    serve(world)
    assert offered(world) == []


def test_a_time_they_booked_themselves_since_is_not_offered_when_they_give_it_up(world):
    b = turned_down(world)
    waits(world, b)
    gives_up(world, world.book(TIME, email="ada@example.com"))
    assert offered(world) == []


def test_who_is_turned_down_again_is_not_offered_what_that_frees_but_what_comes_later(world):
    b = turned_down(world)
    entry = waits(world, b)
    again = turned_down(world)
    serve(world)
    assert offered(world) == [] and waits(world, again) == entry
    gives_up(world, taken(world))
    assert [row.entry_id for row in offered(world)] == [entry]


def test_it_says_when_the_time_is_free_as_it_is_or_messages_are_off(world, guest):
    b = turned_down(world)
    guest.get(again_path(b))
    assert "This time is free at the moment. Book it now" in words(guest.page)
    taken(world)
    guest.get(again_path(b))
    assert "free at the moment" not in words(guest.page) and "Choose another time" in words(guest.page)


def test_of_a_class_date_one_stands_in_its_own_line(world, guest):
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, TIME, 1)
    b = turned_down(world, service=yoga, staff=world.elena)
    assert b.session_id == session
    winner = taken(world, service=yoga, staff=world.elena)
    guest.get(again_path(b))
    guest.get(guest.send(again_path(b)).headers["Location"])
    assert [tuple(row) for row in world.sql("select kind, session_id, request_id, seats from waitlist_entries")] == [("seat", session, b.id, 1)]
    gives_up(world, winner)
    assert [row.email for row in offered(world)] == ["ada@example.com"]
    made = claim_earlier_slot(world.store_id, HOLDER, offered(world)[0].entry_id, offered(world)[0].id).booking
    assert (made.status, made.session_id) == ("pending", session)


def test_merged_customers_wait_once(world):
    one, other = turned_down(world), turned_down(world, "ada.archer@example.com")
    waits(world, one), waits(world, other)
    merge_customers(world.store_id, MERCHANT, one.customer_id, other.customer_id)
    assert sorted(state for state, _ in states(world)) == ["waiting", "withdrawn"]


def test_a_guests_wait_comes_into_the_account_with_the_booking(world, app):
    """R8: by the proven address; one that waits there already stays as it is."""
    Visitor(app, world).sign_in()
    for _ in range(2):
        later(world, hours(1))
        waits(world, turned_down(world))
        visitor = Visitor(app, world)
        visitor.sign_in()
        visitor.get("/account")
        assert "Number 1 in line" in words(visitor.page) and visitor.page.count("/leave") == 1


def test_the_database_holds_its_shape(world):
    b = turned_down(world)
    entry = waits(world, b)
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as db:
        db.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        for change in ("request_id = null", "staff_id = null", "kind = 'earlier'", "state = 'ended', end_reason = 'bored', ended_at = now()"):
            with pytest.raises(psycopg.errors.CheckViolation), db.transaction():
                db.execute(f"update waitlist_entries set {change} where id = {entry}")
