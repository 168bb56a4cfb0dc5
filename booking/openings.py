"""Who may want what has become free, and which of its times (R34). Reads only; `fill_opening` gives it away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, case, exists, func, insert, or_, select
from sqlalchemy.orm import aliased

from booking import waitlist
from booking.offers import ServiceOffer, find_offer
from booking.rules import waitlist as rules
from booking.rules.availability import Span, open_spans, parse_hours
from booking.rules.interval import overlap, subtract
from booking.rules.wall_time import local_date
from booking.slots import MOST_DAYS, free_days
from models.booking import Booking
from models.booking_summary import find_by_id
from models.customer import Customer as C
from models.hold import Hold
from models.location import Location
from models.opening import Opening
from models.session import Tx
from models.staff import Staff, StaffService
from models.waitlist_entry import WaitlistEntry as E
from models.waitlist_offer import WaitlistOffer as O


LONGEST = timedelta(days=2)
"""An appointment with its buffers is shorter: further away than this, nothing that becomes free is part of it."""


class Due(NamedTuple):
    """An opening that is looked at."""

    id: int
    staff_id: int
    session_id: int | None
    from_at: datetime
    to_at: datetime
    created_at: datetime


class Waiter(NamedTuple):
    """An entry in line, with what the choice looks at. `told_at`: the customer's newest offer; `busy_until`: one that stands;
    `own_*`: the person and the span of the booking, buffers included."""

    entry: waitlist.Entry
    told_at: datetime | None
    busy_until: datetime | None
    own_staff: int | None
    own_from: datetime | None
    own_to: datetime | None


def in_line(tx: Tx, opening: Due) -> list[Waiter]:
    """Those the opening may be for, the oldest opt-in first: same class date, or a service this person gives at the location of the
    booking (R14, R34). Nothing is held for someone who has switched such messages off, or cannot be written to; nor is a time offered
    to them that was free before they asked, that they have had since and given up, or that they were turned down for once more (D27)."""
    here = select(Staff.location_id).where(Staff.store_id == tx.store_id, Staff.id == opening.staff_id).scalar_subquery()
    told = select(func.max(O.created_at)).where(O.store_id == E.store_id, O.customer_id == E.customer_id).scalar_subquery()
    busy = select(func.max(O.expires_at)).where(
        O.store_id == E.store_id, O.customer_id == E.customer_id, O.state == "open", O.expires_at > tx.now).scalar_subquery()
    own = tuple(case((E.kind == "earlier", value)) for value in (
        Booking.staff_id, Booking.starts_at - func.make_interval(0, 0, 0, 0, 0, 0, Booking.buffer_before_s),
        Booking.ends_at + func.make_interval(0, 0, 0, 0, 0, 0, Booking.buffer_after_s)))
    given = and_(Booking.location_id == here, E.service_id.in_(select(StaffService.service_id).where(
        StaffService.store_id == tx.store_id, StaffService.staff_id == opening.staff_id)))
    earlier = and_(E.kind == "earlier", E.before > opening.from_at, or_(E.staff_id.is_(None), E.staff_id == opening.staff_id), given)
    mine = aliased(Booking)
    again = and_(E.kind == "again", E.staff_id == opening.staff_id, given, E.before > opening.from_at - LONGEST, E.before < opening.to_at + LONGEST,
                 E.created_at <= opening.created_at,
                 ~exists().where(mine.store_id == E.store_id, mine.customer_id == E.customer_id, mine.service_id == E.service_id,
                                 mine.starts_at == E.before, mine.created_at >= E.created_at, mine.id != E.request_id,
                                 or_(mine.status.not_in(rules.TURNED_DOWN), mine.closed_at >= opening.created_at)))
    number = case((or_(Booking.id.is_(None), C.phone_verified_at.is_not(None)), C.phone), else_=Booking.contact_phone)
    reached = (func.coalesce(C.email, Booking.contact_email), number, C.preferences)
    rows = tx.db.execute(select(*waitlist.COLUMNS, told, busy, *own, *reached).select_from(E).join(
        C, and_(C.store_id == E.store_id, C.id == E.customer_id)).outerjoin(
        Booking, and_(Booking.store_id == E.store_id, Booking.id == func.coalesce(E.booking_id, E.request_id), E.kind != "seat"),
    ).where(E.store_id == tx.store_id, E.state == "waiting", E.lives_until > tx.now,
            or_(earlier, and_(E.kind == "seat", E.session_id == opening.session_id) if opening.session_id else again),
            ).order_by(E.created_at, E.id))
    cut = len(waitlist.Entry._fields)
    return [Waiter(waitlist.Entry._make(row[:cut]), *row[cut:-3]) for row in rows if waitlist.hears(*row[-3:])]


def heard_of(tx: Tx, staff_id: int) -> dict[int, list[tuple[datetime, datetime]]]:
    """By entry, the times with this person that were offered before: neither they nor parts of them are offered again."""
    heard: dict[int, list[tuple[datetime, datetime]]] = {}
    for entry_id, start, end in tx.db.execute(select(O.entry_id, O.starts_at, O.ends_at).join(
            E, and_(E.store_id == O.store_id, E.id == O.entry_id)).where(
                O.store_id == tx.store_id, O.staff_id == staff_id, O.ends_at > tx.now, E.state == "waiting")):
        heard.setdefault(entry_id, []).append((start, end))
    return heard


@dataclass
class Times:
    """Free starts of the person inside one opening, for each service; looked up once and narrowed by what is given away."""

    tx: Tx
    opening: Due
    heard: dict[int, list[tuple[datetime, datetime]]]
    offers: dict[int, ServiceOffer | None] = field(default_factory=dict)
    given: list[tuple[datetime, datetime]] = field(default_factory=list)
    _starts: dict[tuple[int, int], list[datetime]] = field(default_factory=dict)

    def offer(self, service_id: int) -> ServiceOffer | None:
        """The service as if times were looked at in earnest: a time that stands over another is no opening (R16)."""
        if service_id not in self.offers:
            found = find_offer(self.tx, service_id)
            self.offers[service_id] = None if found is None or not found.active else replace(found, real_time=True)
        return self.offers[service_id]

    def length(self, service_id: int) -> tuple[timedelta, timedelta, timedelta]:
        shape = self.offers[service_id].shape
        return timedelta(seconds=shape.buffer_before), timedelta(seconds=shape.duration), timedelta(seconds=shape.buffer_after)

    def fitting(self, waiter: Waiter, zone: str, bands: Any) -> list[datetime]:
        """Starts this entry may be offered: earlier than its own and as wished, or the very one it waits for; bookable by customers,
        never offered before."""
        entry = waiter.entry
        offer = self.offer(entry.service_id)
        if offer is None or offer.capacity > 1 or not offer.only(self.opening.staff_id):
            return []
        before, duration, after = self.length(entry.service_id)
        reach = before + duration + after
        near = waiter.own_staff == self.opening.staff_id and overlap(
            (waiter.own_from, waiter.own_to), (self.opening.from_at - reach, self.opening.to_at + reach))
        free = [start for start in self._free(offer, entry, near)
                if not any(overlap((start - before, start + duration + after), span) for span in self.given)]
        if entry.kind == "again":
            free = [start for start in free if start == entry.before]
        return [start for start in rules.using(free, (self.opening.from_at, self.opening.to_at), self.length(entry.service_id))
                if (entry.kind == "again" or start < entry.before and rules.wants(entry.wishes, start, zone, bands))
                and not any(overlap((start, start + duration), span) for span in self.heard.get(entry.id, ()))]

    def _free(self, offer: ServiceOffer, entry: waitlist.Entry, near: bool) -> list[datetime]:
        """`near`: the booking's own time touches the opening and counts as free for itself, so its starts are its own (R15)."""
        key = (offer.id, entry.id if near else 0)
        if key not in self._starts:
            moving = find_by_id(self.tx, entry.booking_id) if near and entry.booking_id else None
            self._starts[key] = [start for first, last in self._windows(offer)
                                 for _, slots in free_days(self.tx, offer, first, last, staff_id=self.opening.staff_id, moving=moving).days
                                 for start in (slot.starts_at for slot in slots)]
        return self._starts[key]

    def _windows(self, offer: ServiceOffer) -> Iterator[tuple[date, date]]:
        zone, (before, duration, after) = offer.zone, self.length(offer.id)
        first = local_date(max(self.opening.from_at - duration - after, self.tx.now), zone) - timedelta(days=1)
        last = local_date(self.opening.to_at + before, zone)
        while first <= last:
            yield first, min(last, first + timedelta(days=MOST_DAYS - 1))
            first += timedelta(days=MOST_DAYS)


