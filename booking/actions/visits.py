"""Visits: several services back to back. They move and end as a block, by the strictest window of their parts (R32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from booking import facts, notices
from booking.actions.action import Done, action
from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_series import CancelPreview, Part, cancel_parts, confirmed_parts, parts_before
from booking.actions.decline_booking import may_take_back, take_back
from booking.actions.reschedule_series import PaidTogether, Target, collected, move_all, said_why, tell_moved, tell_team_moved
from booking.actions.tell_several import several, tell_once
from booking.actions.waiting import wait_together
from booking.rules.decision import Refused
from booking.visiting import visit_decision, visit_of
from models.booking_summary import BookingSummary, find
from models.session import Tx

WHOLE = "visit"


def preview_cancel_visit(tx: Tx, ref: str, *, as_credit: bool = False) -> CancelPreview:
    """What cancelling the whole visit comes to, part by part; as credit where the customer may choose that and does (R21). Reads only;
    whether it is allowed says `visit_decision`."""
    return _preview(tx, visit_of(tx, ref), ref, as_credit)


@action
def reschedule_visit(tx: Tx, ref: str, *, starts_at: datetime, version: int | None = None, price: int | None = None, reason: str = "",
                     override: bool = False, notify: bool = True, paid: PaidTogether | None = None) -> Done:
    """Move the visit so that its first part starts at `starts_at`; the others keep their distance. All parts move or none.

    `price` is what the customer saw for all parts together, `paid` what a card paid for that first (R26), `reason` why they move it
    (D20b). As soon as one part has to be agreed to, all of them wait, and all old times are kept; choosing the old time again takes the
    request back (R17).
    """
    parts = parts_to_change(tx, ref, version)
    shift = starts_at - parts[0].starts_at
    if tx.actor.is_customer and paid is None and all(may_take_back(tx, b, b.starts_at + shift, None) for b in parts):
        return take_back(tx, tx.subject)  # neither too late nor one move too many, as long as it waits
    if not override:
        visit_decision("reschedule", parts, tx.now).require()
    after = move_all(tx, [Target(b, b.starts_at + shift) for b in parts], price=price, reason=reason, block=True,
                     wait=wait_together(tx, parts, starts_at), override=override, paid=paid)
    tx.audit("reschedule_visit", subject="visit", subject_id=parts[0].visit_id, bookings=[b.id for b in after])
    if notify:
        tell_moved(tx, parts, after, paid=paid)
    tell_team_moved(tx, parts, after, paid)
    if any(b.status == "pending" for b in after):
        notices.tell_merchant(tx, "merchant_approval_needed", after[0], old=parts[0], **several(parts, after), **said_why(tx, after),
                              **collected(paid, after))
    return Done(next(b for b in after if b.ref == ref), bookings=tuple(after))


@action
def cancel_visit(tx: Tx, ref: str, *, quote: str | None = None, reason: str = "", refund: str = "policy", as_credit: bool = False,
                 version: int | None = None, override: bool = False, notify: bool = True) -> Done:
    """Cancel all parts. Customers bring the signed preview (R27); `refund` is the merchant's: policy, full or none."""
    if refund not in ("policy", "full", "none"):
        raise Refused("invalid", errors=[{"field": "refund", "problem": "must be policy, full or none"}])
    parts = parts_to_change(tx, ref, version)
    if not override:
        visit_decision("cancel", parts, tx.now).require()
    confirmed = confirmed_parts(tx, _preview(tx, parts, ref, as_credit), quote)
    done = cancel_parts(tx, confirmed, reason=reason, refund=refund, override=override, block=True, as_credit=as_credit)
    tx.audit("cancel_visit", subject="visit", subject_id=parts[0].visit_id, bookings=[b.id for b in done.bookings],
             quote=done.refund.facts())
    if notify:
        tell_once(tx, "booking_cancelled", parts_before(confirmed), done.bookings, refund=done.refund)
    return done


@action
def cancel_visit_part(tx: Tx, ref: str, *, quote: str | None = None, reason: str = "", as_credit: bool = False,
                      version: int | None = None, override: bool = False) -> Done:
    """Cancel one part with its own money; customers only where the shop allows parts (`cancel.part_cancel`)."""
    parts_to_change(tx, ref, version)
    return cancel_booking.within(tx, ref, quote=quote, reason=reason, as_credit=as_credit, override=override)


def parts_to_change(tx: Tx, ref: str, version: int | None) -> list[BookingSummary]:
    """The parts, locked; `ref` must be one of the open ones, and in the version the caller saw."""
    parts = visit_of(tx, ref, locking=True)
    this = next((b for b in parts if b.ref == ref), None)
    if this is None:
        raise Refused("closed", state=find(tx, ref).status)
    tx.subject = this
    if version is not None and version != this.version:
        raise Refused("stale", version=this.version, state=this.status)
    return parts


def _preview(tx: Tx, parts: Sequence[BookingSummary], ref: str, as_credit: bool) -> CancelPreview:
    return CancelPreview(tx.store_id, ref, WHOLE, tuple(Part(b, facts.quote_cancellation(tx, b, as_credit=as_credit)) for b in parts))
