"""Cancelling in two steps: what happens to the money, then exactly that or nothing (R27, I18)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from booking import facts, quotes
from booking.actions.action import Done
from booking.actions.cancel_booking import cancel_booking
from booking.actions.visits import cancel_visit, cancel_visit_part, preview_cancel_visit
from booking.rules.decision import Refused
from booking.visiting import decisions_alone, parts_end_alone
from booking.wording import Words
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from storefront import given
from storefront.api import shapes as s
from storefront.api.bookings import door_of, full
from storefront.api.door import CustomerCall, operation
from storefront.booking_page import done_money
from storefront.fee_notes import fee_note
from storefront.together import VISIT, Group, decisions_of, group_of


@operation("GET", "/bookings/{ref}/cancellation", summary="What cancelling now means for the money", answer=s.Cancellation, also=(409,), query={
    "seats": "so many seats of the party; all by default", "as_credit": "true for credit instead of money, where the shop gives the choice",
    "part": "true for this part of a visit alone, where the shop allows it"})
def quote_my_cancellation(call: CustomerCall, ref: str) -> s.Cancellation:
    """Of a visit it is the whole visit's, unless one part is asked for (R32)."""
    with reading(call.store_id) as tx:
        b = call.booking(tx, ref)
        group = group_of(tx, door_of(call, b))
        part, as_credit = _flag(call, "part"), _flag(call, "as_credit")
        (decisions_alone(tx, b) if part else decisions_of(door_of(call, b), group, tx.now))["cancel"].require()
        seats = b.seats
        if "seats" in call.query:
            seats = given.whole_number(call.query["seats"]) or 0
            if not 1 <= seats <= b.seats:
                raise Refused("invalid", errors=[{"field": "seats", "problem": f"must be from 1 to {b.seats}"}])
        return _quoted(tx, call, b, group, seats, as_credit, part)


def _flag(call: CustomerCall, name: str) -> bool:
    text = call.query.get(name, "false")
    if text not in ("true", "false"):
        raise Refused("invalid", errors=[{"field": name, "problem": "must be true or false"}])
    return text == "true"


def _is_visit(group: Group | None) -> bool:
    return group is not None and group.kind == VISIT


def _quoted(tx: Tx, call: CustomerCall, b: BookingSummary, group: Group | None, seats: int, as_credit: bool, part: bool) -> s.Cancellation:
    here, w, decided = ZoneInfo(b.zone), call.words, decisions_of(door_of(call, b), group, tx.now)
    visit = _is_visit(group)
    whole = visit and not part
    if whole:
        preview = preview_cancel_visit(tx, b.ref, as_credit=as_credit)
        money = preview_cancel_visit(tx, b.ref) if as_credit else preview
        going = [(part.booking, part.quote) for part in preview.parts]
        quote, signed = preview.total, preview.sign()
        assert quote is not None and money.total is not None, "an open visit has parts"
        choice = money.total.cash > 0 and any(facts.may_keep_as_credit(part.booking) for part in money.parts)
    else:
        quote = facts.quote_cancellation(tx, b, seats=seats, as_credit=as_credit)
        going = [(b, quote)] if seats == b.seats else []
        signed = quotes.sign(quote, b, seats)
        choice = facts.may_keep_as_credit(b) and facts.quote_cancellation(tx, b, seats=seats).cash > 0
    last = decided["cancel"].deadline
    notes = [w._("This holds until {when}.").format(when=w.when(quote.until, b.told_zone))] if quote.until and quote.until != last else []
    notes += [w.deadline("cancel", last, b.told_zone)] if last else []
    return s.Cancellation(
        outcome=quote.outcome, amount=quote.amount, kept=quote.kept, currency=quote.currency, sentence=w.refund(quote.facts(), b.store_name),
        charge=fee_note(tx, going, w) or None, notes=notes, terms=_terms(b, w),
        as_credit=as_credit and choice, may_choose_credit=choice, quote=signed, seats=b.seats if whole else seats, of_seats=b.seats,
        may_drop_seats=not whole and b.seats > 1 and facts.effective_policy(b).part_cancel, part=visit and part,
        may_cancel_part=visit and parts_end_alone(group.parts), may_reschedule=decided["reschedule"].allowed,
        until=quote.until.astimezone(here) if quote.until else None, deadline=last.astimezone(here) if last else None)


def _terms(b: BookingSummary, w: Words) -> s.Terms | None:
    lines = [line for line in (b.store_terms or "").splitlines() if line.strip()]
    return s.Terms(title=w._("Terms of {venue}").format(venue=b.store_name), lines=lines) if lines else None


@operation("POST", "/bookings/{ref}/cancel", summary="Cancel the booking, or seats of the party, as quoted", body=s.CustomerCancelIn,
           answer=s.CustomerBookingDetail)
def cancel_my_booking(call: CustomerCall, ref: str) -> dict[str, Any]:
    """When the quote no longer holds nothing happens: 409 with the new outcome under `cancellation`, for a fresh decision."""
    wanted = call.body
    with reading(call.store_id) as tx:
        b = call.booking(tx, ref)
        group = group_of(tx, door_of(call, b))
    seats, visit = wanted.seats or b.seats, _is_visit(group)

    def show(tx: Tx, done: Done) -> s.CustomerBookingDetail:
        quote = done.refund
        state = "none" if quote.amount == 0 else "succeeded" if quote.outcome == "credit" else "owed"
        refund = s.CancelRefund(outcome=quote.outcome, amount=quote.amount, currency=quote.currency, state=state)
        now = call.booking(tx, b.ref)
        shown = full(tx, call, now, refund)
        return shown if shown.closed else shown.model_copy(update={"money": done_money(tx, now, call.words, "seats")})

    try:
        if visit and not wanted.part:
            return call.act(cancel_visit, b.ref, quote=wanted.quote, reason=wanted.reason, as_credit=wanted.as_credit, show=show)
        if visit and seats == b.seats:
            return call.act(cancel_visit_part, b.ref, quote=wanted.quote, reason=wanted.reason, as_credit=wanted.as_credit, show=show)
        return call.act(cancel_booking, b.ref, quote=wanted.quote, reason=wanted.reason, seats=seats, as_credit=wanted.as_credit, show=show)
    except Refused as refused:
        if refused.code not in ("quote_changed", "stale"):
            raise
        with reading(call.store_id) as tx:
            b = call.booking(tx, ref)
            group = group_of(tx, door_of(call, b))
            may = (decisions_alone(tx, b) if wanted.part else decisions_of(door_of(call, b), group, tx.now))["cancel"].allowed
            fresh = _quoted(tx, call, b, group, min(seats, b.seats), wanted.as_credit, wanted.part) if may else None
        more = {} if fresh is None else {"fresh": {"cancellation": fresh.model_dump(mode="json")}}
        raise Refused(refused.code, **refused.facts, **more) from None
