"""A weekly series for a customer, made by the shop: each date is a booking of its own with its own link (R31)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update

from booking.actions.action import Done, action
from booking.actions.create_booking import ceiling, check_payments, create_booking
from booking.actions.people import Person
from booking.actions.tell_several import tell_once, tell_team_created
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.rules.money import split
from booking.rules.series import weekly
from booking.rules.wall_time import occurrences, wall
from models.base import new_id
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, run
from models.session import Tx

MOST_DATES = 53
MOST_WEEKS_BETWEEN = 12


@action
def create_series(tx: Tx, *, service_id: int, starts_at: datetime, dates: int, every: int = 1, staff_id: int | None = None,
                  seats: int = 1, person: Person | None = None, customer_id: int | None = None,
                  payments: Sequence[dict[str, Any]] = (), notes: str = "", delivery_address: str = "", notify: bool = True,
                 override: bool = False) -> Done:
    """`dates` bookings, `every` so many weeks, at the wall time of `starts_at`; one payment is split over all dates (R25).

    All or none: Refused lists under `dates` every date that does not fit, and why. One mail to the customer for all of it.
    """
    if tx.actor.is_customer:
        raise Refused("not_allowed", kind="book")
    _check(dates, every)
    offer = find_offer(tx, service_id)
    people = offer.only(staff_id) if offer else ()
    if not people:
        raise Refused("invalid", errors=[{"field": "service" if offer is None else "staff", "problem": "is not known for this booking"}])
    check_payments(payments, ceiling(tx, offer.price * seats * dates, override))
    zone = people[0].zone
    shares = [split(payment["amount"], [1] * dates) for payment in payments]
    who: dict[str, Any] = {"person": person, "customer_id": customer_id}
    made: list[BookingSummary] = []
    misfits: list[dict[str, Any]] = []
    for n, local in enumerate(weekly(wall(starts_at, zone)[0], dates, every)):
        instant = starts_at if n == 0 else next(iter(occurrences(local, zone)), None)
        paid = [payment | {"amount": share[n]} for payment, share in zip(payments, shares, strict=True) if share[n]]
        try:
            if instant is None:
                raise Refused("outside_hours")
            made.append(create_booking.within(
                tx, service_id=service_id, starts_at=instant, staff_id=staff_id or (made[0].staff_id if made else None), seats=seats,
                payments=paid, notes=notes, delivery_address=delivery_address, notify=False, override=override, of_several=True,
                follows=n > 0, **who).booking)
            if person is None or not person.email.strip():
                # Without an address the shop's customer can only be told by id; the first date has written them down.
                who = {"customer_id": made[0].customer_id}
        except Refused as refused:
            if refused.code not in ("slot_taken", "outside_hours"):
                raise
            misfits.append({"local_start": local, "starts_at": instant, "code": refused.code})
    if misfits:
        raise Refused("slot_taken" if any(m["code"] == "slot_taken" for m in misfits) else "outside_hours", dates=misfits)
    return _joined(tx, made, notify)


def _check(dates: int, every: int) -> None:
    errors = []
    if not 2 <= dates <= MOST_DATES:
        errors.append({"field": "dates", "problem": f"must be from 2 to {MOST_DATES}"})
    if not 1 <= every <= MOST_WEEKS_BETWEEN:
        errors.append({"field": "every", "problem": f"must be from 1 to {MOST_WEEKS_BETWEEN} weeks"})
    if errors:
        raise Refused("invalid", errors=errors)


def _joined(tx: Tx, made: Sequence[BookingSummary], notify: bool) -> Done:
    """Make the bookings one series and tell the customer once."""
    series_id = new_id()
    mine = (Booking.store_id == tx.store_id, Booking.id.in_([b.id for b in made]))
    tx.db.execute(update(Booking).where(*mine).values(series_id=series_id))
    series = run(tx, SUMMARIES.where(*mine).order_by(Booking.starts_at, Booking.id))
    tx.audit("create_series", subject="series", subject_id=series_id, bookings=[b.id for b in series])
    if notify:
        tell_once(tx, "booking_confirmed", (), series)
    tell_team_created(tx, series)
    return Done(series[0], bookings=tuple(series))
