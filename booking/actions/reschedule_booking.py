"""Move a booking: same booking, same link, one transaction (R10-R18, R26, R29, R33)."""

from __future__ import annotations

from datetime import datetime

from booking import notices
from booking.actions.action import Done, action
from booking.actions.changing import let_go_of_old_slot, reread, told, write
from booking.actions.create_booking import take
from booking.actions.decline_booking import take_back
from booking.actions.difference import settle_difference
from booking.actions.planned_move import ANYONE, LONGEST_REASON, Paid, plan_move
from booking.actions.waiting import Wait, hold_old_slots, keep_together
from booking.held_place import before_move
from booking.rules.decision import Refused
from booking.rules.refund import RefundQuote
from models.booking_summary import BookingSummary
from models.session import Tx

__all__ = ["ANYONE", "LONGEST_REASON", "reschedule_booking"]


@action
def reschedule_booking(tx: Tx, ref: str, *, starts_at: datetime, staff_id: int | None = None, version: int | None = None,
                       price: int | None = None, reason: str = "", block: bool = False, follows: bool = False, wait: Wait | None = None,
                       of_several: bool = False, override: bool = False, notify: bool = True, paid: Paid | None = None) -> Done:
    """Move to `starts_at`; `staff_id` None keeps the person, ANYONE takes whoever is free (R14).

    Customers stay at the location, inside windows, limits and offered times; merchants do so too unless `override` (A37). A service with
    approval keeps the old slot held until the shop decides; until then choosing it again takes the request back (R17). `price` is the one
    the customer saw for the new time and has to agree to where it is dearer (R26). `reason` is theirs, kept and told to the shop where
    it asks for one (D20b). With `block` all parts of its visit move with it: `wait` says how the visit waits for the shop, and its
    caller keeps the old slots. One that `follows` another starts at any minute of the working hours: the first part answers for step,
    lead time and horizon (R32). One `of_several` is refused at once, so that the others can be tried too, and its caller tells the team of
    what stands. What a card has to pay first (`difference.to_collect`) is in `paid`; without it the move is refused: not_allowed with
    `pay`, of several by who moves them together. Raises Refused and changes nothing otherwise.
    """
    plan = plan_move(tx, ref, starts_at=starts_at, staff_id=staff_id, version=version, price=price, reason=reason, block=block, follows=follows,
                     wait=wait, of_several=of_several, override=override, paid=paid)
    if plan is None:
        return take_back(tx, tx.subject)
    b, chosen = plan.booking, plan.chosen
    if plan.collect and paid is None:
        raise Refused("not_allowed", kind="reschedule", pay=plan.collect, currency=b.currency)
    if b.status == "pending" and not block:  # the old slot, and times offered instead, which may be the one taken now
        let_go_of_old_slot(tx, b)
    moved = write(tx, b, **plan.values)
    collected = {} if paid is None or not paid.amount else {"collected": paid.amount}
    if collected:  # after the move: what one that waits goes back to is what it was before
        take(tx, moved, [{"amount": paid.amount, "method": "card", "provider_ref": paid.reference, "shared": paid.shared}])
        moved = reread(tx, moved)
    over = settle_difference(tx, b, moved)
    moved = moved if over is None else reread(tx, moved)
    if not block:
        _keep_old_slots(tx, b, moved)
    tx.audit("reschedule_booking", booking_id=b.id, before=told(b), after=told(moved), policy_id=b.policy_id,
             override=override, overlap=chosen.overlap, outside_hours=chosen.outside_hours, waits=moved.status == "pending",
             **({"reason_given": True} if plan.reason else {}), **({} if over is None else {"quote": over.facts()}),
             **({"paid": paid.amount} if collected else {}))
    _tell(tx, b, moved, notify, over, block, of_several, plan.reason, collected)
    return Done(moved, over)


def _keep_old_slots(tx: Tx, b: BookingSummary, moved: BookingSummary) -> None:
    """The old slot while it waits. Of a visit of which the shop moves one part, the new place of that part kept the others' old slots too."""
    if moved.status == "pending":
        hold_old_slots(tx, [moved])
    elif b.held is not None and b.visit_id is not None:
        keep_together(tx, b)


def _tell(tx: Tx, b: BookingSummary, moved: BookingSummary, notify: bool, over: RefundQuote | None, block: bool, of_several: bool, said: str | None,
          paid: dict[str, int]) -> None:
    """What was there before is what everyone knows: of a move that waited its old time, not the one asked for meanwhile."""
    waits, was, words = moved.status == "pending", before_move(tx, b), {"reason": said} if said else {}
    if notify:
        topic = ("request_received" if moved.never_approved else "approval_asked") if waits else "booking_moved"
        notices.tell_customer(tx, topic, moved, old=was, refund=over, **paid)
    shop = tx.actor.is_customer or moved.conflict
    if waits:
        if shop and not block:
            notices.tell_merchant(tx, "merchant_approval_needed", moved, old=was, **words, **paid)
        return
    if of_several:
        return
    heard = notices.tell_merchant(tx, "merchant_booking_moved", moved, old=was, **words, **paid) if shop else frozenset()
    notices.tell_staff(tx, "merchant_booking_moved", moved, old=was, told=heard)
