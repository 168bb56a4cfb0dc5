"""Move a booking: same booking, same link, one transaction (R10-R18, R26, R29, R33)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking import facts, notices
from booking.actions.action import Done, action
from booking.actions.changing import let_go_of_old_slot, locked, place, reread, told, write
from booking.actions.decline_booking import may_take_back, take_back
from booking.actions.difference import price_of_move, settle_difference
from booking.actions.waiting import Wait, asked, hold_old_slots, keep_together, wait_alone
from booking.held_place import before_move
from booking.offers import OfferOf, ServiceOffer
from booking.rules import moves
from booking.rules.decision import Refused
from booking.rules.policy import Policy
from booking.rules.refund import RefundQuote
from booking.rules.status import CLOSED
from booking.rules.terms import sticky_after_move
from booking.rules.windows import change_decision
from booking.visiting import decisions_alone, visit_of
from booking.slots import Chosen, require_slot
from models.booking_summary import BookingSummary
from models.session import Tx

ANYONE = 0
LONGEST_REASON = 500


@action
def reschedule_booking(tx: Tx, ref: str, *, starts_at: datetime, staff_id: int | None = None, version: int | None = None,
                       price: int | None = None, reason: str = "", block: bool = False, follows: bool = False, wait: Wait | None = None,
                       of_several: bool = False, override: bool = False, notify: bool = True) -> Done:
    """Move to `starts_at`; `staff_id` None keeps the person, ANYONE takes whoever is free (R14).

    Customers stay at the location, inside windows, limits and offered times; merchants do so too unless `override` (A37). A service with
    approval keeps the old slot held until the shop decides; until then choosing it again takes the request back (R17). `price` is the one
    the customer saw for the new time and has to agree to where it is dearer (R26). `reason` is theirs, kept and told to the shop where
    it asks for one (D20b). With `block` all parts of its visit move with it: `wait` says how the visit waits for the shop, and its
    caller keeps the old slots. One that `follows` another starts at any minute of the working hours: the first part answers for step,
    lead time and horizon (R32). One `of_several` is refused at once, so that the others can be tried too. Raises Refused and changes
    nothing otherwise.
    """
    offered = OfferOf(tx, ref)
    b = locked(tx, ref, version)
    as_customer = tx.actor.is_customer
    if b.status in CLOSED:
        raise Refused("closed", state=b.status)
    if as_customer and not block and _takes_back(tx, b, starts_at, staff_id):
        return take_back(tx, b)
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
    if as_customer:
        moves.check_target(policy, original=b.original_starts_at, starts_at=starts_at, zone=chosen.staff.zone, price=b.price,
                           new_price=offer.price * b.seats)
        said = moves.reason_given(policy.move_reason, reason[:LONGEST_REASON])
        values |= {"move_reason": said} | _customer_marks(tx, b) | price_of_move(policy, b, offer.price * b.seats, price)
        wait = wait if block else wait_alone(tx, b, starts_at)
        values |= {} if wait is None else asked(b, wait)
    else:
        said = None
        values |= {"sticky_num": None, "sticky_den": None, "sticky_credit": False} | _decided(tx, b, policy, starts_at)
    if b.status == "pending" and not block:  # the old slot, and times offered instead, which may be the one taken now
        let_go_of_old_slot(tx, b)
    moved = write(tx, b, **values)
    over = settle_difference(tx, b, moved)
    moved = moved if over is None else reread(tx, moved)
    if not block:
        _keep_old_slots(tx, b, moved)
    tx.audit("reschedule_booking", booking_id=b.id, before=told(b), after=told(moved), policy_id=b.policy_id,
             override=override, overlap=chosen.overlap, outside_hours=chosen.outside_hours, waits=moved.status == "pending",
             **({"reason_given": True} if said else {}),
             **({} if over is None else {"quote": over.facts()}))
    _tell(tx, b, moved, notify, over, block, said)
    return Done(moved, over)


def _takes_back(tx: Tx, b: BookingSummary, starts_at: datetime, staff_id: int | None) -> bool:
    """Whether the old time was chosen, with the person of it. As long as the move waits that is neither too late nor one move too many."""
    wanted = b.staff_id if staff_id is None else None if staff_id == ANYONE else staff_id
    return may_take_back(tx, b, starts_at, wanted) and (b.visit_id is None or len(visit_of(tx, b.ref)) == 1)


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
    sticky = sticky_after_move(facts.sticky(b), facts.terms_now(tx, b))
    return {"customer_moves": b.customer_moves + 1, "sticky_credit": sticky is not None and sticky.credit,
            "sticky_num": None if sticky is None else sticky.share.numerator, "sticky_den": None if sticky is None else sticky.share.denominator}


def _decided(tx: Tx, b: BookingSummary, policy: Policy, starts_at: datetime) -> dict[str, Any]:
    """What a move by the shop means for what waited: a move is decided by it (R17), a request waits on for its new time."""
    if b.status != "pending":
        return {}
    if not b.never_approved:
        return {"status": "confirmed", "held": None, "approval_deadline": None}
    return {"approval_deadline": moves.approval_deadline(policy, tx.now, starts_at)} if starts_at > tx.now else {}


def _keep_old_slots(tx: Tx, b: BookingSummary, moved: BookingSummary) -> None:
    """The old slot while it waits. Of a visit of which the shop moves one part, the new place of that part kept the others' old slots too."""
    if moved.status == "pending":
        hold_old_slots(tx, [moved])
    elif b.held is not None and b.visit_id is not None:
        keep_together(tx, b)


def _tell(tx: Tx, b: BookingSummary, moved: BookingSummary, notify: bool, over: RefundQuote | None, block: bool, said: str | None) -> None:
    """What was there before is what everyone knows: of a move that waited its old time, not the one asked for meanwhile."""
    waits, was, words = moved.status == "pending", before_move(tx, b), {"reason": said} if said else {}
    if notify:
        topic = ("request_received" if moved.never_approved else "approval_asked") if waits else "booking_moved"
        notices.tell_customer(tx, topic, moved, old=was, refund=over)
    shop = tx.actor.is_customer or moved.conflict
    if waits:
        if shop and not block:
            notices.tell_merchant(tx, "merchant_approval_needed", moved, old=was, **words)
        return
    heard = notices.tell_merchant(tx, "merchant_booking_moved", moved, old=was, **words) if shop else frozenset()
    notices.tell_staff(tx, "merchant_booking_moved", moved, old=was, told=heard)
