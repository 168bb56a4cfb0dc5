"""A move of several bookings before it is made: each with its new place, all of them or none (R26, R31, R32)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from booking import facts
from booking.actions.decline_booking import may_take_back
from booking.actions.planned_move import Planned, plan_move
from booking.actions.reschedule_series import Target, dates_to_move, each, make_way
from booking.actions.visits import WHOLE, parts_to_change
from booking.actions.waiting import wait_together
from booking.rules.decision import Refused
from booking.rules.windows import deadline
from booking.visiting import places_of, visit_decision
from models.booking_summary import BookingSummary
from models.session import Tx


class MoveTogether(NamedTuple):
    """What a customer chose for several: `scope` visit, following or all; the rest as for `reschedule_visit` and `reschedule_series`."""

    scope: str
    starts_at: datetime
    staff_id: int | None = None
    expect: Collection[str] | None = None
    without: Collection[str] = ()


class PlannedTogether(NamedTuple):
    """Bookings that may move together. `this` is the one it was asked at, usually one of them; `moves` are those with a new place, `back`
    those that go back to the time they had. `own` is what busy time knows all of them by, `until` the last moment the move may be made.
    Locks are taken."""

    this: BookingSummary
    moves: tuple[Planned, ...]
    back: tuple[BookingSummary, ...]
    own: tuple[int, ...]
    until: datetime


def plan_together(tx: Tx, ref: str, chosen: MoveTogether, *, version: int, price: int, reason: str) -> PlannedTogether:
    """Refused like the move itself."""
    if chosen.scope == WHOLE:
        parts = parts_to_change(tx, ref, version)
        shift, head = chosen.starts_at - parts[0].starts_at, parts[0].starts_at
        if all(may_take_back(tx, b, b.starts_at + shift, None) for b in parts):
            raise Refused("quote_changed", kind="price", price=sum(b.price for b in parts), currency=parts[0].currency)
        visit_decision("reschedule", parts, tx.now).require()
        this, targets = next(b for b in parts if b.ref == ref), [Target(b, b.starts_at + shift) for b in parts]
        until = min([chosen.starts_at, head, *(deadline("reschedule", facts.change_facts(b)._replace(starts_at=head)) for b in parts)])
        wait = wait_together(tx, parts, chosen.starts_at)
    else:
        this, targets, _ = dates_to_move(tx, ref, scope=chosen.scope, starts_at=chosen.starts_at, expect=chosen.expect, without=chosen.without,
                                      version=version)
        until = min(min(deadline("reschedule", facts.change_facts(t.booking)), t.booking.starts_at, t.starts_at or chosen.starts_at) for t in targets)
        wait = None
    prices = make_way(tx, targets, staff_id=chosen.staff_id, price=price, reason=reason)
    own = places_of(tx, [target.booking for target in targets])
    block = chosen.scope == WHOLE

    def plan(target: Target, starts_at: datetime) -> Planned | None:
        ref = target.booking.ref
        return plan_move(tx, ref, starts_at=starts_at, staff_id=chosen.staff_id, price=prices[ref], reason=reason, block=block,
                         follows=block and target is not targets[0], wait=wait, of_several=True, own=own)

    plans = each(targets, plan)
    planned = tuple(one for one in plans.values() if one is not None)
    back = tuple(target.booking for target in targets if plans[target.booking.ref] is None)
    until = min([until, *(one.values.get("approval_deadline") or until for one in planned)])
    return PlannedTogether(this, planned, back, tuple(own), until)
