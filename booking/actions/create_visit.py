"""Several services in one order, one right after the other, made by the shop: a visit with parts (R32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from booking.actions.action import Done, action
from booking.actions.create_booking import ceiling, check_payments, create_booking
from booking.actions.people import Person
from booking.actions.tell_several import tell_once, tell_team_created
from booking.offers import ServiceOffer, find_offer
from booking.rules.decision import Refused
from booking.rules.money import split
from booking.staff_locks import lock_staff
from models.base import new_id
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, run
from models.session import Tx

MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class VisitPart:
    """One service of a visit; `staff_id` None keeps the person of the part before where they give it, else takes anyone."""

    service_id: int
    staff_id: int | None = None


@action
def create_visit(tx: Tx, *, parts: Sequence[VisitPart], starts_at: datetime, person: Person | None = None, customer_id: int | None = None,
                 payments: Sequence[dict[str, Any]] = (), notes: str = "", delivery_address: str = "", notify: bool = True,
                 override: bool = False) -> Done:
    """Book the parts back to back from `starts_at`, in one order. All or none; payments are split by the prices of the parts (R25).

    One mail to the customer for all of it. A person who does two parts in a row keeps the buffers between them.
    """
    if tx.actor.is_customer:
        raise Refused("not_allowed", kind="book")
    offers = _offers(tx, parts)
    lock_staff(tx, {person.id for offer, part in zip(offers, parts, strict=True) for person in offer.only(part.staff_id)})
    prices = [offer.price for offer in offers]
    check_payments(payments, ceiling(tx, sum(prices), override))
    shares = [split(payment["amount"], prices if any(prices) else [1] * len(parts)) for payment in payments]
    who: dict[str, Any] = {"person": person, "customer_id": customer_id}
    made: list[BookingSummary] = []
    for n, (offer, part) in enumerate(zip(offers, parts, strict=True)):
        staff_id = part.staff_id or (_same(made[-1], offer) if made else None)
        paid = [payment | {"amount": share[n]} for payment, share in zip(payments, shares, strict=True) if share[n]]
        made.append(create_booking.within(
            tx, service_id=part.service_id, starts_at=_next(made[-1], offer, staff_id) if made else starts_at, staff_id=staff_id,
            payments=paid, notes=notes, delivery_address=delivery_address, notify=False, override=override, of_several=True,
            follows=bool(made), order_id=made[0].order_id if made else None, **who).booking)
        who = {"customer_id": made[0].customer_id}
    visit_id = new_id()
    mine = (Booking.store_id == tx.store_id, Booking.id.in_([b.id for b in made]))
    tx.db.execute(update(Booking).where(*mine).values(visit_id=visit_id))
    visit = run(tx, SUMMARIES.where(*mine).order_by(Booking.starts_at, Booking.id))
    tx.audit("create_visit", subject="visit", subject_id=visit_id, bookings=[b.id for b in visit])
    if notify:
        tell_once(tx, "booking_confirmed", (), visit)
    tell_team_created(tx, visit)
    return Done(visit[0], bookings=tuple(visit))


def _offers(tx: Tx, parts: Sequence[VisitPart]) -> list[ServiceOffer]:
    """The parts as offered, or Refused with every one that is not."""
    errors: list[dict[str, str]] = []
    if not 2 <= len(parts) <= MOST_PARTS:
        errors.append({"field": "parts", "problem": f"must be from 2 to {MOST_PARTS} services"})
    offers = []
    for n, part in enumerate(parts):
        offer = find_offer(tx, part.service_id)
        field = "service" if n == 0 else f"parts.{n - 1}.service"
        if offer is None:
            errors.append({"field": field, "problem": "is not known"})
        elif offer.capacity > 1:
            errors.append({"field": field, "problem": "is a class, which cannot be part of a visit"})
        elif offers and offer.currency != offers[0].currency:
            errors.append({"field": field, "problem": f"is priced in {offer.currency} and the first part in {offers[0].currency}: a visit has one currency"})
        else:
            offers.append(offer)
    if errors:
        raise Refused("invalid", errors=errors)
    return offers


def _same(before: BookingSummary, offer: ServiceOffer) -> int | None:
    return before.staff_id if offer.only(before.staff_id) else None


def _next(before: BookingSummary, offer: ServiceOffer, staff_id: int | None) -> datetime:
    """Right after the part before; the same person needs the buffers of both in between."""
    gap = before.buffer_after_s + offer.shape.buffer_before if staff_id == before.staff_id else 0
    return before.ends_at + timedelta(seconds=gap)
