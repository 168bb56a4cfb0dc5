"""The shop says no, or says nothing in time: a request ends, a move goes back to its old slot (R17, R24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from booking import facts, notices
from booking.actions.action import Done, action
from booking.actions.changing import let_go_of_old_slot, locked, place, reread, settle, told, write
from booking.actions.difference import settle_difference
from booking.actions.tell_several import several, tell_together
from booking.actions.waiting import waiting_with
from booking.again import again_of, again_path
from booking.held_place import before_move, goes_back, kept_start, put_back
from booking.links import store_origin
from booking.rules import moves
from booking.rules.decision import Refused
from booking.rules.refund import RefundQuote
from booking.rules.refunds_together import together
from booking.rules.status import after
from models.booking import Booking
from models.booking_summary import BookingSummary
from models.counter_offer import CounterOffer
from models.session import Tx


@action
def decline_booking(tx: Tx, ref: str, *, reason: str = "", version: int | None = None) -> Done:
    """Decline a pending booking. Only pending bookings; else Refused."""
    b = locked(tx, ref, version)
    return end_request(tx, b, "decline", reason.strip()[:500], because="declined")


@action
def expire_approvals(tx: Tx, *, limit: int = 100) -> Done:
    """End every request of the store whose approval deadline has passed; rows another worker has in hand are skipped."""
    due = tx.db.execute(select(Booking.ref).where(
        Booking.store_id == tx.store_id, Booking.approval_deadline <= tx.now, Booking.status == "pending",
    ).order_by(Booking.id).limit(limit).with_for_update(skip_locked=True)).scalars().all()
    return Done(bookings=tuple(_expire(tx, ref) for ref in due))


def _expire(tx: Tx, ref: str) -> BookingSummary:
    """End a request at its deadline: the shop has not answered, or none of the times it offered was taken (R35)."""
    b = locked(tx, ref)
    if b.status != "pending":
        return b  # it ended with another part of its visit
    offered = tx.db.execute(update(CounterOffer).where(
        CounterOffer.store_id == tx.store_id, CounterOffer.booking_id.in_([part.id for part in waiting_with(tx, b)]), CounterOffer.state == "open",
    ).values(state="expired", closed_at=tx.now)).rowcount
    return end_request(tx, b, "expire", "", because="offers_expired" if offered else "deadline").booking


def may_take_back(tx: Tx, b: BookingSummary, starts_at: datetime, staff_id: int | None) -> bool:
    """Whether choosing this time takes the customer's request back: it is the one that was kept for them all along (R17)."""
    return starts_at == kept_start(b) and staff_id in (None, b.held["staff_id"]) and goes_back(tx, b)


def take_back(tx: Tx, b: BookingSummary) -> Done:
    """The booking is at its old time again as if it had never been asked to move: nobody need agree, and no move is counted (R18)."""
    return end_request(tx, b, "restore", "", because="taken_back")


AUDITED = {"offers_declined": "decline_offers", "taken_back": "reschedule_booking"}


def end_request(tx: Tx, b: BookingSummary, verb: str, reason: str, *, because: str) -> Done:
    """End a pending request with its money back, or bring a move back to its old slot. Of a visit all parts that wait (R32).
    `because`: declined, deadline, offers_declined, offers_expired or taken_back; the message says which (D18)."""
    if b.status != "pending":
        after(b.status, verb)
        raise Refused("not_allowed", state=b.status)
    parts = waiting_with(tx, b)
    for part in parts:
        let_go_of_old_slot(tx, part)
    start = kept_start(parts[0])
    later = start is not None and start > parts[0].starts_at  # the last part leaves the time another one goes back to first
    ended = {part.id: _end_part(tx, part, verb, reason, because) for part in (reversed(parts) if later else parts)}
    for restored in (True, False):
        mine = [part for part in parts if ended[part.id].restored is restored]
        if mine:
            _tell(tx, mine, [ended[part.id] for part in mine], because)
    return Done(ended[b.id].booking, _together(list(ended.values())), tuple(ended[part.id].booking for part in parts))


class Ended(NamedTuple):
    """What became of a request: the booking, whether it is at its old time again, and what comes back."""

    booking: BookingSummary
    restored: bool
    refund: RefundQuote | None


def _end_part(tx: Tx, b: BookingSummary, verb: str, reason: str, because: str) -> Ended:
    """Of one that goes back to its old time only what was paid for a dearer one comes back."""
    restored = goes_back(tx, b)
    if restored:
        done = write(tx, b, status=after(b.status, "restore"), held=None, approval_deadline=None, move_reason=None,
                     due=moves.difference(facts.covered(b), b.held["price"])[0], **_old_place(b.held))
        outcome = settle_difference(tx, b, done)
        done = done if outcome is None else reread(tx, done)
    else:
        outcome, done = _end(tx, b, verb, reason)
    tx.audit(AUDITED.get(because, f"{verb}_booking"), booking_id=b.id, before=told(b), after=told(done), policy_id=b.policy_id,
             quote=outcome.facts() if outcome else None)
    return Ended(done, restored, outcome)


def _tell(tx: Tx, parts: Sequence[BookingSummary], ended: Sequence[Ended], because: str) -> None:
    """Of one outcome: the customer, the shop where it is not its own doing, the people concerned."""
    done, restored, outcome = [one.booking for one in ended], ended[0].restored, _together(ended)
    tell_together(tx, "approval_refused", parts, done, refund=outcome, because=because, restored=restored,
                  lost=not restored and any(part.held is not None for part in parts),
                  again_url=store_origin(tx, done[0].store_slug) + again_path(done[0]) if again_of(tx, done[0]).decision.allowed else None)
    asked = because.startswith("offers") or because == "taken_back"
    heard = notices.tell_merchant(tx, "merchant_offers_ended", done[0], old=parts[0], refund=outcome, because=because,
                                  **several(parts, done)) if asked else frozenset()
    if restored:
        return  # nothing has changed for the staff, who heard of no other time
    for part, now in zip(parts, done, strict=True):
        was = before_move(tx, part)
        notices.tell_staff(tx, "merchant_booking_cancelled", put_back(now, was), old=was, told=heard)


def _together(ended: Sequence[Ended]) -> RefundQuote | None:
    """All that comes back; None where nothing does."""
    refunds = [one.refund for one in ended if one.refund is not None]
    return together(refunds) if refunds else None


def _end(tx: Tx, b: BookingSummary, verb: str, reason: str) -> tuple[RefundQuote, BookingSummary]:
    """The request is over and everything paid comes back."""
    outcome = facts.quote_by_shop(tx, b, "full")
    ended = write(tx, b, status=after(b.status, verb), held=None, approval_deadline=None, cancel_reason=reason or None,
                  cancelled_by="customer" if tx.actor.is_customer else "store" if verb == "decline" else "system")
    settle(tx, ended, outcome, "cancellation")
    return outcome, reread(tx, ended)


def _old_place(held: dict) -> dict:
    """Nor does a move that never came about take anything from a later refund (R33)."""
    marks = dict(zip(("sticky_num", "sticky_den", "sticky_credit"), held.get("sticky", ()), strict=False))
    return marks | place(datetime.fromisoformat(held["starts_at"]), datetime.fromisoformat(held["ends_at"]), held["zone"]) | {
        key: held[key] for key in ("staff_id", "location_id", "session_id", "price", "buffer_before_s", "buffer_after_s",
                                   "customer_moves", "overlap_ok")}
