"""The customer takes one of the offered times: the request is confirmed there (R35, R15, A63, A93)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, update

from booking import counter_offers, notices
from booking.actions.action import Done, action
from booking.actions.changing import let_go_of_old_slot, locked, place, reread, told, write
from booking.actions.difference import settle_difference
from booking.actions.tell_several import several, tell_together
from booking.actions.waiting import waiting_with
from booking.held_place import before_move
from booking.offers import find_offer
from booking.rules import counter_offers as rules
from booking.rules.decision import Refused
from booking.rules.refund import RefundQuote
from booking.rules.refunds_together import together
from booking.rules.status import CLOSED, after
from booking.slots import Chosen, require_slot
from booking.staff_locks import lock_staff
from models.booking_summary import BookingSummary
from models.counter_offer import CounterOffer
from models.hold import Hold
from models.session import Tx


@action
def accept_offer(tx: Tx, ref: str, n: int, *, of_round: int | None = None) -> Done:
    """Move to offer `n` and confirm; its siblings are void. It counts as no move, and no fee is taken. A visit moves whole (R32).

    `of_round` is the round the customer saw: the shop may have made another since, and `n` is another time there (R27, I14).
    Without it the newest is meant. Refused: closed, not_found when the round has no such number, stale when it no longer stands,
    slot_taken when somebody has the time by now; the others then stand as before, and nothing has changed.
    """
    b = locked(tx, ref)
    if b.status in CLOSED:
        raise Refused("closed", state=b.status)
    taken = _standing(tx, b, n, of_round)
    theirs = _offered_with(tx, b, taken)
    # The holds of the round give way under the locks of everyone concerned, so that nobody slips in between.
    lock_staff(tx, {person for part, offered in theirs for person in (part.staff_id, offered.staff_id)})
    tx.db.execute(delete(Hold).where(Hold.store_id == tx.store_id, Hold.booking_id.in_([part.id for part, _ in theirs]), Hold.kind == "offer"))
    for part, _ in theirs:
        let_go_of_old_slot(tx, part)
    # Whoever leaves the time another part comes to goes first.
    taken_by = {part.id: _take(tx, part, offered) for part, offered in (reversed(theirs) if taken.starts_at > b.starts_at else theirs)}
    parts, confirmed = [part for part, _ in theirs], [taken_by[part.id][0] for part, _ in theirs]
    over = [quote for _, quote in taken_by.values() if quote is not None]
    before = [before_move(tx, part) for part in parts]
    tell_together(tx, "approval_given", before, confirmed, refund=together(over) if over else None)
    heard = notices.tell_merchant(tx, "merchant_offer_accepted", confirmed[0], old=before[0], **several(before, confirmed))
    for part, was, now in zip(parts, before, confirmed, strict=True):
        # Of a request that waited staff know nothing yet: to them a booking leaves its old time.
        notices.tell_staff(tx, "merchant_offer_accepted" if part.held is None else "merchant_booking_moved", now, old=was, told=heard)
    return Done(taken_by[b.id][0], bookings=tuple(confirmed))


def _standing(tx: Tx, b: BookingSummary, n: int, of_round: int | None) -> counter_offers.Proposed:
    made = counter_offers.history_of(tx, b)
    counter_offers.require_round(b, made, of_round)
    offer = next((o for o in made if o.round == made[0].round and o.n == n), None)
    if offer is None:
        raise Refused("not_found")
    if b.status != "pending" or not rules.stands(offer.state, offer.expires_at, tx.now):
        raise Refused("stale", version=b.version, state=b.status)
    return offer


def _offered_with(tx: Tx, b: BookingSummary, taken: counter_offers.Proposed) -> list[tuple[BookingSummary, counter_offers.Proposed]]:
    """What is taken with it, soonest first: of a visit the same offer of every part that waits (R32)."""
    found = []
    for part in waiting_with(tx, b):
        made = [taken] if part.id == b.id else counter_offers.history_of(tx, part)
        found += [(part, offer) for offer in made if (offer.round, offer.n) == (taken.round, taken.n) and offer.state == "open"]
    return found


def _take(tx: Tx, b: BookingSummary, taken: counter_offers.Proposed) -> tuple[BookingSummary, RefundQuote | None]:
    """(the booking where it was offered to be, what a cheaper time leaves over)"""
    offer = find_offer(tx, b.service_id)
    if offer is None:
        raise Refused("not_allowed", kind="offers")
    chosen = require_slot(tx, offer, taken.starts_at, staff_id=taken.staff_id, seats=b.seats, moving=b, as_customer=False)
    tx.db.execute(update(CounterOffer).where(CounterOffer.store_id == tx.store_id, CounterOffer.id == taken.id).values(
        state="accepted", closed_at=tx.now))
    confirmed = write(tx, b, **_values(b, offer.shape.buffer_before, offer.shape.buffer_after, chosen))
    over = None if b.held is None else settle_difference(tx, b, confirmed)
    confirmed = confirmed if over is None else reread(tx, confirmed)
    tx.audit("accept_offer", booking_id=b.id, before=told(b), after=told(confirmed), policy_id=b.policy_id, round=taken.round, offer=taken.n,
             overlap=chosen.overlap)
    return confirmed, over


def _values(b: BookingSummary, before: int, after_: int, chosen: Chosen) -> dict[str, Any]:
    """The new place. A move that waited had been counted when it was asked for; an accepted offer counts as none (R18)."""
    values = place(chosen.starts_at, chosen.ends_at, chosen.staff.zone) | {
        "staff_id": chosen.staff.id, "location_id": chosen.staff.location_id, "session_id": chosen.session_id,
        "buffer_before_s": before, "buffer_after_s": after_, "overlap_ok": chosen.overlap, "conflict": chosen.overlap,
        "status": after(b.status, "approve"), "never_approved": False, "held": None, "approval_deadline": None}
    return values | ({} if b.held is None else {"customer_moves": b.held["customer_moves"]})
