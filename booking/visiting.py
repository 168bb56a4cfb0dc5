"""The parts of a visit, and what may be done with the whole of it or with one part (R32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from booking import facts
from booking.rules.decision import Decision, Refused
from booking.rules.windows import allowed, change_decision
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, find, lock_many, run
from models.hold import Hold
from models.session import Tx


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


def places_of(tx: Tx, parts: Sequence[BookingSummary]) -> list[int]:
    """What busy time knows these bookings by: themselves, the old times they still hold, and new ones that are kept while they are paid
    for. All of it counts as theirs (R15, R26)."""
    own = [b.id for b in parts]
    if any(b.held is not None or facts.effective_policy(b).price_difference == "difference" for b in parts):
        own += tx.db.execute(select(Hold.id).where(Hold.store_id == tx.store_id, Hold.booking_id.in_(own))).scalars()
    return own


def visit_decision(kind: str, parts: Sequence[BookingSummary], now: datetime) -> Decision:
    """May the customer `reschedule` or `cancel` the block? Every part's window is measured from the start of the visit."""
    start = min(b.starts_at for b in parts)
    known = [facts.change_facts(b)._replace(starts_at=start) for b in parts]
    decisions = [change_decision(kind, one, now) for one in known]
    refused = [decision for decision in decisions if not decision.allowed]
    told = min(refused or decisions, key=lambda decision: (decision.deadline is not None, decision.deadline or now))
    other = told.facts.get("still_possible")
    if other and not all(allowed(other, one, now) for one in known):  # that part could, the others could not
        told = told._replace(facts={**told.facts, "still_possible": None})
    return told


def decisions_together(tx: Tx, b: BookingSummary) -> dict[str, Decision]:
    """What the customer may do with the booking: of an open part of a visit with the whole of it."""
    parts = visit_of(tx, b.ref) if b.visit_id is not None and b.holding else [b]
    return {kind: visit_decision(kind, parts, tx.now) for kind in ("reschedule", "cancel")} if len(parts) > 1 else facts.decisions(b, tx.now)


def parts_end_alone(parts: Sequence[BookingSummary]) -> bool:
    """Whether the shop lets customers cancel one part of this visit."""
    return all(facts.effective_policy(part).part_cancel for part in parts)


def decisions_alone(tx: Tx, b: BookingSummary) -> dict[str, Decision]:
    """What the customer may do with this one booking. A part of a visit moves with the whole only; it is cancelled alone where the
    shop allows parts, inside the visit's window."""
    parts = visit_of(tx, b.ref) if b.visit_id is not None and b.holding else []
    if len(parts) < 2:
        return facts.decisions(b, tx.now)
    cancel = visit_decision("cancel", parts, tx.now)
    if cancel.allowed and not parts_end_alone(parts):
        cancel = Decision(False, "not_allowed", facts={"kind": "cancel", "part": True})
    return {"reschedule": Decision(False, "not_allowed", facts={"kind": "reschedule", "visit": True}), "cancel": cancel}