def looked_at_until(tx: Tx, opening: Due) -> datetime | None:
    """When the last of those who keep some of this time while booking must be done (checkout holds), if any does."""
    return tx.db.execute(select(func.max(Hold.expires_at)).where(
        Hold.store_id == tx.store_id, Hold.staff_id == opening.staff_id, Hold.kind == "checkout", Hold.expires_at > tx.now,
        Hold.starts_at < opening.to_at, Hold.ends_at > opening.from_at)).scalar()


class Rota(NamedTuple):
    """When somebody works: hours by weekday, in the zone of their location; none for those who are away."""

    hours: dict[int, list[tuple[int, int]]]
    zone: str


def rota_of(tx: Tx, staff_id: int) -> Rota | None:
    row = tx.db.execute(select(Staff.hours, Staff.active, Location.zone).join(Location, and_(
        Location.store_id == Staff.store_id, Location.id == Staff.location_id)).where(
            Staff.store_id == tx.store_id, Staff.id == staff_id)).one_or_none()
    return None if row is None else Rota(parse_hours(row.hours) if row.active else {}, row.zone)


def new_hours(tx: Tx, staff_id: int, was: Rota | None) -> None:
    """Note the working time somebody has now and had not before (`was`), as far as anyone waits for it (A96)."""
    horizon = tx.db.execute(select(func.max(E.before)).where(
        E.store_id == tx.store_id, E.state == "waiting", or_(E.staff_id.is_(None), E.staff_id == staff_id))).scalar()
    now = rota_of(tx, staff_id)
    if horizon is None or now is None:
        return
    first, last = local_date(tx.now, now.zone), local_date(horizon, now.zone)
    had = _spans(was, first - timedelta(days=1), last + timedelta(days=1)) if was else []
    rows = [{"store_id": tx.store_id, "staff_id": staff_id, "from_at": datetime.fromtimestamp(start, tx.now.tzinfo),
             "to_at": datetime.fromtimestamp(end, tx.now.tzinfo), "due_at": tx.now, "created_at": tx.now}
            for start, end in subtract(_spans(now, first, last), had) if end > tx.now.timestamp()]
    if rows:
        tx.db.execute(insert(Opening), rows)


def _spans(rota: Rota, first: date, last: date) -> Sequence[Span]:
    return [span for _, spans in open_spans(rota.hours, rota.zone, first, last) for span in spans]
