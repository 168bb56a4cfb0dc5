"""Move a booking: same booking, same link, one transaction (R10-R18, R26, R29, R33)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from booking import facts, notices
from booking.actions.action import Done, action
from booking.actions.changing import let_go_of_old_slot, locked, place, reread, told, write
from booking.actions.difference import before_waiting, price_of_move, settle_difference
from booking.held_place import before_move
from booking.offers import OfferOf, ServiceOffer
from booking.rules import moves, refund
from booking.rules.decision import Refused
from booking.rules.interval import subtract
from booking.rules.status import CLOSED
from booking.rules.windows import change_decision
from booking.visiting import decisions_alone
from booking.slots import Chosen, require_slot
from models.base import new_id
from models.booking_summary import BookingSummary
from models.hold import Hold
from models.session import Tx

ANYONE = 0


@action
def reschedule_booking(tx: Tx, ref: str, *, starts_at: datetime, staff_id: int | None = None, version: int | None = None,
                       price: int | None = None, block: bool = False, follows: bool = False, of_several: bool = False,
                       override: bool = False, notify: bool = True) -> Done:
    """Move to `starts_at`; `staff_id` None keeps the person, ANYONE takes whoever is free (R14).

    Customers stay at the location, inside windows, limits and offered times; merchants do so too unless `override` (A37). A service with
    approval keeps the old slot held until the shop decides (R17). `price` is the one the customer saw for the new time and
    has to agree to where it is dearer (R26). With `block` all parts of its visit move with it; one that `follows` another starts at
    any minute of the working hours: the first part answers for step, lead time and horizon (R32). One `of_several` is refused at once,
    so that the others can be tried too. Raises Refused and changes nothing otherwise.
    """
    offered = OfferOf(tx, ref)
    b = locked(tx, ref, version)
    as_customer = tx.actor.is_customer
    if b.status in CLOSED:
        raise Refused("closed", state=b.status)
    if not override:
        change_decision("reschedule", facts.change_facts(b), tx.now).require()
    if as_customer and not block and b.visit_id is not None:
        decisions_alone(tx, b)["reschedule"].require()
    policy = facts.effective_policy(b)
    wanted = _staff_wanted(b, staff_id, policy.change_staff or not as_customer)
    offer = offered.found()
    if offer is None:
        raise Refused("not_allowed", kind="reschedule")
    if starts_at == b.starts_at and (wanted is None or wanted == b.staff_id):
        raise Refused("no_change")
    if as_customer:
        offer = offer.at(b.location_id)
    chosen = require_slot(tx, offer, starts_at, staff_id=wanted, seats=b.seats, moving=b,
                          as_customer=as_customer and not follows, override=override and not as_customer, at_once=of_several)
    values = _moved(tx, b, offer, chosen)
    asks = False
    if as_customer:
        moves.check_target(policy, original=b.original_starts_at, starts_at=starts_at, zone=chosen.staff.zone, price=b.price,
                           new_price=offer.price * b.seats)
        values |= _customer_marks(tx, b) | price_of_move(policy, b, offer.price * b.seats, price)
        asks = b.status == "confirmed" and moves.needs_approval(
            policy, first=False, starts_at=b.starts_at, zone=b.zone, now=tx.now)
    else:
        values |= {"sticky_num": None, "sticky_den": None, "sticky_credit": False}
    if b.held is not None:
        let_go_of_old_slot(tx, b)
    if asks:
        values |= _ask(tx, b, policy, chosen)
    elif b.status == "pending" and not b.never_approved:
        # The shop moved it itself, or the customer chose anew while waiting: merchants decide by moving (R17).
        values |= {"held": b.held, "approval_deadline": b.approval_deadline} if as_customer else {
            "status": "confirmed", "held": None, "approval_deadline": None}
    moved = write(tx, b, **values)
    over = settle_difference(tx, b, moved)
    moved = moved if over is None else reread(tx, moved)
    if as_customer and b.held is not None:
        _hold_old_slot(tx, moved, b.held)
    elif asks and not policy.release_old_slot_at_once:
        _hold_old_slot(tx, moved, values["held"])
    tx.audit("reschedule_booking", booking_id=b.id, before=told(b), after=told(moved), policy_id=b.policy_id,
             override=override, overlap=chosen.overlap, outside_hours=chosen.outside_hours, waits=moved.status == "pending",
             **({} if over is None else {"quote": over.facts()}))
    _tell(tx, b, moved, notify, over)
    return Done(moved, over)


def _staff_wanted(b: BookingSummary, staff_id: int | None, may_change: bool) -> int | None:
    """The id to look for, or None for anyone. A person who has left can be replaced only where a switch is allowed (R14)."""
    if staff_id in (None, b.staff_id):
        return b.staff_id
    if not may_change:
        raise Refused("not_allowed", kind="reschedule", staff=True)
    return None if staff_id == ANYONE else staff_id


def _moved(tx: Tx, b: BookingSummary, offer: ServiceOffer, chosen: Chosen) -> dict[str, Any]:
    return place(chosen.starts_at, chosen.ends_at, chosen.staff.zone) | {
        "staff_id": chosen.staff.id, "location_id": chosen.staff.location_id, "session_id": chosen.session_id,
        "buffer_before_s": offer.shape.buffer_before, "buffer_after_s": offer.shape.buffer_after,
        "overlap_ok": chosen.overlap, "conflict": chosen.overlap}


def _customer_marks(tx: Tx, b: BookingSummary) -> dict[str, Any]:
    """The move counts (R18), the refund share sticks, and whether it is credit (R33)."""
    sticky = refund.sticky_after_move(facts.sticky(b), facts.terms_now(tx, b))
    return {"customer_moves": b.customer_moves + 1, "sticky_credit": sticky is not None and sticky.credit,
            "sticky_num": None if sticky is None else sticky.share.numerator, "sticky_den": None if sticky is None else sticky.share.denominator}


def _ask(tx: Tx, b: BookingSummary, policy, chosen: Chosen) -> dict[str, Any]:  # noqa: ANN001
    """Pending at the new time; what the old slot was, so that it can come back (R17)."""
    held = {
        "starts_at": b.starts_at.isoformat(), "ends_at": b.ends_at.isoformat(), "zone": b.zone, "staff_id": b.staff_id,
        "location_id": b.location_id, "session_id": b.session_id, "buffer_before_s": b.buffer_before_s,
        "buffer_after_s": b.buffer_after_s, "customer_moves": b.customer_moves, "released": policy.release_old_slot_at_once,
        "overlap_ok": b.overlap_ok} | before_waiting(b)
    return {"status": "pending", "held": held,
            "approval_deadline": moves.approval_deadline(policy, tx.now, chosen.starts_at, b.starts_at)}


def _hold_old_slot(tx: Tx, moved: BookingSummary, held: dict[str, Any]) -> None:
    """Keep the old slot: a seat of its class date, or what of its span the new one leaves uncovered."""
    common = {
        "store_id": tx.store_id, "kind": "old_slot", "booking_id": moved.id, "service_id": moved.service_id, "seats": moved.seats,
        "staff_id": held["staff_id"], "session_id": held["session_id"], "owner": f"booking:{moved.id}", "overlap_ok": held["overlap_ok"],
        "expires_at": moved.approval_deadline, "created_at": tx.now}
    old = _span(datetime.fromisoformat(held["starts_at"]), datetime.fromisoformat(held["ends_at"]), held)
    spans = [old]
    if held["session_id"] is None and moved.session_id is None and held["staff_id"] == moved.staff_id:
        new = _span(moved.starts_at, moved.ends_at, {"buffer_before_s": moved.buffer_before_s, "buffer_after_s": moved.buffer_after_s})
        spans = subtract([old], [new])
    for start, end in spans:
        tx.db.execute(insert(Hold).values(id=new_id(), starts_at=start, ends_at=end, **common))


def _span(start: datetime, end: datetime, buffers: dict[str, Any]) -> tuple[datetime, datetime]:
    return start - timedelta(seconds=buffers["buffer_before_s"]), end + timedelta(seconds=buffers["buffer_after_s"])


def _tell(tx: Tx, b: BookingSummary, moved: BookingSummary, notify: bool, over: refund.RefundQuote | None) -> None:
    """What was there before is what everyone knows: of a move that waited its old time, not the one asked for meanwhile."""
    waits, was = moved.status == "pending", before_move(tx, b)
    if notify:
        topic = ("request_received" if moved.never_approved else "approval_asked") if waits else "booking_moved"
        notices.tell_customer(tx, topic, moved, old=was, refund=over)
    shop = tx.actor.is_customer or moved.conflict
    if waits:
        if shop:
            notices.tell_merchant(tx, "merchant_approval_needed", moved, old=was)
        return
    heard = notices.tell_merchant(tx, "merchant_booking_moved", moved, old=was) if shop else frozenset()
    notices.tell_staff(tx, "merchant_booking_moved", moved, old=was, told=heard)
