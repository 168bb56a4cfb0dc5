"""The shop says no, or says nothing in time: a request ends, a move goes back to its old slot (R17, R24)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from booking import facts, notices
from booking.actions.action import Done, action
from booking.actions.changing import let_go_of_old_slot, locked, place, reread, settle, told, write
from booking.actions.difference import due_before_waiting, settle_surplus
from booking.held_place import before_move, put_back
from booking.rules.decision import Refused
from booking.rules.refund import RefundQuote
from booking.rules.status import after
from models.booking import Booking
from models.booking_summary import BookingSummary
from models.class_session import ClassSession
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
    offered = tx.db.execute(update(CounterOffer).where(
        CounterOffer.store_id == tx.store_id, CounterOffer.booking_id == b.id, CounterOffer.state == "open",
    ).values(state="expired", closed_at=tx.now)).rowcount
    return end_request(tx, b, "expire", "", because="offers_expired" if offered else "deadline").booking


def end_request(tx: Tx, b: BookingSummary, verb: str, reason: str, *, because: str) -> Done:
    """End a pending request with its money back, or bring a move back to its old slot. `because`: declined, deadline,
    offers_declined or offers_expired; the message says which (D18)."""
    if b.status != "pending":
        after(b.status, verb)
        raise Refused("not_allowed", state=b.status)
    let_go_of_old_slot(tx, b)
    held, outcome = b.held, None
    restored = held is not None and not held["released"] and _still_there(tx, held)
    if restored:
        done = write(tx, b, status=after(b.status, "restore"), held=None, approval_deadline=None,
                     due=due_before_waiting(b), **_old_place(held))
        outcome = settle_surplus(tx, b, done)
        done = done if outcome is None else reread(tx, done)
    else:
        outcome, done = _end(tx, b, verb, reason)
    tx.audit("decline_offers" if because == "offers_declined" else f"{verb}_booking", booking_id=b.id, before=told(b), after=told(done), policy_id=b.policy_id,
             quote=outcome.facts() if outcome else None)
    notices.tell_customer(tx, "approval_refused", done, old=b, refund=outcome, because=because, restored=restored, lost=held is not None and not restored)
    offered = because.startswith("offers")
    heard = notices.tell_merchant(tx, "merchant_offers_ended", done, old=b, refund=outcome) if offered else frozenset()
    if not restored:  # else nothing has changed for the staff, who heard of no other time
        was = before_move(tx, b)
        notices.tell_staff(tx, "merchant_booking_cancelled", put_back(done, was), old=was, told=heard)
    return Done(done, outcome)


def _still_there(tx: Tx, held: dict) -> bool:
    """Whether the old slot can come back: a class date the shop has cancelled meanwhile cannot."""
    if held["session_id"] is None:
        return True
    return tx.db.execute(select(ClassSession.status).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == held["session_id"])).scalar() == "scheduled"


def _end(tx: Tx, b: BookingSummary, verb: str, reason: str) -> tuple[RefundQuote, BookingSummary]:
    """The request is over and everything paid comes back."""
    outcome = facts.quote_by_shop(tx, b, "full")
    ended = write(tx, b, status=after(b.status, verb), held=None, approval_deadline=None, cancel_reason=reason or None,
                  cancelled_by="customer" if tx.actor.is_customer else "store" if verb == "decline" else "system")
    settle(tx, ended, outcome, "cancellation")
    return outcome, reread(tx, ended)


def _old_place(held: dict) -> dict:
    return place(datetime.fromisoformat(held["starts_at"]), datetime.fromisoformat(held["ends_at"]), held["zone"]) | {
        key: held[key] for key in ("staff_id", "location_id", "session_id", "price", "buffer_before_s", "buffer_after_s",
                                   "customer_moves", "overlap_ok")}
