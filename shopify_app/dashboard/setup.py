"""First steps: from an empty store to a policy that works and a booking to try it on (A45)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.first_steps import steps_done
from booking.links import manage_path, store_origin
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.rules.wall_time import local_date
from booking.slots import free_days
from models.booking import Booking
from models.booking_summary import BookingSummary, find
from models.service import Service
from models.session import Tx, reading
from shopify_app.dashboard.door import OWNER, Visit, screen

AHEAD = 14
NOTE = "Test booking"


@dataclass(frozen=True)
class Step:
    """`path` is where it is done, if this person may; for the test booking the page has a button instead."""

    name: str
    title: str
    why: str
    done: bool
    path: str | None


@screen("/setup")
def setup(visit: Visit) -> Any:
    return _show(visit)


@screen("/setup/booking", methods=("POST",))
def test_booking(visit: Visit) -> Any:
    """Book the next free time of the first service that can be booked, for whoever asks: the mail with the link goes to them."""
    with reading(visit.store_id) as tx:
        found = _next_free(tx)
    if found is None:
        return _show(visit, problem=visit.words._("There is no free time in the next weeks. Check the hours of your staff and who gives the service."), status=409)
    service_id, starts_at, staff_id = found
    try:
        create_booking(visit.store_id, visit.actor, service_id=service_id, starts_at=starts_at, staff_id=staff_id,
                       person=Person(visit.user.name, visit.user.email), notes=NOTE)
    except Refused as refused:
        return _show(visit, problem=visit.words.refusal(refused.code, refused.facts, visit.store.name), status=409)
    return visit.go("/setup", done="test_booked")


def _show(visit: Visit, *, problem: str | None = None, status: int = 200) -> Any:
    with reading(visit.store_id) as tx:
        done = steps_done(tx)
        first = tx.db.execute(select(Service.id).where(Service.store_id == tx.store_id, Service.active).order_by(
            Service.created_at, Service.id).limit(1)).scalar()
        test = _test_booking(tx)
        link = store_origin(tx, visit.store.slug) + manage_path(test) if test else None
    _ = visit.words._
    steps = [
        Step("location", _("Where do you work?"), _("A location has an address and a time zone."), done.location, "/settings/locations/new"),
        Step("staff", _("Who works there, and when?"), _("Their weekly hours decide what can be booked."), done.staff, "/staff/new"),
        Step("service", _("What can be booked?"), _("A service has a duration, a price, and people who give it."), done.service, "/services/new"),
        Step("policy", _("Until when may customers move or cancel?"), _("You see in sentences what they will read. 24 hours before is set to begin with."), done.policy,
             f"/services/{first}/policy" if first else "/settings/policy"),
        *([Step("payments", _("How do deposits reach you?"), _("A service asks for a deposit. Until card payments are set up, customers book without paying it."),
                False, "/settings/payments" if visit.may(OWNER) else None)] if not done.payments else []),
        Step("booking", _("Try it"), _("Book a time for yourself: the confirmation comes to your own address."), done.booking, None)]
    return visit.show("setup_steps.html", here="setup", steps=steps, left=sum(not step.done for step in steps), test=test, link=link, problem=problem, status=status,
                      next=next((step.name for step in steps if not step.done), None),
                      when=visit.words.when(test.starts_at, test.zone) if test else "")


def _next_free(tx: Tx) -> tuple[int, Any, int] | None:
    """(service, start, staff) of the first time that can be booked, a day ahead at least so that the policy shows."""
    for service_id in tx.db.execute(select(Service.id).where(Service.store_id == tx.store_id, Service.active, Service.capacity == 1).order_by(
            Service.created_at, Service.id).limit(10)).scalars().all():
        offer = find_offer(tx, service_id)
        if offer is None:
            continue
        today = local_date(tx.now, offer.zone)
        days = free_days(tx, offer, today + timedelta(days=2), today + timedelta(days=2 + AHEAD)).days or free_days(
            tx, offer, today, today + timedelta(days=AHEAD)).days
        if days:
            slot = days[0][1][0]
            return service_id, slot.starts_at, slot.staff[0]
    return None


def _test_booking(tx: Tx) -> BookingSummary | None:
    """The newest test booking that is still open, to be looked at as its customer would."""
    ref = tx.db.execute(select(Booking.ref).where(Booking.store_id == tx.store_id, Booking.notes == NOTE, Booking.closed_at.is_(None)).order_by(
        Booking.created_at.desc()).limit(1)).scalar()
    return find(tx, ref) if ref else None
