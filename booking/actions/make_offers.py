"""The shop proposes one to three other times for a request; a new round takes the place of the old (R35, A153)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from booking import counter_offers, notices
from booking.actions.action import Done, action
from booking.actions.changing import locked, told, write
from booking.actions.waiting import waiting_with
from booking.links import manage_path, store_origin
from booking.offers import ServiceOffer, find_offer
from booking.rules import counter_offers as rules
from booking.rules.decision import Refused
from booking.rules.interval import merge, subtract
from booking.rules.status import after
from booking.slots import Chosen, require_slot
from booking.staff_locks import lock_staff
from booking.visiting import places_of
from models.base import new_id
from models.booking_summary import BookingSummary
from models.counter_offer import CounterOffer
from models.hold import Hold
from models.session import Tx


@dataclass(frozen=True, slots=True)
class Proposal:
    """A time to propose. `staff_id` None keeps the person."""

    starts_at: datetime
    staff_id: int | None = None


Offers = Mapping[int, ServiceOffer]
"""By booking the service it is for."""


@action
def make_offers(tx: Tx, ref: str, proposals: Sequence[Proposal] | None = None, *, version: int | None = None) -> Done:
    """Offer these times, numbered in this order; None takes the free times nearest to the one asked for (A153).

    Only pending bookings; else Refused closed or not_allowed. Every time must be free now; with the hold setting on it stays
    free for this customer. The request now ends when the last offer does. Of a visit the other parts are offered at their distance,
    and taken or left with this one (R32). `facts["offers"]` has (n, starts_at, expires_at).
    """
    b = locked(tx, ref, version)
    if b.status != "pending":
        after(b.status, "approve")
    wanted = [Proposal(start) for start in counter_offers.suggestions(tx, b)] if proposals is None else list(proposals)
    rules.check_count(len(wanted))
    offer = find_offer(tx, b.service_id)
    if offer is None:
        raise Refused("not_allowed", kind="offers")
    parts = waiting_with(tx, b)
    offers = {part.id: offer if part.id == b.id else find_offer(tx, part.service_id) for part in parts}
    if None in offers.values():
        raise Refused("not_allowed", kind="offers")
    _end_round(tx, parts)
    terms = counter_offers.terms_of(tx, b.service_id)
    chosen = _choose(tx, b, parts, offers, wanted)
    ends = _ends(tx, parts, chosen, terms.hours)
    _check_ends(ends, tx.now)
    until = rules.request_ends(ends)
    number = (tx.db.execute(select(func.max(CounterOffer.round)).where(
        CounterOffer.store_id == tx.store_id, CounterOffer.booking_id.in_(list(offers)))).scalar() or 0) + 1
    made = {part.id: write(tx, part, approval_deadline=until) for part in parts}
    tx.db.execute(update(Hold).where(Hold.store_id == tx.store_id, Hold.booking_id.in_(list(offers)), Hold.kind == "old_slot").values(expires_at=until))
    for part in parts:
        for n, (slots, end) in enumerate(zip(chosen, ends, strict=True), 1):
            slot = slots[part.id]
            tx.db.execute(insert(CounterOffer).values(
                store_id=tx.store_id, id=new_id(), booking_id=part.id, round=number, n=n, staff_id=slot.staff.id, starts_at=slot.starts_at,
                ends_at=slot.ends_at, expires_at=end, created_at=tx.now))
        tx.audit("make_offers", booking_id=part.id, before=told(part), after=told(made[part.id]), round=number,
                 starts=[slots[part.id].starts_at for slots in chosen], held=terms.hold)
    if terms.hold:
        _keep(tx, made[b.id], parts, offers, chosen, until)
    first = parts[0].id
    _tell(tx, made[first], [slots[first] for slots in chosen], ends, number)
    return Done(made[b.id], facts={"offers": [(n, slots[b.id].starts_at, end) for n, (slots, end) in enumerate(zip(chosen, ends, strict=True), 1)]})


def _end_round(tx: Tx, parts: Sequence[BookingSummary]) -> None:
    """A new round voids the old one and lets go of the times held for it."""
    ids = [part.id for part in parts]
    tx.db.execute(update(CounterOffer).where(
        CounterOffer.store_id == tx.store_id, CounterOffer.booking_id.in_(ids), CounterOffer.state == "open",
    ).values(state="void", closed_at=tx.now))
    tx.db.execute(delete(Hold).where(Hold.store_id == tx.store_id, Hold.booking_id.in_(ids), Hold.kind == "offer"))


def _choose(tx: Tx, b: BookingSummary, parts: Sequence[BookingSummary], offers: Offers, wanted: Sequence[Proposal]) -> list[dict[int, Chosen]]:
    """The places of each time, by booking; Refused names the one that cannot be offered."""
    lock_staff(tx, {person.id for offer in offers.values() for person in offer.staff} | {part.staff_id for part in parts})
    own = places_of(tx, parts) if len(parts) > 1 else ()
    chosen: list[dict[int, Chosen]] = []
    for number, proposal in enumerate(wanted):
        staff_id = proposal.staff_id or b.staff_id
        if (proposal.starts_at, staff_id) in {(b.starts_at, b.staff_id), *((c[b.id].starts_at, c[b.id].staff.id) for c in chosen)}:
            raise Refused("invalid", errors=[{"field": f"offers.{number}.starts_at", "problem": "is asked for or offered already"}])
        try:
            chosen.append({part.id: require_slot(
                tx, offers[part.id], proposal.starts_at + (part.starts_at - b.starts_at), staff_id=staff_id if part.id == b.id else part.staff_id,
                seats=part.seats, moving=part, as_customer=False, own=own) for part in parts})
        except Refused as refused:
            raise Refused(refused.code, **({"offer": number + 1} | refused.facts)) from refused
    return chosen


def _ends(tx: Tx, parts: Sequence[BookingSummary], chosen: Sequence[dict[int, Chosen]], hours: int) -> list[datetime]:
    """When each offer ends: of a visit with the part that ends soonest."""
    old_start = min((datetime.fromisoformat(part.held["starts_at"]) for part in parts if part.held is not None), default=None)
    lead_times = {part.id: counter_offers.terms_of(tx, part.service_id).lead_time for part in parts}
    return [min(rules.expires_at(tx.now, slots[part.id].starts_at, lead_times[part.id], hours=hours, old_start=old_start) for part in parts)
            for slots in chosen]


def _check_ends(ends: Sequence[datetime], now: datetime) -> None:
    late = [number for number, end in enumerate(ends) if end <= now]
    if late:
        raise Refused("invalid", errors=[
            {"field": f"offers.{number}.starts_at", "problem": "is too soon to be answered"} for number in late])


def _keep(tx: Tx, b: BookingSummary, parts: Sequence[BookingSummary], offers: Offers, chosen: Sequence[dict[int, Chosen]], until: datetime) -> None:
    """Hold what the offers cover and the bookings do not cover themselves; offers of one round may overlap each other."""
    common = {"store_id": tx.store_id, "kind": "offer", "booking_id": b.id, "service_id": b.service_id, "seats": b.seats,
              "owner": f"booking:{b.id}", "expires_at": until, "created_at": tx.now}
    spans: dict[int, list] = {}
    for slot, shape in ((slots[part.id], offers[part.id].shape) for slots in chosen for part in parts):
        before, after_ = timedelta(seconds=shape.buffer_before), timedelta(seconds=shape.buffer_after)
        if slot.session_id is not None:
            tx.db.execute(insert(Hold).values(id=new_id(), staff_id=slot.staff.id, session_id=slot.session_id,
                                              starts_at=slot.starts_at, ends_at=slot.ends_at, **common))
        elif not slot.overlap:
            spans.setdefault(slot.staff.id, []).append((slot.starts_at - before, slot.ends_at + after_))
    own = [(p.staff_id, p.starts_at - timedelta(seconds=p.buffer_before_s), p.ends_at + timedelta(seconds=p.buffer_after_s)) for p in parts]
    own += [tuple(row) for row in tx.db.execute(select(Hold.staff_id, Hold.starts_at, Hold.ends_at).where(
        Hold.store_id == tx.store_id, Hold.booking_id.in_(list(offers)), Hold.kind == "old_slot", Hold.session_id.is_(None)))]
    for staff_id, wanted in spans.items():
        for start, end in subtract(merge(wanted), [(s, e) for who, s, e in own if who == staff_id]):
            tx.db.execute(insert(Hold).values(id=new_id(), staff_id=staff_id, starts_at=start, ends_at=end, **common))


def _tell(tx: Tx, b: BookingSummary, chosen: Sequence[Chosen], ends: Sequence[datetime], number: int) -> None:
    origin = store_origin(tx, b.store_slug)
    notices.tell_customer(tx, "counter_offer", b, once=f"round{number}", until=rules.request_ends(ends).isoformat(), offers=[{
        "n": n, "starts_at": c.starts_at.isoformat(), "zone": c.staff.zone, "staff": c.staff.name, "until": end.isoformat(),
        "url": origin + manage_path(b, round=number, action="accept", offer=n)} for n, (c, end) in enumerate(zip(chosen, ends, strict=True), 1)])
