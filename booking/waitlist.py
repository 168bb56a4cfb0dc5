"""Those who wait, as read: the shop's terms, an entry with its offer, the place in line, and what may be done (R34)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import and_, func, or_, select, tuple_

from booking.keys import settings
from booking.links import check_token, purpose_token, store_origin
from booking.preferences import CHANNELS, channels_for
from booking.rules.decision import Decision
from booking.rules.waitlist import Wishes, may_wait
from booking.wording.staff_nouns import StaffNouns
from models.booking import Booking
from models.booking_summary import BookingSummary, find_by_id
from models.class_session import ClassSession
from models.customer import Customer
from models.location import Location
from models.service import Service
from models.session import Tx
from models.staff import Staff
from models.statement import Statement, param
from models.store import Store
from models.waitlist_entry import WaitlistEntry as E
from models.waitlist_offer import WaitlistOffer as O

PURPOSE = "waitlist"
NOBODYS = 1
"""The link epoch of entries without a booking."""


class Terms(NamedTuple):
    """What the shop has set: whether one may wait, the minutes to decide, the hours of rest, the bands of the day, the words
    for its people."""

    waitlist: bool
    claim_minutes: int
    rest_hours: int
    bands: Mapping[str, Sequence[str]]
    staff_noun: str | None
    staff_nouns: Mapping[str, str]
    locale: str

    @property
    def nouns(self) -> StaffNouns:
        return StaffNouns(self.staff_noun, self.staff_nouns, self.locale)


class Entry(NamedTuple):
    """Someone who waits or has waited."""

    id: int
    kind: str
    booking_id: int | None
    session_id: int | None
    request_id: int | None
    service_id: int
    staff_id: int | None
    customer_id: int
    seats: int
    before: datetime
    lives_until: datetime
    weekdays: int
    bands: list[str]
    state: str
    end_reason: str | None
    created_at: datetime

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.weekdays, tuple(self.bands), self.staff_id is None)


class Held(NamedTuple):
    """An opening as it was offered to an entry."""

    id: int
    entry_id: int
    staff_id: int
    staff_name: str
    session_id: int | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    state: str
    expires_at: datetime
    created_at: datetime

    def stands(self, now: datetime) -> bool:
        return self.state == "open" and now < self.expires_at


COLUMNS = tuple(getattr(E, name) for name in Entry._fields)
_TERMS = (Store.waitlist, Store.waitlist_claim_minutes, Store.waitlist_rest_hours, Store.waitlist_bands, Store.staff_noun,
          Store.staff_nouns, Store.locale)
_STORE = Statement(select(*_TERMS).where(Store.store_id == param("store")), Terms)
_OF_BOOKING = Statement(select(*_TERMS, *COLUMNS).select_from(Store).outerjoin(E, and_(
    E.store_id == Store.store_id, E.booking_id == param("booking"), E.state == "waiting", E.kind == "earlier",
)).where(Store.store_id == param("store")))
_BY_ID = Statement(select(*COLUMNS).where(E.store_id == param("store"), E.id == param("entry")), Entry)
OFFERED = select(
    O.id, O.entry_id, O.staff_id, Staff.name, O.session_id, O.starts_at, O.ends_at, Location.zone, O.state, O.expires_at, O.created_at,
).select_from(O).join(Staff, and_(Staff.store_id == O.store_id, Staff.id == O.staff_id)).join(
    Location, and_(Location.store_id == Staff.store_id, Location.id == Staff.location_id))
_OFFERS = Statement(OFFERED.where(O.store_id == param("store"), O.entry_id == param("entry")).order_by(O.created_at.desc(), O.id), Held)


def terms_of(tx: Tx) -> Terms:
    return _STORE.first(tx)


class WaitingOf:
    """The shop's terms, and the booking's waiting for an earlier time, if it waits: asked along with the next question."""

    def __init__(self, tx: Tx, b: BookingSummary) -> None:
        self._answer = _OF_BOOKING.along(tx, booking=b.id)

    def found(self) -> tuple[Terms, Entry | None]:
        (row,), cut = self._answer.rows, len(Terms._fields)
        return Terms._make(row[:cut]), None if row[cut] is None else Entry._make(row[cut:])


def waiting_of(tx: Tx, b: BookingSummary) -> tuple[Terms, Entry | None]:
    return WaitingOf(tx, b).found()


def find_entry(tx: Tx, entry_id: int) -> Entry | None:
    return _BY_ID.first(tx, entry=entry_id)


def request_of(tx: Tx, entry: Entry) -> BookingSummary | None:
    """The request that was turned down, for who waits for its very time: what they waited for is told through it."""
    return find_by_id(tx, entry.request_id) if entry.kind == "again" and entry.request_id else None


def told_in(tx: Tx, entry: Entry) -> tuple[str | None, str | None]:
    """(language, zone) who waits is told things in; None for what they have not said."""
    row = tx.db.execute(select(Customer.locale, Customer.zone).where(Customer.store_id == tx.store_id, Customer.id == entry.customer_id)).one()
    return row.locale, row.zone


def offers_of(tx: Tx, entry_id: int) -> list[Held]:
    """Everything ever offered to an entry, the newest first."""
    return _OFFERS.rows(tx, entry=entry_id)


def standing_offer(tx: Tx, entry_id: int) -> Held | None:
    """What is held for the entry now."""
    return next((offer for offer in offers_of(tx, entry_id) if offer.stands(tx.now)), None)


def place_of(tx: Tx, entry: Entry) -> int:
    """The place in line, from 1: who opted in earlier for the same class date or time, or the same service with the same people there."""
    there = select(Booking.location_id).where(Booking.store_id == tx.store_id, Booking.id == entry.booking_id).scalar_subquery()
    same = [E.session_id == entry.session_id] if entry.kind == "seat" else [
        E.kind == "again", E.service_id == entry.service_id, E.staff_id == entry.staff_id, E.before == entry.before] if entry.kind == "again" else [
        E.service_id == entry.service_id, E.kind == "earlier",
        E.booking_id.in_(select(Booking.id).where(Booking.store_id == tx.store_id, Booking.location_id == there)),
        *([] if entry.staff_id is None else [or_(E.staff_id.is_(None), E.staff_id == entry.staff_id)])]
    return 1 + tx.db.execute(select(func.count()).select_from(E).where(
        E.store_id == tx.store_id, E.state == "waiting", tuple_(E.created_at, E.id) < (entry.created_at, entry.id), *same)).scalar_one()


def decision_of(b: BookingSummary, terms: Terms, entry: Entry | None, now: datetime) -> Decision:
    """May the customer opt in, or change an opt-in already made, which lives until the booking leaves its time (R34)?"""
    if entry is not None and b.closed_at is None:
        return Decision(True, None, entry.lives_until)
    return may_wait(status=b.status, starts_at=b.starts_at, now=now, offered=terms.waitlist and b.service_self_service != "off",
                    whole_visit=b.visit_id is not None)


def hears(email: str | None, phone: str | None, preferences: dict[str, Any]) -> bool:
    """Whether word of a free time reaches the customer: an address, and its channel not switched off for such messages (R38)."""
    reached = {"email": email, "sms": phone and settings().sms_url}
    return bool(channels_for("earlier_slot", preferences, tuple(channel for channel in CHANNELS if reached[channel])))


def lead_time_of(tx: Tx, service_id: int) -> timedelta:
    return timedelta(seconds=tx.db.execute(select(Service.lead_time_s).where(
        Service.store_id == tx.store_id, Service.id == service_id)).scalar_one())


def entry_path(store_id: int, entry_id: int, epoch: int = NOBODYS, **parameters: object) -> str:
    """`/waitlist/{id}?token=...`: opens this entry and nothing else; with `offer` and `action` where a message means one."""
    token = purpose_token(PURPOSE, store_id, str(entry_id), epoch)
    return f"/waitlist/{entry_id}?{urlencode({'token': token} | parameters)}"


def opens(token: str, store_id: int, entry_id: int, epoch: int = NOBODYS) -> bool:
    """Whether the token opens this entry. A renewed manage link ends the links of the booking's waiting too (I33)."""
    return check_token(token, store_id, str(entry_id), epoch, PURPOSE)


