"""Cancelling in two steps: what happens to the money, then exactly that or nothing (R27, I18)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from booking import facts, quotes
from booking.actions.action import Done
from booking.actions.cancel_booking import cancel_booking
from booking.rules.decision import Refused
from booking.visiting import decisions_alone
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from storefront import given
from storefront.api import shapes as s
from storefront.api.bookings import full
from storefront.api.door import CustomerCall, operation


@operation("GET", "/bookings/{ref}/cancellation", summary="What cancelling now means for the money", answer=s.Cancellation,
           query={"seats": "so many seats of the party; all by default"})
def quote_my_cancellation(call: CustomerCall, ref: str) -> s.Cancellation:
    with reading(call.store_id) as tx:
        b = call.booking(tx, ref)
        decisions_alone(tx, b)["cancel"].require()
        seats = b.seats
        if "seats" in call.query:
            seats = given.whole_number(call.query["seats"]) or 0
            if not 1 <= seats <= b.seats:
                raise Refused("invalid", errors=[{"field": "seats", "problem": f"must be from 1 to {b.seats}"}])
        return _quoted(tx, call, b, seats)


def _quoted(tx: Tx, call: CustomerCall, b: BookingSummary, seats: int) -> s.Cancellation:
    quote, here = facts.quote_cancellation(tx, b, seats=seats), ZoneInfo(b.zone)
    decided = decisions_alone(tx, b)
    last = decided["cancel"].deadline
    return s.Cancellation(
        outcome=quote.outcome, amount=quote.amount, kept=quote.kept, currency=quote.currency, sentence=call.words.refund(quote.facts(), b.store_name),
        quote=quotes.sign(quote, b, seats), seats=seats, of_seats=b.seats, may_drop_seats=b.seats > 1 and facts.effective_policy(b).part_cancel,
        may_reschedule=decided["reschedule"].allowed, until=quote.until.astimezone(here) if quote.until else None,
        deadline=last.astimezone(here) if last else None)


@operation("POST", "/bookings/{ref}/cancel", summary="Cancel the booking, or seats of the party, as quoted", body=s.CustomerCancelIn,
           answer=s.CustomerBookingDetail)
def cancel_my_booking(call: CustomerCall, ref: str) -> dict[str, Any]:
    """When the quote no longer holds nothing happens: 409 with the new outcome under `cancellation`, for a fresh decision."""
    wanted = call.body
    with reading(call.store_id) as tx:
        b = call.booking(tx, ref)
    seats = wanted.seats or b.seats

    def show(tx: Tx, done: Done) -> s.CustomerBookingDetail:
        assert done.booking is not None
        quote = done.refund
        state = "none" if quote.amount == 0 else "succeeded" if quote.outcome == "credit" else "owed"
        refund = s.CancelRefund(outcome=quote.outcome, amount=quote.amount, currency=quote.currency, state=state)
        return full(tx, call, call.booking(tx, done.booking.ref), refund)

    try:
        return call.act(cancel_booking, b.ref, quote=wanted.quote, reason=wanted.reason, seats=seats, show=show)
    except Refused as refused:
        if refused.code not in ("quote_changed", "stale"):
            raise
        with reading(call.store_id) as tx:
            b = call.booking(tx, ref)
            fresh = _quoted(tx, call, b, min(seats, b.seats)) if decisions_alone(tx, b)["cancel"].allowed else None
        more = {} if fresh is None else {"fresh": {"cancellation": fresh.model_dump(mode="json")}}
        raise Refused(refused.code, **refused.facts, **more) from None
