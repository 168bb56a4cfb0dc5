"""Where a customer may move a booking: with whom, until which day, and when that is free. The page, its summary and the API ask here,
so that each shows what the move itself takes (I10, R14, R18, R26)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from booking import facts
from booking.held_place import kept_while_paid
from booking.offers import ServiceOffer, StaffOffer, find_offer
from booking.rules import moves
from booking.rules.decision import Refused
from booking.rules.policy import Policy
from booking.rules.wall_time import local_date
from booking.slots import Slot, SlotDays, free_days, quietest
from booking.visit_times import visit_days
from models.booking_summary import BookingSummary
from models.session import Tx


OTHER_PRICE: tuple[str, dict[str, Any]] = ("not_allowed", {"kind": "reschedule", "price": None})
"""Why there is no time to move to where all have another price."""


@dataclass(frozen=True, slots=True)
class MoveTimes:
    """Times for `parts`: one booking, or a visit that moves as a whole, soonest first (R32). The offer has those who give the service
    where the booking is, and nobody else.

    `left`: its own person is not among them. `may_choose`: the customer can take someone else. `until`: the last day, None without one.
    `other_price`: one of them may move to times of the same price only, and there are none (R26).
    """

    parts: tuple[BookingSummary, ...]
    policy: Policy
    offer: ServiceOffer
    left: bool
    may_choose: bool
    until: date | None
    other_price: bool

    @property
    def own(self) -> int:
        return self.parts[0].staff_id

    @property
    def new_price(self) -> int:
        """What the first part would cost if it were booked now."""
        return self.offer.price * self.parts[0].seats

    def days(self, tx: Tx, staff_id: int | None, first: date, last: date) -> SlotDays:
        """Free times on these local days with that person, or with anyone (None); of a visit each part keeps its own. None of another
        price where only the same may be taken."""
        head = self.parts[0]
        if self.other_price:
            return SlotDays(self.offer.zone, ())
        last = last if self.until is None else min(last, self.until)
        if len(self.parts) > 1:
            return visit_days(tx, self.parts, first, last)
        own = kept_while_paid(tx, head) if self.policy.price_difference == "difference" else ()
        return free_days(tx, self.offer, first, last, staff_id=staff_id, seats=head.seats, moving=head, own=own)

    def require_price(self) -> None:
        """Refused not_allowed where every time has another price than may be taken."""
        if self.other_price:
            raise Refused(OTHER_PRICE[0], **OTHER_PRICE[1])

    def at(self, tx: Tx, staff_id: int | None, starts_at: datetime) -> Slot:
        """The time that starts then; Refused with what stands against it."""
        head = self.parts[0]
        day = local_date(starts_at, head.zone)
        moves.check_target(self.policy, original=head.original_starts_at, starts_at=starts_at, zone=head.zone, price=head.price,
                           new_price=self.new_price)
        slots = [slot for slot in self.days(tx, staff_id, day, day).on(day) if slot.starts_at == starts_at]
        if not slots:
            raise Refused("slot_taken")
        return min(slots, key=lambda slot: self.own not in slot.staff)  # of two classes at once the same person's

    def person(self, tx: Tx, slot: Slot, named: int | None = None) -> StaffOffer:
        """Whom the summary names at this time, and the form holds to (A138): who was `named` before, the booking's own person, or else
        the one with the quietest day."""
        people = tuple(person for person in self.offer.staff if person.id in slot.staff)
        for wanted in (named, self.own):
            if found := next((person for person in people if person.id == wanted), None):
                return found
        if len(people) == 1:
            return people[0]
        return quietest(tx, replace(self.offer, staff=people), slot.starts_at, self.parts[0])


def move_times(tx: Tx, parts: tuple[BookingSummary, ...]) -> MoveTimes:
    """Refused not_allowed where the service is gone."""
    head, whole = parts[0], len(parts) > 1
    found = find_offer(tx, head.service_id)
    if found is None:
        raise Refused("not_allowed", kind="reschedule")
    policy, offer = facts.effective_policy(head), found.at(head.location_id)
    lasts = [moves.last_day(facts.effective_policy(part), part.original_starts_at, part.zone) for part in parts]
    return MoveTimes(
        parts, policy, offer, not whole and not offer.only(head.staff_id),
        not whole and policy.change_staff and any(person.id != head.staff_id for person in offer.staff),
        min((last for last in lasts if last is not None), default=None), any(_costs_otherwise(tx, part) for part in parts))


def _costs_otherwise(tx: Tx, b: BookingSummary) -> bool:
    """Whether it may only move to times of the price it has, and all have another now."""
    offer = find_offer(tx, b.service_id) if facts.effective_policy(b).price_difference == "equal_only" else None
    return offer is not None and offer.price * b.seats != b.price