def addresses(tx: Tx, slug: str, entry_id: int, epoch: int, offer_id: int | None = None) -> dict[str, str]:
    """The addresses a message carries: the entry's page, and with an offer to take, refuse, or stop (R5: all of them only look)."""
    origin = store_origin(tx, slug)
    found = {"entry_url": origin + entry_path(tx.store_id, entry_id, epoch)}
    if offer_id is not None:
        found |= {"url": origin + entry_path(tx.store_id, entry_id, epoch, offer=offer_id),
                  "refuse_url": origin + entry_path(tx.store_id, entry_id, epoch, offer=offer_id, action="refuse"),
                  "stop_url": origin + entry_path(tx.store_id, entry_id, epoch, action="stop")}
    return found


def waiting_for(tx: Tx, session_id: int) -> list[Entry]:
    """Who waits for a seat of a class date, first in line first."""
    return [Entry._make(row) for row in tx.db.execute(select(*COLUMNS).where(
        E.store_id == tx.store_id, E.session_id == session_id, E.state == "waiting", E.kind == "seat").order_by(E.created_at, E.id))]


class ClassDate(NamedTuple):
    """A class date as those who wait for it see it."""

    id: int
    service_id: int
    service_name: str
    staff_id: int
    staff_name: str
    location_name: str
    location_address: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    seats_taken: int
    status: str
    price: int
    currency: str
    lead_time_s: int
    location_kind: str


_DATE = select(
    ClassSession.id, ClassSession.service_id, Service.name, ClassSession.staff_id, Staff.name, Location.name, Location.address,
    Location.zone, ClassSession.starts_at, ClassSession.ends_at, ClassSession.capacity, ClassSession.seats_taken, ClassSession.status,
    Service.price, Service.currency, Service.lead_time_s, Location.kind,
).select_from(ClassSession).join(
    Service, and_(Service.store_id == ClassSession.store_id, Service.id == ClassSession.service_id)).join(
    Staff, and_(Staff.store_id == ClassSession.store_id, Staff.id == ClassSession.staff_id)).join(
    Location, and_(Location.store_id == ClassSession.store_id, Location.id == ClassSession.location_id))


def find_date(tx: Tx, session_id: int) -> ClassDate | None:
    row = tx.db.execute(_DATE.where(ClassSession.store_id == tx.store_id, ClassSession.id == session_id)).one_or_none()
    return None if row is None else ClassDate._make(row)


def full_dates(tx: Tx, service_id: int, *, seats: int = 1, most: int = 20) -> list[ClassDate]:
    """Scheduled dates of a class that are too full for `seats`, soonest first."""
    rows = tx.db.execute(_DATE.where(
        ClassSession.store_id == tx.store_id, ClassSession.service_id == service_id, ClassSession.status == "scheduled",
        ClassSession.starts_at > tx.now, ClassSession.capacity - ClassSession.seats_taken < seats, ClassSession.capacity >= seats,
    ).order_by(ClassSession.starts_at, ClassSession.id).limit(most))
    return [date for date in map(ClassDate._make, rows) if date.starts_at - timedelta(seconds=date.lead_time_s) > tx.now]
