"""Free times of a service, and the one time a change asks for. The page and the commit ask the same function (I10, I13)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, or_, select

from booking.offers import ServiceOffer, StaffOffer
from booking.rules.availability import Span, at_minute, bounds, free_starts, open_spans
from booking.rules.decision import Refused
from booking.rules.wall_time import local_date
from booking.staff_locks import LONGEST, ids, lock_if_free, lock_or, lock_staff
from models.booking_summary import BookingSummary
from models.class_session import ClassSession
from models.hold import Hold
from models.session import Tx
from models.statement import Written

MOST_DAYS = 62


@dataclass(frozen=True, slots=True)
class Slot:
    """One start that can be taken: by which staff, and for class dates how many seats are left."""

    starts_at: datetime
    ends_at: datetime
    staff: tuple[int, ...]
    seats_left: int | None = None
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class SlotDays:
    """Days of `zone` that have free times, soonest first."""

    zone: str
    days: tuple[tuple[date, tuple[Slot, ...]], ...]

    def on(self, day: date) -> tuple[Slot, ...]:
        return next((slots for d, slots in self.days if d == day), ())


@dataclass(frozen=True, slots=True)
class Chosen:
    """The place a booking gets. `overlap`: it stands over something else, by override or with real-time availability off."""

    starts_at: datetime
    ends_at: datetime
    staff: StaffOffer
    session_id: int | None = None
    overlap: bool = False
    outside_hours: bool = False


def free_days(tx: Tx, offer: ServiceOffer, first: date, last: date, *, staff_id: int | None = None, seats: int = 1,
              moving: BookingSummary | None = None, own: Sequence[int] = ()) -> SlotDays:
    """Free times on the local days `first` to `last` (at most 62). `moving`'s own time counts as free (R15), and that of `own`."""
    last = min(last, first + timedelta(days=MOST_DAYS - 1))
    staff = offer.only(staff_id)
    if not offer.active or not staff or last < first:
        return SlotDays(offer.zone, ())
    if offer.capacity > 1:
        return _class_days(tx, offer, staff, first, last, seats, moving)
    duration = timedelta(seconds=offer.shape.duration)
    starts: dict[date, dict[int, list[int]]] = {}
    opening = {person.id: open_spans(person.hours, person.zone, first, last, person.dates) for person in staff}
    busy = _busy(tx, offer, opening, moving, own=own)
    limits = {person.zone: bounds(offer.shape, tx.now, person.zone) for person in staff}
    for person in staff:
        earliest, latest = limits[person.zone]
        spans = [span for _, spans in opening[person.id] for span in spans]
        days, day, until = iter(opening[person.id]), None, -1
        for start in free_starts(spans, busy.get(person.id, ()), offer.shape, earliest, latest):
            while start >= until:
                day, day_spans = next(days)
                until = day_spans[-1][1]
                of_day = starts.setdefault(day, {})
            of_day.setdefault(start, []).append(person.id)
    return SlotDays(offer.zone, tuple((day, tuple(Slot(at := datetime.fromtimestamp(start, UTC), at + duration, tuple(of_day[start]))
                                                  for start in sorted(of_day))) for day, of_day in sorted(starts.items()) if of_day))


def free_at(tx: Tx, offer: ServiceOffer, staff_id: int, starts: Sequence[datetime], own: Sequence[int]) -> set[datetime]:
    """Which of these starts, at any minute, the person is at work and free for; the time of the bookings `own` counts as free."""
    person = next(iter(offer.only(staff_id)), None)
    if person is None or not offer.active or not starts:
        return set()
    first, last = (local_date(edge, person.zone) for edge in (min(starts), max(starts)))
    opening = {person.id: open_spans(person.hours, person.zone, first - timedelta(days=1), last, person.dates)}
    spans = [span for _, spans in opening[person.id] for span in spans]
    busy = _busy(tx, offer, opening, None, own=own).get(person.id, ())
    return {start for start in starts if any(opens <= (at := int(start.timestamp())) and at + offer.shape.duration <= closes
                                             for opens, closes in spans) and not _meets(busy, offer, int(start.timestamp()))}


