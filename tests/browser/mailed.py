"""A shop that has sent every kind of message with a link in it, by the real actions wherever they need nobody outside."""

from __future__ import annotations

from booking import notices
from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_session import cancel_session
from booking.actions.decline_booking import decline_booking
from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.leave_feedback import leave_feedback
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.manage_link import send_manage_link
from booking.actions.mark_booking import complete_booking
from booking.actions.people import Person
from booking.actions.refund_booking import refund_booking
from booking.actions.reply_to_feedback import reply_to_feedback
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.send_reminders import send_reminders
from booking.actions.team import invite_user
from booking.store_messages import store_facts, tell
from messages import render_mail
from models.actor import SYSTEM, Actor
from models.booking_summary import BookingSummary
from models.session import transaction
from tests.access.test_email_change import change, signed_in
from tests.messages.test_topics import Page
from tests.support.world import MERCHANT, World, at
from tests.waitlist.line import serve, wait

GUEST = Actor("customer", "account")


def send_everything(world: World) -> BookingSummary:
    """All of it; the booking most of it is about."""
    b = world.book(at(10, 15), paid=2500)
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(10, 17))
    send_manage_link(world.store_id, MERCHANT, b.ref)
    refund_booking(world.store_id, MERCHANT, b.ref, amount=500, reason="The heating was off.")
    party = world.book(at(12, 15), service=_class(world), seats=2, email="party@example.com")
    cancel_booking(world.store_id, MERCHANT, party.ref, seats=1)
    _requests(world)
    _waiting(world)
    _old_date(world)
    _waited_date(world)
    person = signed_in(world, "eve@example.com")
    change(world, person, "eva@example.com")
    invite_user(world.store_id, SYSTEM, email="colleague@example.com", name="Colleague", role="manager")
    with transaction(world.store_id, SYSTEM) as tx:  # their senders need a bank, or new rules of a time zone
        notices.tell_customer(tx, "zone_rules", b, old=b)
        notices.tell_customer(tx, "refund_paid", b, given=[["card", 500]])
        notices.tell_customer(tx, "card_charged", b, charged={"amount": 2500, "reason": "no_show"})
        returned = {"amount": 1500, "starts_at": at(11, 17).isoformat(), "zone": b.zone}
        notices.tell_customer(tx, "payment_returned", b, returned=returned)
        notices.tell_merchant(tx, "merchant_payment_returned", b, returned=returned)
        for topic in ("card_saved", "card_removed"):
            notices.tell_customer(tx, topic, b, card={"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040})
        tell(tx, "deposit_returned", "email", "late@example.com", "1", amount=2500, currency="USD", book_url=store_facts(tx)[0]["origin"] + "/book")
    _visits(world)
    return b


def mailed_links(world: World) -> dict[str, set[str]]:
    """Topic -> the paths of the links in its mails, calendar addresses and unsubscribe headers included."""
    found: dict[str, set[str]] = {}
    for row in world.outbox():
        links = {link for link in Page(render_mail(row.topic, row.payload, "x.example").html).links if link and link.startswith("http")}
        found.setdefault(row.topic, set()).update("/" + link.split("/", 3)[3] for link in links)
    return {topic: paths for topic, paths in found.items() if paths}


def _class(world: World) -> int:
    yoga = world.add_service("Yoga", capacity=6, staff=[world.elena])
    world.session(yoga, at(12, 15), capacity=6)
    return yoga


def _requests(world: World) -> None:
    """Requests, a move that waits, the shop's answers, and its counter-offers."""
    service = world.add_service("Consultation", policy={"approval": "manual"})
    accepted, moved, offered = (world.book(at(day, 19), service=service, staff=world.tom, by=GUEST, email=f"r{day}@example.com") for day in (9, 11, 12))
    approve_booking(world.store_id, MERCHANT, accepted.ref)
    approve_booking(world.store_id, MERCHANT, moved.ref)
    reschedule_booking(world.store_id, world.customer(moved), moved.ref, starts_at=at(15, 19))
    decline_booking(world.store_id, MERCHANT, moved.ref)
    refused = world.book(at(10, 19), service=service, staff=world.tom, by=GUEST, email="refused@example.com")
    decline_booking(world.store_id, MERCHANT, refused.ref)
    make_offers(world.store_id, MERCHANT, offered.ref, [Proposal(at(16, 15)), Proposal(at(17, 15))])


def _waiting(world: World) -> None:
    """Someone waits for an earlier time, and one becomes free."""
    wait(world, weekdays=[2], bands=["morning"], email="eve@example.com")
    gone = world.book(at(24, 15), email="x@example.com")
    cancel_booking(world.store_id, MERCHANT, gone.ref, override=True)
    serve(world)


def _old_date(world: World) -> None:
    """The class date a move that waits would have gone back to is cancelled."""
    circle = world.add_service("Circle", capacity=4, staff=[world.elena], policy={"approval": "manual"})
    first = world.session(circle, at(18, 15))
    world.session(circle, at(19, 15))
    b = world.book(at(18, 15), service=circle, email="circle@example.com")
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(19, 15))
    cancel_session(world.store_id, MERCHANT, first)


def _waited_date(world: World) -> None:
    """A class date that was full is cancelled, and someone waited for a place."""
    choir = world.add_service("Choir", capacity=2, staff=[world.elena])
    date = world.session(choir, at(20, 15), capacity=1)
    world.book(at(20, 15), service=choir, email="singer@example.com")
    join_class_waitlist(world.store_id, GUEST, date, seats=1, person=Person("Ada", "waits@example.com", "", "en"))
    cancel_session(world.store_id, MERCHANT, date)


def _visits(world: World) -> None:
    """A visit long enough ago that feedback is asked for and answered, and one soon enough for a reminder."""
    visit = world.book(at(2, 15), email="v@example.com", override=True)
    world.book(at(3, 16, 30), email="soon@example.com", override=True)
    world.set_clock(visit.ends_at)
    complete_booking(world.store_id, MERCHANT, visit.ref)
    world.set_clock(at(2, 19))
    send_reminders(world.store_id, SYSTEM)
    leave_feedback(world.store_id, world.customer(visit), visit.ref, rating=5)
    reply_to_feedback(world.store_id, MERCHANT, world.sql("select id from feedback")[0][0], "Thank you.")
