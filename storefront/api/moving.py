"""Moving a booking: free times, then the move (R10-R18, R33)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking import facts
from booking.actions.action import Done
from booking.actions.difference import to_collect
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.actions.reschedule_series import price_there
from booking.actions.visits import reschedule_visit
from booking.links import manage_path
from booking.move_times import MoveTimes, move_times
from booking.offers import find_offer
from booking.rules import moves
from booking.rules.decision import Refused
from booking.rules.wall_time import local_date
from booking.slots import MOST_DAYS, Slot, SlotDays
from booking.wording.words import Words
from jsonapi.operations import number
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from storefront.api import move_shapes as m
from storefront.api import shapes as s
from storefront.api.bookings import door_of, full
from storefront.api.door import CustomerCall, operation
from storefront.move_notes import approval_notes, dearer_note, paid_first, paid_together, price_notes, terms_notes, visit_notes
from storefront.move_terms import MoveTerms
from storefront.picker import time_text
from storefront.together import VISIT, Group, decisions_of, group_of
from storefront.zones import AROUND, by_days_of

FRESH_DAYS, SHOWN_DAYS = 7, 31


@operation("GET", "/bookings/{ref}/slots", summary="Free times to move to", answer=m.FreeTimes, also=(409,), query={
    "from": "first day, YYYY-MM-DD; today by default", "to": f"last day, at most {MOST_DAYS - 1} later; {SHOWN_DAYS} days in all by default", "staff": "an id, or anyone; the same person by default, anyone where that person has left and another can be chosen"})
def times_for_my_booking(call: CustomerCall, ref: str) -> m.FreeTimes:
    """In days of the booking's zone; of what is online in those of the customer's own where it is known. Refused for the same reasons as
    the move itself, whatever the time."""
    with reading(call.store_id) as tx:
        b = call.booking(tx, ref)
        door = door_of(call, b)
        first, last = call.days(local_date(tx.now, door.zone), SHOWN_DAYS)
        group = group_of(tx, door)
        decisions_of(door, group, tx.now)["reschedule"].require()
        return _times(tx, call, b, group, first, last, call.query.get("staff"))


@operation("POST", "/bookings/{ref}/reschedule", summary="Move the booking", body=m.MoveIn, answer=s.CustomerBookingDetail)
def move_my_booking(call: CustomerCall, ref: str) -> dict[str, Any]:
    """A refusal leaves the booking as it was; where the time is gone, free times of that week come with it (R15). Where a card pays the
    difference first it is 409 not_allowed with `pay_url`: the page of this move, where the customer pays and the booking then moves; a visit
    as a whole, with one payment (R26, R32)."""
    wanted = call.body
    with reading(call.store_id) as tx:
        b = call.booking(tx, ref)
        visit = _is_visit(group_of(tx, door_of(call, b)))
    staff_id = _wanted(b, wanted.staff)
    if visit and staff_id != b.staff_id:
        raise Refused("not_allowed", kind="reschedule", staff=True)
    values: dict[str, Any] = {"starts_at": wanted.starts_at, "version": wanted.version, "price": wanted.price, "reason": wanted.reason}
    try:
        if visit:
            return call.act(reschedule_visit, b.ref, show=_show(call), **values)
        return call.act(reschedule_booking, b.ref, staff_id=staff_id, show=_show(call), **values)
    except Refused as refused:
        if refused.facts.get("pay"):
            raise Refused(refused.code, **refused.facts, fresh={"pay_url": call.origin + manage_path(
                b, "reschedule", at=wanted.starts_at.isoformat(), **({} if staff_id == b.staff_id else {"staff": wanted.staff}))}) from None
        if refused.code not in ("slot_taken", "outside_hours"):
            raise
        with reading(call.store_id) as tx:
            b = call.booking(tx, ref)
            door = door_of(call, b)
            day = max(local_date(wanted.starts_at, door.zone), local_date(tx.now, door.zone))
            times = _times(tx, call, b, group_of(tx, door), day, day + timedelta(days=FRESH_DAYS - 1), wanted.staff)
        raise Refused(refused.code, **refused.facts, fresh={"times": times.model_dump(mode="json")}) from None


def _show(call: CustomerCall):  # noqa: ANN202
    def show(tx: Tx, done: Done) -> s.CustomerBookingDetail:
        assert done.booking is not None
        return full(tx, call, call.booking(tx, done.booking.ref))

    return show


def _wanted(b: BookingSummary, staff: str | None) -> int:
    """The staff id meant, ANYONE, or the booking's own."""
    if staff is None:
        return b.staff_id
    if staff == "anyone":
        return ANYONE
    try:
        return number(staff)
    except Refused:
        raise Refused("invalid", errors=[{"field": "staff", "problem": "is not known"}]) from None


def _is_visit(group: Group | None) -> bool:
    return group is not None and group.kind == VISIT


