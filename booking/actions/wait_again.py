"""Waiting for the very time of a request that was declined or not answered (D29e, R34)."""

from __future__ import annotations

from datetime import datetime

from booking import limits, waitlist
from booking.actions.action import Done, action
from booking.actions.changing import locked
from booking.actions.join_class_waitlist import seats_left, stand_in_line
from booking.actions.new_entry import new_entry
from booking.again import again_of
from booking.waitlist_notices import tell
from models.booking_summary import BookingSummary
from models.session import Tx


@action
def wait_again(tx: Tx, ref: str) -> Done:
    """Be told when the time of this request becomes free: that of a class date in the date's own line. The booking itself stays as
    it is (R4). Asking twice keeps the first place. `facts`: id and place of the entry.

    Refused: not_found, not_allowed (no such request, or the shop offers no waitlist or the time no more), too_late.
    """
    b = locked(tx, ref)
    found = again_of(tx, b)
    if found.entry is not None:
        return Done(facts={"id": found.entry.id, "place": waitlist.place_of(tx, found.entry)})
    found.decision.require()
    until = found.decision.deadline
    assert until is not None, "allowed until then"
    leaving = limits.leaving_from_link(tx, b)
    date = waitlist.find_date(tx, b.session_id) if b.session_id else None
    if date is None:
        made = _wait_for_time(tx, b, until, leaving)
    else:
        seats_left(tx, date)  # full or not, its line is joined; under its lock, so that a cancellation of the date tells them too
        made = stand_in_line(tx, date, b.customer_id, b.seats, until, leaving, request_id=b.id)
    return Done(facts={"id": made.id, "place": waitlist.place_of(tx, made)})


def _wait_for_time(tx: Tx, b: BookingSummary, until: datetime, leaving: dict[str, datetime] | None) -> waitlist.Entry:
    made = new_entry(tx, "again", request_id=b.id, service_id=b.service_id, staff_id=b.staff_id, customer_id=b.customer_id, seats=b.seats,
                     before=b.starts_at, lives_until=until)
    tx.audit("wait_again", booking_id=b.id, after={"entry": made.id, "starts_at": b.starts_at, "staff_id": b.staff_id})
    tell(tx, "waitlist_joined", made, b, leaving=leaving, place=waitlist.place_of(tx, made), rest_hours=waitlist.terms_of(tx).rest_hours)
    return made
