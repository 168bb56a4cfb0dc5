"""Visits: several services back to back. They move and end as a block, by the strictest window of their parts (R32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from booking import facts
from booking.actions.action import Done, action
from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_series import CancelPreview, Part, cancel_parts, confirmed_parts, parts_before, tell_once
from booking.actions.reschedule_series import Target, move_all, moved_topic
from booking.rules.decision import Decision, Refused
from booking.rules.windows import change_decision
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, find, lock_many, run
from models.session import Tx

WHOLE = "visit"


def visit_of(tx: Tx, ref: str, *, locking: bool = False) -> list[BookingSummary]:
    """The open parts of the visit `ref` belongs to, soonest first (a single booking is a visit of one part).

    Refused not_found, or closed when nothing of it is open.
    """
    this = find(tx, ref)
    if this is None:
        raise Refused("not_found")
    mine = [Booking.id == this.id] if this.visit_id is None else [
        Booking.visit_id == this.visit_id, Booking.customer_id == this.customer_id]
    rows = lock_many(tx, *mine) if locking else run(tx, SUMMARIES.where(Booking.store_id == tx.store_id, *mine))
    parts = sorted((b for b in rows if b.holding), key=lambda b: (b.starts_at, b.id))
    if not parts:
        raise Refused("closed", state=this.status)
    return parts


def visit_decision(kind: str, parts: Sequence[BookingSummary], now: datetime) -> Decision:
    """May the customer `reschedule` or `cancel` the block? Every part's window is measured from the start of the visit."""
    start = min(b.starts_at for b in parts)
    decisions = [change_decision(kind, replace(facts.change_facts(b), starts_at=start), now) for b in parts]
    refused = [decision for decision in decisions if not decision.allowed]
    return min(refused or decisions, key=lambda decision: (decision.deadline is not None, decision.deadline or now))


def preview_cancel_visit(tx: Tx, ref: str) -> CancelPreview:
    """What cancelling the whole visit comes to, part by part. Reads only; whether it is allowed says `visit_decision`."""
    return _preview(tx, visit_of(tx, ref), ref)


@action
def reschedule_visit(tx: Tx, ref: str, *, starts_at: datetime, version: int | None = None, price: int | None = None,
                     override: bool = False, notify: bool = True) -> Done:
    """Move the visit so that its first part starts at `starts_at`; the others keep their distance. All parts move or none.

    `price` is what the customer saw for all parts together (R26).
    """
    parts = _locked(tx, ref, version)
    if not override:
        visit_decision("reschedule", parts, tx.now).require()
    shift = starts_at - parts[0].starts_at
    after = move_all(tx, [Target(b, b.starts_at + shift) for b in parts], price=price, block=True, override=override)
    tx.audit("reschedule_visit", subject="visit", subject_id=parts[0].visit_id, bookings=[b.id for b in after])
    if notify:
        tell_once(tx, moved_topic(after), parts, after)
    return Done(next(b for b in after if b.ref == ref), bookings=tuple(after))


@action
def cancel_visit(tx: Tx, ref: str, *, quote: str | None = None, reason: str = "", refund: str = "policy",
                 version: int | None = None, override: bool = False, notify: bool = True) -> Done:
    """Cancel all parts. Customers bring the signed preview (R27); `refund` is the merchant's: policy, full or none."""
    if refund not in ("policy", "full", "none"):
        raise Refused("invalid", errors=[{"field": "refund", "problem": "must be policy, full or none"}])
    parts = _locked(tx, ref, version)
    if not override:
        visit_decision("cancel", parts, tx.now).require()
    confirmed = confirmed_parts(tx, _preview(tx, parts, ref), quote)
    done = cancel_parts(tx, confirmed, reason=reason, refund=refund, override=override)
    tx.audit("cancel_visit", subject="visit", subject_id=parts[0].visit_id, bookings=[b.id for b in done.bookings],
             quote=done.refund.facts())
    if notify:
        tell_once(tx, "booking_cancelled", parts_before(confirmed), done.bookings, refund=done.refund)
    return done


@action
def cancel_visit_part(tx: Tx, ref: str, *, quote: str | None = None, reason: str = "", as_credit: bool = False,
                      version: int | None = None, override: bool = False) -> Done:
    """Cancel one part with its own money; customers only where the shop allows parts (`cancel.part_cancel`)."""
    parts = _locked(tx, ref, version)
    this = tx.subject
    if len(parts) > 1 and tx.actor.is_customer:
        if not all(facts.effective_policy(b).part_cancel for b in parts):
            raise Refused("not_allowed", kind="cancel", part=True)
        visit_decision("cancel", parts, tx.now).require()
    return cancel_booking.within(tx, this.ref, quote=quote, reason=reason, as_credit=as_credit, override=override)


def _locked(tx: Tx, ref: str, version: int | None) -> list[BookingSummary]:
    """The parts, locked; `ref` must be one of the open ones, and in the version the caller saw."""
    parts = visit_of(tx, ref, locking=True)
    this = next((b for b in parts if b.ref == ref), None)
    if this is None:
        raise Refused("closed")
    tx.subject = this
    if version is not None and version != this.version:
        raise Refused("stale", version=this.version, state=this.status)
    return parts


def _preview(tx: Tx, parts: Sequence[BookingSummary], ref: str) -> CancelPreview:
    return CancelPreview(tx.store_id, ref, WHOLE, tuple(Part(b, facts.quote_cancellation(tx, b)) for b in parts))