def require_slot(tx: Tx, offer: ServiceOffer, starts_at: datetime, *, staff_id: int | None = None, seats: int = 1,
                 moving: BookingSummary | None = None, as_customer: bool = True, offered: bool | None = None, override: bool = False,
                 at_once: bool = True, own: Sequence[int] = ()) -> Chosen:
    """Lock and choose the place for a booking at `starts_at`; raises Refused slot_taken, outside_hours or invalid.

    Customers get exactly the starts `free_days` shows, and so do merchants where they are `offered`; else these may start at any minute of
    the working hours, and with `override` anywhere. `staff_id` None means anyone: the one with the quietest day. Not `at_once`, a time
    of one person is looked at and locked with the next question or the commit, and slot_taken may be raised there. What `own` names
    counts as free, like the place of `moving`.
    """
    staff = offer.only(staff_id)
    if not staff or not (offer.active or not as_customer):
        raise Refused("invalid", errors=[{"field": "staff", "problem": "does not give this service"}])
    # Of a booking that moves, the person it leaves too: all in one ascending order, so that two moves never wait for each other.
    concerned = {person.id for person in staff} | ({moving.staff_id} if moving else set())
    # One person and no override: a look before the queue spares those behind, and after it the constraint decides alone (I1).
    decided_there = len(staff) == 1 and offer.capacity == 1 and offer.real_time and not override and _at_work(offer, staff[0], starts_at)
    if decided_there:
        at, taken = int(starts_at.timestamp()), Refused("slot_taken")
        place = (concerned, staff[0].id, at - offer.shape.buffer_before, at + offer.shape.duration + offer.shape.buffer_after,
                 [*_own(tx, moving), *own])
        if not at_once:
            lock_or(taken, tx, *place)
        elif not lock_if_free(tx, *place):
            raise taken
    else:
        lock_staff(tx, concerned)
    if offer.capacity > 1:
        return _require_class_date(tx, offer, staff, starts_at, seats, moving, as_customer if offered is None else offered)
    start = int(starts_at.timestamp())
    if starts_at.microsecond or start % 60:
        raise Refused("invalid", errors=[{"field": "starts_at", "problem": "must be a whole minute"}])
    opening = _opening_at(staff, starts_at)
    busy = {} if decided_there else _busy(tx, offer, opening, moving, around=start, real_time=True, own=own)
    inside = [person for person in staff if _opens(offer, person, opening, start, tx.now, as_customer if offered is None else offered)]
    at_all = [person for person in staff if not _meets(busy.get(person.id, ()), offer, start)]
    candidates, overlap, outside = [person for person in inside if person in at_all], False, False
    if not candidates and not offer.real_time and inside:
        candidates, overlap = inside, True
    if not candidates and override and not as_customer:
        candidates = at_all or inside or list(staff)
        outside = candidates[0] not in inside
        overlap = candidates[0] not in at_all
    if not candidates:
        raise Refused("slot_taken" if inside else "outside_hours")
    person = _quietest(candidates, busy, starts_at)
    return Chosen(starts_at, starts_at + timedelta(seconds=offer.shape.duration), person, None, overlap, outside)


def quietest(tx: Tx, offer: ServiceOffer, starts_at: datetime, moving: BookingSummary) -> StaffOffer:
    """Whom `require_slot` would take of the offer's staff, all at work then; nothing is locked."""
    start = int(starts_at.timestamp())
    busy = _busy(tx, offer, _opening_at(offer.staff, starts_at), moving, around=start, real_time=True)
    return _quietest([person for person in offer.staff if not _meets(busy.get(person.id, ()), offer, start)] or offer.staff, busy, starts_at)


@dataclass(frozen=True, slots=True)
class Look:
    """What stands against a start: `taken` by something else, `outside_hours` of whoever could take it, `not_offered` to customers."""

    taken: bool
    outside_hours: bool
    not_offered: bool