def _times(tx: Tx, call: CustomerCall, b: BookingSummary, group: Group | None, first: date, last: date, staff: str | None) -> m.FreeTimes:
    """Of a visit the times at which all its parts fit, each with its own person (R32)."""
    parts = group.parts if group is not None and _is_visit(group) else (b,)
    head, w, whole, times = parts[0], call.words, len(parts) > 1, move_times(tx, parts)
    times.require_price()
    door = door_of(call, b)
    zone, here = door.zone_of(head), local_date(tx.now, door.zone_of(head))
    prices = [price_there(part, find_offer(tx, part.service_id)) for part in parts]
    pays = to_collect(tx, parts, prices)
    end, terms = here + timedelta(days=times.offer.shape.horizon_days), MoveTerms(tx, parts, door, prices, pays)
    dearer = _dearer(w, parts, prices, sum(pays))
    return m.FreeTimes(
        zone=zone, first=here, last=end if times.until is None else max(here, min(end, times.until if zone == head.zone else times.until + AROUND)),
        notes=_of_parts(tx, w, parts, prices) + visit_notes(parts, door, tx.now) if whole else [
            *_left(w, times), *([dearer.text] if dearer else price_notes(tx, b, w, prices[0])),
            *terms_notes(tx, b, w), *approval_notes(b, door, tx.now)],
        price={"amount": sum(prices), "currency": b.currency},
        dearer=dearer, reason=moves.asks_reason(map(facts.effective_policy, parts)),
        people=_people(times) if times.may_choose else [],
        days=[m.FreeDay(date=day, text=w.day(day), slots=[_time(slot, zone, call, terms) for slot in slots])
              for day, slots in _days(tx, times, zone, _with_whom(times, b, staff), max(first, here), last).days])


def _days(tx: Tx, times: MoveTimes, zone: str, staff_id: int | None, first: date, last: date) -> SlotDays:
    """Free times under the days they have in `zone`: of another zone than the place's those of the days around come in too (R13)."""
    if zone == times.parts[0].zone or last < first:
        return times.days(tx, staff_id, first, last)
    before, after = times.days(tx, staff_id, first - AROUND, last - AROUND), times.days(tx, staff_id, last, last + AROUND)
    return by_days_of(zone, SlotDays(before.zone, before.days + after.days), first, last)


def _with_whom(times: MoveTimes, b: BookingSummary, staff: str | None) -> int | None:
    """The person whose times are meant, None for anyone. Whoever has left cannot be kept: those who are there are shown at once (R14)."""
    wanted = _wanted(b, staff)
    if wanted == b.staff_id:
        return None if times.left and times.may_choose and staff is None else times.own
    if len(times.parts) > 1 or not times.policy.change_staff:
        raise Refused("not_allowed", kind="reschedule", staff=True)
    if wanted != ANYONE and not times.offer.only(wanted):
        raise Refused("invalid", errors=[{"field": "staff", "problem": "does not give this service"}])
    return None if wanted == ANYONE else wanted


def _left(w: Words, times: MoveTimes) -> list[str]:
    """That the booking's person is there no longer (R14)."""
    b = times.parts[0]
    return [w._("{name} no longer gives this service at {venue}.").format(name=b.staff_name, venue=b.location_name)] if times.left else []


def _of_parts(tx: Tx, w: Words, parts: tuple[BookingSummary, ...], prices: list[int]) -> list[str]:
    """What is true of each part of a visit for itself (R18, R26, R32, R33). What one costs less is not paid with what another costs more;
    `dearer` says what all of them cost more, and nothing where one makes up for the other: then the part itself says it."""
    alone = sum(prices) <= sum(b.price for b in parts)
    return [f"{b.service_name}{w.colon} {note}" for b, price in zip(parts, prices, strict=True) for note in (
        *(price_notes(tx, b, w, price) if price < b.price or (alone and price > b.price) else ()), *terms_notes(tx, b, w))]


def _dearer(w: Words, parts: tuple[BookingSummary, ...], prices: list[int], pays: int) -> m.DearerMove | None:
    """What the move costs more, shown before it is confirmed; the difference is paid by card first or at the shop (R26)."""
    difference = sum(prices) - sum(part.price for part in parts)
    if difference <= 0:
        return None
    paid = paid_together if len(parts) > 1 else paid_first
    currency, due = parts[0].currency, sum(moves.difference(facts.covered(part), price)[0] for part, price in zip(parts, prices, strict=True))
    return m.DearerMove(difference={"amount": difference, "currency": currency}, difference_text=w.money(difference, currency),
                        due={"amount": due, "currency": currency}, pays={"amount": pays, "currency": currency} if pays else None,
                        text=" ".join([dearer_note(w, parts[0], sum(prices), difference, due, pays), *paid(w, pays, currency)]))


def _people(times: MoveTimes) -> list[s.Choice]:
    """Who gives the service there, the booking's own person first (R14)."""
    return [s.Choice(id=str(p.id), name=p.name) for p in sorted(times.offer.staff, key=lambda p: (p.id != times.own, p.name, p.id))]


def _time(slot: Slot, zone: str, call: CustomerCall, terms: MoveTerms) -> m.FreeTime:
    here = ZoneInfo(zone)
    return m.FreeTime(starts_at=slot.starts_at.astimezone(here), ends_at=slot.ends_at.astimezone(here), staff=[str(p) for p in slot.staff],
                      seats_left=slot.seats_left, text=time_text(slot, zone, call.words), notes=terms.notes(slot.starts_at))
