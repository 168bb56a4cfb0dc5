"""Taking what is held for someone who waits, or leaving it to the next in line (R34, R15, D27)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from booking import notices, waitlist
from booking.actions.action import Done, action
from booking.actions.changing import locked, place, told, write
from booking.actions.create_booking import create_booking
from booking.actions.leave_waitlist import let_go, withdraw
from booking.deposits import taken_online
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.slots import require_slot
from booking.staff_locks import lock_staff
from models.booking import Booking
from models.booking_summary import BookingSummary
from models.session import Tx
from models.waitlist_entry import WaitlistEntry
from models.waitlist_offer import WaitlistOffer


@action
def claim_earlier_slot(tx: Tx, entry_id: int, offer_id: int) -> Done:
    """Move the booking to the time held for it, or book the seat, or the time of a request that was turned down. The waiting ends here
    and does not come back (D27).

    An earlier time is no move of the customer: the count, the price and the refund share stay, no fee is taken. Refused
    not_found, stale when it is held no longer, or what a new look at the time finds (R15); nothing has changed then.
    """
    entry, offer = found_offer(tx, entry_id, offer_id)
    if entry.kind != "earlier":
        return Done(_book(tx, entry, offer))
    b = locked(tx, _ref_of(tx, entry))
    service = find_offer(tx, b.service_id)
    if service is None:
        raise Refused("not_allowed", kind="waitlist")
    service = service.at(b.location_id)
    if not service.only(offer.staff_id):
        raise Refused("slot_taken")  # whoever it was held with has left, or works elsewhere now
    lock_staff(tx, {offer.staff_id, b.staff_id})
    _take(tx, entry, offer)
    chosen = require_slot(tx, service, offer.starts_at, staff_id=offer.staff_id, seats=b.seats, moving=b)
    moved = write(tx, b, **place(chosen.starts_at, chosen.ends_at, chosen.staff.zone), staff_id=chosen.staff.id,
                  location_id=chosen.staff.location_id, session_id=chosen.session_id, buffer_before_s=service.shape.buffer_before,
                  buffer_after_s=service.shape.buffer_after, overlap_ok=chosen.overlap, conflict=chosen.overlap)
    tx.audit("claim_earlier_slot", booking_id=b.id, before=told(b), after=told(moved), policy_id=b.policy_id, entry=entry.id, offer=offer.id)
    notices.tell_customer(tx, "booking_moved", moved, old=b)
    heard = notices.tell_merchant(tx, "merchant_booking_moved", moved, old=b)
    notices.tell_staff(tx, "merchant_booking_moved", moved, old=b, told=heard)
    return Done(moved)


@action
def refuse_earlier_slot(tx: Tx, entry_id: int, offer_id: int) -> Done:
    """No, thanks: the next in line is asked, and the waiting for an earlier time goes on; that for one certain time, or a place on one
    date, is over with it, since neither is offered twice. Refused not_found, or stale when it was over already."""
    entry, offer = found_offer(tx, entry_id, offer_id)
    _close(tx, offer, "refused")
    let_go(tx, [offer.id])
    tx.audit("refuse_earlier_slot", subject="waitlist", subject_id=entry.id, offer=offer.id,
             booking_id=entry.booking_id if entry.kind == "earlier" else None)
    if entry.kind != "earlier":
        withdraw(tx, entry)
    return Done()


def claim_seat(tx: Tx, entry_id: int, offer_id: int, payments: Sequence[dict[str, Any]]) -> BookingSummary:
    """Book the place, or the time, whose deposit has been paid; Refused as `claim_earlier_slot`."""
    return _book(tx, *found_offer(tx, entry_id, offer_id), payments)


def found_offer(tx: Tx, entry_id: int, offer_id: int) -> tuple[waitlist.Entry, waitlist.Held]:
    """An entry and what was offered to it; Refused not_found."""
    entry = waitlist.find_entry(tx, entry_id)
    offer = next((held for held in waitlist.offers_of(tx, entry_id) if held.id == offer_id), None)
    if entry is None or offer is None:
        raise Refused("not_found")
    return entry, offer


def _ref_of(tx: Tx, entry: waitlist.Entry) -> str:
    return tx.db.execute(select(Booking.ref).where(Booking.store_id == tx.store_id, Booking.id == entry.booking_id)).scalar_one()


def _take(tx: Tx, entry: waitlist.Entry, offer: waitlist.Held) -> None:
    """The offer and the waiting end, once; the hold gives way under the locks the caller has taken."""
    _close(tx, offer, "accepted")
    if tx.db.execute(update(WaitlistEntry).where(
            WaitlistEntry.store_id == tx.store_id, WaitlistEntry.id == entry.id, WaitlistEntry.state == "waiting",
    ).values(state="taken", ended_at=tx.now)).rowcount != 1:
        raise Refused("stale", state=entry.state)
    let_go(tx, [offer.id])


def _close(tx: Tx, offer: waitlist.Held, state: str) -> None:
    """Compare-and-set: an offer ends once, and past its time it cannot be taken any more (I14)."""
    if tx.db.execute(update(WaitlistOffer).where(
            WaitlistOffer.store_id == tx.store_id, WaitlistOffer.id == offer.id, WaitlistOffer.state == "open",
            WaitlistOffer.expires_at > tx.now).values(state=state, closed_at=tx.now)).rowcount != 1:
        raise Refused("stale", state=offer.state)


def _book(tx: Tx, entry: waitlist.Entry, offer: waitlist.Held, payments: Sequence[dict[str, Any]] = ()) -> BookingSummary:
    """A booking of the seats or the time held, by the customer's own rules (price, deposit, approval, messages). Refused not_allowed
    while a deposit is due that was not paid (A156)."""
    service, request = find_offer(tx, entry.service_id), waitlist.request_of(tx, entry)
    if service is not None and not payments and taken_online(tx, service, entry.seats):
        raise Refused("not_allowed", kind="deposit")
    if service is not None and request is not None and not service.at(request.location_id).only(offer.staff_id):
        raise Refused("slot_taken")  # whoever it was held with has left, or works elsewhere now
    lock_staff(tx, [offer.staff_id])
    _take(tx, entry, offer)
    said = {} if request is None else {"notes": request.notes, "delivery_address": request.delivery_address or None}
    made: BookingSummary = create_booking.within(
        tx, service_id=entry.service_id, starts_at=offer.starts_at, staff_id=offer.staff_id, seats=entry.seats,
        customer_id=entry.customer_id, payments=payments, **said).booking
    tx.db.execute(update(WaitlistEntry).where(WaitlistEntry.store_id == tx.store_id, WaitlistEntry.id == entry.id).values(booking_id=made.id))
    tx.audit("claim_seat" if request is None else "claim_time_again", booking_id=made.id, entry=entry.id, offer=offer.id)
    return made