def look(tx: Tx, offer: ServiceOffer, starts_at: datetime, *, staff_id: int | None = None, seats: int = 1,
         moving: BookingSummary | None = None, own: Sequence[int] = ()) -> Look:
    """Weigh a start the shop typed, without locking or writing: what `require_slot` would refuse without override.

    `own` counts as free. Of several people the one it suits best counts. Raises Refused invalid when nobody of `staff_id` gives the service, and for
    class dates what is refused even with override.
    """
    staff = offer.only(staff_id)
    if not staff:
        raise Refused("invalid", errors=[{"field": "staff", "problem": "does not give this service"}])
    if offer.capacity > 1:
        earliest, latest = bounds(offer.shape, tx.now, _require_class_date(tx, offer, staff, starts_at, seats, moving, False).staff.zone)
        return Look(False, False, not earliest <= starts_at.timestamp() <= latest)
    start = int(starts_at.timestamp())
    opening = _opening_at(staff, starts_at)
    busy = _busy(tx, offer, opening, moving, around=start, real_time=True, own=own)
    return min((Look(_meets(busy.get(p.id, ()), offer, start), *(not _opens(offer, p, opening, start, tx.now, offered) for offered in (False, True)))
                for p in staff), key=lambda one: (one.taken, one.outside_hours, one.not_offered))


def _at_work(offer: ServiceOffer, person: StaffOffer, starts_at: datetime) -> bool:
    """Whether the start lies in the person's working hours; outside them that is the reason, whoever else was there before."""
    start, spans = int(starts_at.timestamp()), _opening_at([person], starts_at)[person.id]
    return any(opens <= start and start + offer.shape.duration <= closes for _, of_day in spans for opens, closes in of_day)


def _opens(offer: ServiceOffer, person: StaffOffer, opening: dict, start: int, now: datetime, offered: bool) -> bool:
    """Whether the start lies in working hours; `offered` to customers also on a step and between lead time and horizon."""
    spans = [span for _, spans in opening[person.id] for span in spans]
    if offered:
        earliest, latest = bounds(offer.shape, now, person.zone)
        return start in free_starts(spans, (), offer.shape, max(earliest, start), min(latest, start))
    return any(opens <= start and start + offer.shape.duration <= closes for opens, closes in spans)


def _opening_at(staff: Sequence[StaffOffer], starts_at: datetime) -> dict[int, list]:
    """When each is at work around a start: on its local day and the one before, whose hours may reach over midnight."""
    days = {person.zone: local_date(starts_at, person.zone) for person in staff}
    return {p.id: open_spans(p.hours, p.zone, days[p.zone] - timedelta(days=1), days[p.zone], p.dates) for p in staff}


def _quietest(staff: Sequence[StaffOffer], busy: dict[int, list[Span]], starts_at: datetime) -> StaffOffer:
    return min(staff, key=lambda p: (_load(busy.get(p.id, ()), local_date(starts_at, p.zone), p.zone), p.name, p.id))


def _load(busy: Sequence[Span], day: date, zone: str) -> int:
    """How many busy spans touch the local day."""
    opens, closes = at_minute(day, 0, zone), at_minute(day + timedelta(days=1), 0, zone)
    return sum(begin < closes and opens < end for begin, end in busy)


def _meets(busy: Sequence[Span], offer: ServiceOffer, start: int) -> bool:
    low, high = start - offer.shape.buffer_before, start + offer.shape.duration + offer.shape.buffer_after
    return any(begin < high and low < end for begin, end in busy)


def _busy(tx: Tx, offer: ServiceOffer, opening: dict[int, list], moving: BookingSummary | None, *, around: int | None = None,
          real_time: bool | None = None, own: Sequence[int] = ()) -> dict[int, list[Span]]:
    """Busy spans by staff, sorted, from the covering index: one array pair per staff member, no row objects."""
    if not (offer.real_time if real_time is None else real_time):
        return {}
    edges = [edge for days in opening.values() for _, spans in days for span in spans for edge in span]
    if around is not None:
        edges += [around - 86400, around + 86400 + offer.shape.duration]
    if not edges:
        return {}
    statement, whose = (_BUSY_ONE, next(iter(opening))) if len(opening) == 1 else (_BUSY_MANY, ids(opening))
    rows = statement.rows(tx, tx.store_id, whose, min(edges) - LONGEST - 43200, max(edges) + 43200, min(edges) - 43200, tx.now,
                          ids([*_own(tx, moving), *own]))
    return {staff_id: list(zip(starts, ends, strict=True)) for staff_id, starts, ends in rows}


