"""When a whole visit fits: every part with its own person, at its own distance from the first (R32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from booking import facts
from booking.offers import ServiceOffer, find_offer
from booking.rules import moves
from booking.rules.wall_time import local_date
from booking.slots import Slot, SlotDays, free_at, free_days
from booking.visiting import places_of
from models.booking_summary import BookingSummary
from models.session import Tx


def visit_days(tx: Tx, parts: Sequence[BookingSummary], first: date, last: date) -> SlotDays:
    """Starts of the visit on the local days `first` to `last`: the first part at an offered time, the others right behind it.

    The visit's own time counts as free, and the one it may go back to. `parts` are the open ones, soonest first; the slots end when the
    last part does. Every part stays at its location (R14) and within its days (R18).
    """
    head, own = parts[0], places_of(tx, parts)
    offer = _offer(tx, head)
    if offer is None:
        return SlotDays(head.zone, ())
    found = free_days(tx, offer, first, last, staff_id=head.staff_id, seats=head.seats, moving=head, own=own)
    fits = {slot.starts_at for _, slots in found.days for slot in slots if _in_reach(head, slot.starts_at)} - {head.starts_at}
    for b in parts[1:]:
        shift = b.starts_at - head.starts_at
        offer = _offer(tx, b)
        free = free_at(tx, offer, b.staff_id, [start + shift for start in fits], own) if offer else set()
        fits = {start for start in fits if start + shift in free and _in_reach(b, start + shift)}
    length = max(b.ends_at for b in parts) - head.starts_at
    days = ((day, tuple(Slot(slot.starts_at, slot.starts_at + length, slot.staff) for slot in slots if slot.starts_at in fits))
            for day, slots in found.days)
    return SlotDays(found.zone, tuple((day, slots) for day, slots in days if slots))


def _offer(tx: Tx, b: BookingSummary) -> ServiceOffer | None:
    offer = find_offer(tx, b.service_id)
    return None if offer is None else offer.at(b.location_id)


def _in_reach(b: BookingSummary, starts_at: datetime) -> bool:
    last = moves.last_day(facts.effective_policy(b), b.original_starts_at, b.zone)
    return last is None or local_date(starts_at, b.zone) <= last
