"""Move several bookings of a series by the same shift of wall time; what does not fit is told before anything moves (R31)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, NoReturn, TypeVar

from booking import facts
from booking.actions.action import Done, action
from booking.actions.cancel_series import Stay, scoped, series_of
from booking.actions.changing import let_go_of_old_slot
from booking.actions.difference import to_collect
from booking.actions.kept_time import free_kept
from booking.actions.planned_move import Paid
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.actions.tell_several import lines, tell_once, tell_team_once
from booking.actions.waiting import Wait, hold_old_slots
from booking.held_place import before_move, kept_start
from booking.offers import ServiceOffer, find_offer
from booking.rules import moves
from booking.rules.decision import Decision, Refused
from booking.rules.series import Occurrence, shifted
from booking.rules.wall_time import local_date
from booking.rules.windows import change_decision
from booking.slots import free_days
from booking.staff_locks import lock_staff
from models.booking_summary import BookingSummary
from models.session import Tx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Target:
    """A booking and where it would go, at which price. `problem` is the refusal code when it does not fit; no `starts_at` when
    clocks skip it."""

    booking: BookingSummary
    starts_at: datetime | None
    problem: str | None = None
    price: int = 0


class PaidTogether(NamedTuple):
    """The differences a customer has paid for bookings that move together, in one payment: `shares` of it by ref, 0 for one that costs no
    more; none for one that goes back to the time it had."""

    shares: Mapping[str, int]
    reference: str
    kept: bool

    @property
    def amount(self) -> int:
        return sum(self.shares.values())

    def part(self, ref: str) -> Paid | None:
        return Paid(self.shares[ref], self.reference, self.kept, shared=True) if ref in self.shares else None


@dataclass(frozen=True, slots=True)
class MovePreview:
    """What a move of several bookings would do, soonest first: those that fit, those that do not, those that stay."""

    ref: str
    scope: str
    fits: tuple[Target, ...]
    misfits: tuple[Target, ...]
    stays: tuple[Stay, ...]


def preview_reschedule_series(tx: Tx, ref: str, scope: str, starts_at: datetime, *, staff_id: int | None = None) -> MovePreview:
    """Where the bookings of the scope go when `ref` moves to `starts_at`, by the times customers are offered. Reads only."""
    rows = series_of(tx, ref)
    targets, stays = _targets(tx, rows, ref, scope, starts_at, override=False)
    offers = {b.service_id: find_offer(tx, b.service_id) for b in rows}
    checked = [_checked(tx, target, offers[target.booking.service_id], targets, staff_id) for target in targets]
    return MovePreview(ref, scope, tuple(t for t in checked if not t.problem), tuple(t for t in checked if t.problem), tuple(stays))


@action
def reschedule_series(tx: Tx, ref: str, *, scope: str, starts_at: datetime, staff_id: int | None = None,
                      expect: Collection[str] | None = None, without: Collection[str] = (), price: int | None = None, reason: str = "",
                      version: int | None = None, override: bool = False, notify: bool = True, paid: PaidTogether | None = None) -> Done:
    """Move all bookings of the scope that may move, or none: Refused slot_taken lists under `dates` each that does not fit.

    `expect` are the refs the customer saw moving; if others would move now: stale. `without` are refs left where they are.
    `price` is what the customer saw for all of them together, and `paid` what a card paid for it first (R26). Dates inside the customers'
    window stay, unless the shop overrides. One mail to the customer for all of it.
    """
    this, targets, stays = dates_to_move(tx, ref, scope=scope, starts_at=starts_at, expect=expect, without=without, version=version,
                                         override=override)
    before = [target.booking for target in targets]
    after = move_all(tx, targets, staff_id=staff_id, price=price, reason=reason, override=override, paid=paid)
    tx.audit("reschedule_series", subject="series", subject_id=this.series_id, scope=scope, bookings=[b.id for b in after],
             stays=[stay.booking.id for stay in stays])
    if notify:
        tell_moved(tx, before, after, stays=[stay.booking for stay in stays], paid=paid)
    tell_team_moved(tx, before, after, paid)
    return Done(next((b for b in after if b.ref == ref), after[0]), bookings=tuple(after))


def dates_to_move(tx: Tx, ref: str, *, scope: str, starts_at: datetime, expect: Collection[str] | None, without: Collection[str],
                  version: int | None, override: bool = False) -> tuple[BookingSummary, list[Target], list[Stay]]:
    """The booking meant, the dates that move with it and those that stay, all of them locked. Refused where they are not as the customer
    saw them, or none may move."""
    rows = series_of(tx, ref, locking=True)
    tx.subject = this = next(b for b in rows if b.ref == ref)
    if version is not None and version != this.version:
        raise Refused("stale", version=this.version, state=this.status)
    targets, stays = _targets(tx, rows, ref, scope, starts_at, override=override)
    targets = [target for target in targets if target.booking.ref not in without]
    if expect is not None and {target.booking.ref for target in targets} != set(expect):
        raise Refused("stale", version=this.version, state=this.status)
    if not targets:
        (stays[0].decision if stays else Decision(False, "no_change", facts={"kind": "dates"})).require()
    return this, targets, stays


def move_all(tx: Tx, targets: Sequence[Target], *, staff_id: int | None = None, price: int | None = None, reason: str = "",
             block: bool = False, wait: Wait | None = None, override: bool = False, paid: PaidTogether | None = None) -> list[BookingSummary]:
    """Move locked bookings, each into time that is free or that one of them has just left. All or Refused with every misfit.

    `price` is the sum the customer agreed to; of a `block` only the first part stands on an offered time, and `wait` says how
    all of it waits for the shop (R32). What a card has to pay first for all of them is in `paid`, as for a single booking (R26).
    """
    prices = make_way(tx, targets, staff_id=staff_id, price=price, reason=reason)
    for target in targets:  # a part may come to where another one is still held
        if block and target.booking.held is not None:
            let_go_of_old_slot(tx, target.booking)

    def move(target: Target, starts_at: datetime) -> BookingSummary:
        ref, follows = target.booking.ref, target is not targets[0] and (block or tx.actor.is_merchant)
        return reschedule_booking.within(
            tx, ref, starts_at=starts_at, staff_id=staff_id, price=prices.get(ref), reason=reason, block=block, follows=follows, wait=wait,
            of_several=True, override=override, notify=False, paid=paid and paid.part(ref)).booking

    later = any(t.starts_at is not None and t.starts_at > t.booking.starts_at for t in targets)
    done = each(list(reversed(targets)) if later else targets, move)
    after = [done[target.booking.ref] for target in targets]
    if tx.actor.is_customer and paid is None:
        moved = [(t.booking, b) for t, b in zip(targets, after, strict=True) if not _taken_back(tx, t.booking, b)]
        pay = sum(to_collect(tx, [b for b, _ in moved], [b.price for _, b in moved]))
        if pay:
            raise Refused("not_allowed", kind="reschedule", pay=pay, currency=after[0].currency)
    if wait is not None:
        hold_old_slots(tx, after)
    return after


def make_way(tx: Tx, targets: Sequence[Target], *, staff_id: int | None, price: int | None, reason: str) -> dict[str, int]:
    """What comes before several move: the reason and the price of all of them, then everyone's locks, and nothing kept for another move of
    theirs. By ref the price each will have."""
    if tx.actor.is_customer:
        moves.reason_given(moves.asks_reason(facts.effective_policy(target.booking) for target in targets), reason)
    prices = _agreed(tx, targets, price)
    bookings = [target.booking for target in targets]
    staff = {b.staff_id for b in bookings} | {b.held["staff_id"] for b in bookings if b.held is not None} | (
        {staff_id} if staff_id not in (None, ANYONE) else set())
    lock_staff(tx, staff)
    free_kept(tx, bookings, staff)
    return prices


def each(targets: Sequence[Target], do: Callable[[Target, datetime], T]) -> dict[str, T]:
    """What `do` makes of each, by ref. Refused where one does not fit: one booking with its own refusal, several with every date that does
    not, and why."""
    made: dict[str, T] = {}
    misfits: list[tuple[Target, Refused]] = []
    for target in targets:
        try:
            if target.starts_at is None:
                raise Refused("outside_hours")
            made[target.booking.ref] = do(target, target.starts_at)
        except Refused as refused:
            misfits.append((target, refused))
    if misfits:
        _refuse(misfits, of=len(targets))
    return made


def _refuse(misfits: Sequence[tuple[Target, Refused]], *, of: int) -> NoReturn:
    if of == 1:
        raise misfits[0][1]
    code = "slot_taken" if any(refused.code == "slot_taken" for _, refused in misfits) else misfits[0][1].code
    ordered = sorted(misfits, key=lambda misfit: misfit[0].booking.starts_at)
    raise Refused(code, dates=[{"ref": t.booking.ref, "starts_at": t.starts_at, "code": refused.code} for t, refused in ordered])


def price_there(b: BookingSummary, offer: ServiceOffer | None) -> int:
    """The price of a booking after its customer has moved it (R26)."""
    return b.price if offer is None else moves.price_after(facts.effective_policy(b), b.price, offer.price * b.seats)


def _agreed(tx: Tx, targets: Sequence[Target], price: int | None) -> dict[str, int]:
    """By ref the price each booking will have, where the customer has agreed to their sum; quote_changed otherwise (R27)."""
    if not tx.actor.is_customer:
        return {}
    offers = {service: find_offer(tx, service) for service in {target.booking.service_id for target in targets}}
    prices = {target.booking.ref: price_there(target.booking, offers[target.booking.service_id]) for target in targets}
    dearer = any(prices[target.booking.ref] > target.booking.price for target in targets)
    if price != sum(prices.values()) and (dearer or price is not None):
        raise Refused("quote_changed", kind="price", price=sum(prices.values()), currency=targets[0].booking.currency)
    return prices


def tell_moved(tx: Tx, before: Sequence[BookingSummary], after: Sequence[BookingSummary], *, stays: Sequence[BookingSummary] = (),
               paid: PaidTogether | None = None) -> None:
    """One message: of what has moved, and beside it of what waits for the shop, which is in no calendar yet (R31, R40)."""
    pairs = [(was, now) for was, now in zip(before, after, strict=True) if not _taken_back(tx, was, now)]
    if not pairs:
        return
    waits = [pair for pair in pairs if pair[1].status == "pending"]
    moved = [pair for pair in pairs if pair[1].status != "pending"]
    money = collected(paid, after)
    money |= {"left_due": sum(now.due for _, now in pairs)} if money else {}
    if not moved:
        topic = "request_received" if waits[0][1].never_approved else "approval_asked"
        tell_once(tx, topic, *zip(*waits, strict=True), stays=stays, **money)
        return
    tell_once(tx, "booking_moved", *zip(*moved, strict=True), stays=stays, **money, **({} if not waits else {
        "waits": lines(*zip(*waits, strict=True)), "waits_kept": all(kept_start(b) is not None for _, b in waits)}))


def tell_team_moved(tx: Tx, before: Sequence[BookingSummary], after: Sequence[BookingSummary], paid: PaidTogether | None) -> None:
    """The team hears once of what has moved; of what waits the shop is asked (R40)."""
    pairs = [(before_move(tx, b), now) for b, now in zip(before, after, strict=True) if now.status != "pending" and not _taken_back(tx, b, now)]
    if pairs:
        was, moved = zip(*pairs, strict=True)
        tell_team_once(tx, "merchant_booking_moved", was, moved, shop=tx.actor.is_customer or any(b.conflict for b in moved),
                       **said_why(tx, moved), **collected(paid, moved))


def collected(paid: PaidTogether | None, moved: Sequence[BookingSummary]) -> dict[str, int]:
    """What a message of these says a card has paid for them."""
    amount = 0 if paid is None else sum(paid.shares.get(b.ref, 0) for b in moved)
    return {"collected": amount} if amount else {}


def _taken_back(tx: Tx, was: BookingSummary, now: BookingSummary) -> bool:
    """Whether the customer chose the old time again: `end_request` has told of that (R17)."""
    return tx.actor.is_customer and was.held is not None and now.status != "pending"


def said_why(tx: Tx, moved: Sequence[BookingSummary]) -> dict[str, str]:
    """Why the customer moves them, where they were asked (D20b)."""
    said = next((b.move_reason for b in moved if b.move_reason), None) if tx.actor.is_customer else None
    return {"reason": said} if said else {}


def _targets(tx: Tx, rows: Sequence[BookingSummary], ref: str, scope: str, starts_at: datetime, *,
             override: bool) -> tuple[list[Target], list[Stay]]:
    this = next(b for b in rows if b.ref == ref)
    targets, stays = [], []
    for b in scoped(rows, ref, scope, tx):
        decision = change_decision("reschedule", facts.change_facts(b), tx.now)
        if not decision.allowed and not (override and b.holding):
            stays.append(Stay(b, decision))
        elif b.ref == ref:
            # What was asked for, to the instant: of a repeated hour the one that was chosen.
            targets.append(Target(b, starts_at))
        else:
            targets.append(Target(b, shifted(Occurrence(b.ref, b.starts_at, b.zone), this.starts_at, starts_at)))
    return targets, stays


def _checked(tx: Tx, target: Target, offer: ServiceOffer | None, targets: Sequence[Target], staff_id: int | None) -> Target:
    """The target with its problem, if it has one. Time that another booking of the move leaves counts as free."""
    b, start = target.booking, target.starts_at
    if start is None or offer is None:
        return Target(b, start, "outside_hours")
    offer = offer.at(b.location_id)
    policy = facts.effective_policy(b)
    if staff_id not in (None, b.staff_id) and not policy.change_staff:
        return Target(b, start, "not_allowed")
    wanted = b.staff_id if staff_id is None else None if staff_id == ANYONE else staff_id
    end = start + (b.ends_at - b.starts_at)
    leaving = next((t.booking for t in targets if t.booking.starts_at < end and start < t.booking.ends_at and t.booking.ref != b.ref
                    and _leaves_at_once(t.booking, tx.now)), b)
    day, around = local_date(start, offer.zone), timedelta(days=1)
    free = free_days(tx, offer, day - around, day + around, staff_id=wanted, seats=b.seats, moving=leaving)
    if not any(slot.starts_at == start for _, slots in free.days for slot in slots):
        return Target(b, start, "slot_taken")
    try:
        moves.check_target(policy, original=b.original_starts_at, starts_at=start, zone=b.zone, price=b.price,
                           new_price=offer.price * b.seats)
    except Refused as refused:
        return Target(b, start, refused.code)
    return replace(target, price=price_there(b, offer))


def _leaves_at_once(b: BookingSummary, now: datetime) -> bool:
    """Whether a customer's move frees the old time, or the shop has to say yes first (R17)."""
    policy = facts.effective_policy(b)
    return b.status != "confirmed" or policy.release_old_slot_at_once or not moves.needs_approval(
        policy, first=False, starts_at=b.starts_at, zone=b.zone, now=now)
