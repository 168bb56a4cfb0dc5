"""A move before it is made: whether it may be, where to, at which price, and what is paid first (R10-R18, R26, R29, R33)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from booking import facts
from booking.actions.changing import locked, place
from booking.actions.decline_booking import may_take_back
from booking.actions.difference import open_difference, price_of_move, to_collect
from booking.actions.kept_time import free_kept
from booking.actions.waiting import Wait, asked, wait_alone
from booking.offers import OfferOf, ServiceOffer
from booking.rules import moves
from booking.rules.decision import Refused
from booking.rules.policy import Policy
from booking.rules.status import CLOSED
from booking.rules.terms import sticky_after_move
from booking.rules.windows import change_decision
from booking.slots import Chosen, require_slot
from booking.visiting import decisions_alone, visit_of
from models.booking_summary import BookingSummary
from models.session import Tx

ANYONE = 0
LONGEST_REASON = 500


class Paid(NamedTuple):
    """The difference a customer has paid for a move: `reference` is the provider's, `kept` whether the time is still kept for it.
    `shared`: others have moved with it, and the amount is its part of their payment, 0 where it costs no more."""

    amount: int
    reference: str
    kept: bool
    shared: bool = False


class Planned(NamedTuple):
    """A move that may be made: the place and the columns it gets, the reason that is kept, and what the customer pays by card first.
    Locks are taken."""

    booking: BookingSummary
    offer: ServiceOffer
    chosen: Chosen
    values: dict[str, Any]
    reason: str | None
    collect: int


def plan_move(tx: Tx, ref: str, *, starts_at: datetime, staff_id: int | None = None, version: int | None = None, price: int | None = None,
              reason: str = "", block: bool = False, follows: bool = False, wait: Wait | None = None, of_several: bool = False,
              override: bool = False, paid: Paid | None = None, own: Sequence[int] = ()) -> Planned | None:
    """The arguments are those of `reschedule_booking`; what `own` names counts as free, for it moves too. None where a request that waits
    is taken back by it (R17)."""
    offered = OfferOf(tx, ref)
    b = locked(tx, ref, version)
    as_customer = tx.actor.is_customer
    if b.status in CLOSED:
        raise Refused("closed", state=b.status)
    if as_customer and not block and paid is None and _takes_back(tx, b, starts_at, staff_id):
        return None
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
    if paid is not None or policy.price_difference == "difference":
        free_kept(tx, [b], (person.id for person in offer.only(wanted)))
    # Lead time and step were looked at when the time was kept, as for a deposit.
    kept = paid is not None and paid.kept and offer.active
    chosen = require_slot(tx, offer, starts_at, staff_id=wanted, seats=b.seats, moving=b,
                          as_customer=as_customer and not follows and not kept,
                          offered=tx.actor.is_merchant and not (override or follows) or None,
                          override=override and not as_customer, at_once=of_several, own=own)
    values, said, collect = _moved(tx, b, offer, chosen), None, 0
    if as_customer:
        moves.check_target(policy, original=b.original_starts_at, starts_at=starts_at, zone=chosen.staff.zone, price=b.price,
                           new_price=offer.price * b.seats)
        said = moves.reason_given(policy.move_reason, reason[:LONGEST_REASON])
        values |= {"move_reason": said} | _customer_marks(tx, b) | price_of_move(policy, b, offer.price * b.seats, price)
        if paid is not None:
            collect = open_difference(b, values["price"])
        elif not (block or of_several):  # of several it is said together
            [collect] = to_collect(tx, [b], [values["price"]])
        wait = wait if block else wait_alone(tx, b, starts_at)
        values |= {} if wait is None else asked(b, wait)
    else:
        values |= {"sticky_num": None, "sticky_den": None, "sticky_credit": False} | _decided(tx, b, policy, starts_at)
    if paid is not None and collect != paid.amount:
        raise Refused("quote_changed", kind="price", price=values["price"], currency=b.currency)
    return Planned(b, offer, chosen, values, said, collect)


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
    return {"customer_moves": b.customer_moves + 1} | facts.sticky_marks(sticky_after_move(facts.sticky(b), facts.terms_now(tx, b)))


def _decided(tx: Tx, b: BookingSummary, policy: Policy, starts_at: datetime) -> dict[str, Any]:
    """What a move by the shop means for what waited: a move is decided by it (R17), a request waits on for its new time."""
    if b.status != "pending":
        return {}
    if not b.never_approved:
        return {"status": "confirmed", "held": None, "approval_deadline": None}
    return {"approval_deadline": moves.approval_deadline(policy, tx.now, starts_at)} if starts_at > tx.now else {}