_BUSY = (
    "select staff_id, array_agg(extract(epoch from starts_at)::bigint order by starts_at),"
    " array_agg(extract(epoch from ends_at)::bigint order by starts_at) from occupancies"
    " where store_id = $1::bigint and staff_id = {whose} and starts_at > to_timestamp($3::bigint) and starts_at < to_timestamp($4::bigint)"
    " and ends_at > to_timestamp($5::bigint) and (expires_at is null or expires_at > $6::timestamptz) and source_id <> all($7::bigint[])"
    " group by staff_id")
_BUSY_ONE, _BUSY_MANY = Written(_BUSY.format(whose="$2::bigint")), Written(_BUSY.format(whose="any($2::bigint[])"))
"""Two texts, since only the first is planned once: the server plans anew whenever a list may be long."""


def _own(tx: Tx, moving: BookingSummary | None) -> list[int]:
    """What belongs to the booking that moves: its own time, and of a request the old time and the offers that are held for it."""
    if moving is None:
        return []
    own = [moving.id]
    if moving.status == "pending":
        own += tx.db.execute(select(Hold.id).where(Hold.store_id == tx.store_id, Hold.booking_id == moving.id)).scalars()
    return own


def _class_days(tx: Tx, offer: ServiceOffer, staff: Sequence[StaffOffer], first: date, last: date, seats: int,
                moving: BookingSummary | None) -> SlotDays:
    zone_of = {person.id: person.zone for person in staff}
    start = at_minute(first, 0, offer.zone)
    stop = at_minute(last + timedelta(days=1), 0, offer.zone)
    days: dict[date, list[Slot]] = {}
    for row in _class_dates(tx, offer, start, stop, moving):
        left = row.capacity - row.seats_taken
        own = moving is not None and moving.session_id == row.id
        earliest, latest = bounds(offer.shape, tx.now, zone_of.get(row.staff_id, offer.zone))
        if row.staff_id in zone_of and left >= seats and not own and earliest <= row.starts_at.timestamp() <= latest:
            days.setdefault(local_date(row.starts_at, offer.zone), []).append(
                Slot(row.starts_at, row.ends_at, (row.staff_id,), left, row.id))
    return SlotDays(offer.zone, tuple((day, tuple(days[day])) for day in sorted(days)))


def _require_class_date(tx: Tx, offer: ServiceOffer, staff: Sequence[StaffOffer], starts_at: datetime, seats: int,
                        moving: BookingSummary | None, offered: bool) -> Chosen:
    person_of = {person.id: person for person in staff}
    at = int(starts_at.timestamp())
    rows = [row for row in _class_dates(tx, offer, at, at + 1, moving) if row.staff_id in person_of and row.starts_at == starts_at]
    if offered:
        limits = {person.zone: bounds(offer.shape, tx.now, person.zone) for person in staff}
        rows = [row for row in rows if limits[person_of[row.staff_id].zone][0] <= at <= limits[person_of[row.staff_id].zone][1]]
    if not rows:
        raise Refused("outside_hours")
    own = moving.session_id if moving else None
    row = next((row for row in rows if row.capacity - row.seats_taken + (moving.seats if row.id == own else 0) >= seats), None)
    if row is None:
        raise Refused("slot_taken")
    return Chosen(row.starts_at, row.ends_at, person_of[row.staff_id], row.id)


def _class_dates(tx: Tx, offer: ServiceOffer, start: int, stop: int, moving: BookingSummary | None) -> Iterable:
    """Class dates with the seats taken now; those of holds past their end are free (I11), and those kept for the booking that moves."""
    mine = () if moving is None else (Hold.booking_id == moving.id,)
    ended = select(func.coalesce(func.sum(Hold.seats), 0)).where(
        Hold.store_id == tx.store_id, Hold.session_id == ClassSession.id, or_(Hold.expires_at <= tx.now, *mine), Hold.kind != "old_slot")
    return tx.db.execute(select(
        ClassSession.id, ClassSession.staff_id, ClassSession.starts_at, ClassSession.ends_at, ClassSession.capacity,
        (ClassSession.seats_taken - ended.scalar_subquery()).label("seats_taken")).where(
            ClassSession.store_id == tx.store_id, ClassSession.service_id == offer.id, ClassSession.status == "scheduled",
            ClassSession.starts_at >= datetime.fromtimestamp(start, UTC), ClassSession.starts_at < datetime.fromtimestamp(stop, UTC),
        ).order_by(ClassSession.starts_at, ClassSession.id)).all()
