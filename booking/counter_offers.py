"""Counter-offers as read: the newest round of a booking, and which times the shop could propose (R35, A153)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, select

from booking.offers import ServiceOffer, find_offer
from booking.rules import counter_offers as rules
from booking.rules.decision import Decision, Refused
from booking.rules.wall_time import local_date
from booking.slots import free_days, look
from booking.visit_times import visit_days
from booking.visiting import visit_of
from models.booking_summary import BookingSummary
from models.counter_offer import CounterOffer
from models.hold import Hold
from models.service import Service
from models.session import Tx
from models.staff import Staff
from models.statement import Statement, param
from models.store import Store


class Proposed(NamedTuple):
    """One counter-offer. `n` is its number in the round for good."""

    id: int
    round: int
    n: int
    staff_id: int
    staff_name: str
    starts_at: datetime
    ends_at: datetime
    state: str
    expires_at: datetime
    created_at: datetime


_C = CounterOffer
_OFFERS = Statement(select(
    _C.id, _C.round, _C.n, _C.staff_id, Staff.name, _C.starts_at, _C.ends_at, _C.state, _C.expires_at, _C.created_at,
).join(Staff, and_(Staff.store_id == _C.store_id, Staff.id == _C.staff_id)).where(
    _C.store_id == param("store"), _C.booking_id == param("booking")).order_by(_C.round.desc(), _C.n), Proposed)


class Terms(NamedTuple):
    """How long offers of a booking's service stand (hours), whether their times are held, the service's lead time."""

    hours: int
    hold: bool
    lead_time: timedelta


def history_of(tx: Tx, b: BookingSummary) -> list[Proposed]:
    """Every offer ever made for the booking, the newest round first."""
    return _OFFERS.rows(tx, booking=b.id)


def standing_of(tx: Tx, b: BookingSummary) -> list[Proposed]:
    """The offers that may be accepted now, by number; a trigger voids them when the booking leaves its time (I14)."""
    if b.status != "pending":
        return []
    return [offer for offer in history_of(tx, b)
            if rules.stands(offer.state, offer.expires_at, tx.now)]


def require_round(b: BookingSummary, made: Sequence[Proposed], of_round: int | None) -> None:
    """An answer is to the round its customer saw: Refused stale when the newest of these offers belong to another (R27, R35, I14)."""
    if of_round is not None and made and made[0].round != of_round:
        raise Refused("stale", version=b.version, state=b.status, kind="offers")


def takeable(tx: Tx, b: BookingSummary, standing: Sequence[Proposed]) -> set[int]:
    """The numbers of those whose time nobody else has now, of a visit for all its parts (R32); accepting one looks again, under the locks
    (R15, R35)."""
    if not standing:
        return set()
    parts = [b] if b.visit_id is None else [part for part in visit_of(tx, b.ref) if part.status == "pending"]
    holds = tx.db.execute(select(Hold.id, Hold.session_id, Hold.staff_id, Hold.starts_at).where(
        Hold.store_id == tx.store_id, Hold.booking_id.in_([part.id for part in parts]))).all()
    seats = {(hold.staff_id, hold.starts_at) for hold in holds if hold.session_id is not None}
    own = [*(part.id for part in parts), *(hold.id for hold in holds)]
    free = {offer.n for offer in standing}
    for part in parts:
        service = find_offer(tx, part.service_id)
        made = standing if part.id == b.id else [offer for offer in standing_of(tx, part) if offer.round == standing[0].round]
        free -= {offer.n for offer in made if service is None or (offer.staff_id, offer.starts_at) not in seats and not _takeable(
            tx, part, service, offer, own)}
    return free


def _takeable(tx: Tx, b: BookingSummary, service: ServiceOffer, offer: Proposed, own: Sequence[int]) -> bool:
    try:
        found = look(tx, service, offer.starts_at, staff_id=offer.staff_id, seats=b.seats, moving=b, own=own)
    except Refused:
        return False
    return not found.outside_hours and not (found.taken and service.real_time)


def decision_of(b: BookingSummary, standing: list[Proposed]) -> Decision:
    """May the customer accept one of the offers, and until when?"""
    if not standing:
        return Decision(False, "closed" if b.closed_at is not None else "not_allowed",
                        facts={"state": b.status} if b.closed_at is not None else {"kind": "offers"})
    return Decision(True, None, max(offer.expires_at for offer in standing))


def terms_of(tx: Tx, service_id: int) -> Terms:
    row = tx.db.execute(select(Store.offer_hours, Store.offer_hold, Service.offer_hold.label("service_hold"), Service.lead_time_s).join(
        Service, Service.store_id == Store.store_id).where(Store.store_id == tx.store_id, Service.id == service_id)).one()
    return Terms(row.offer_hours, row.offer_hold if row.service_hold == "inherit" else row.service_hold == "on",
                 timedelta(seconds=row.lead_time_s))


def suggestions(tx: Tx, b: BookingSummary) -> list[datetime]:
    """Up to three free starts with the same person nearest to the one asked for, within 3 days of it (A153). Of a visit those
    at which all of it fits (R32)."""
    offer = find_offer(tx, b.service_id)
    if offer is None or b.status != "pending":
        return []
    first, last = max(local_date(b.starts_at - rules.NEAR, b.zone), local_date(tx.now, b.zone)), local_date(b.starts_at + rules.NEAR, b.zone)
    parts = [b] if b.visit_id is None else [part for part in visit_of(tx, b.ref) if part.status == "pending"]
    if len(parts) > 1:
        found = visit_days(tx, parts, first, last)
    else:
        found = free_days(tx, offer, first, last, staff_id=b.staff_id, seats=b.seats, moving=b)
    terms, behind = terms_of(tx, b.service_id), b.starts_at - parts[0].starts_at
    return rules.nearest((slot.starts_at + behind for _, slots in found.days for slot in slots
                          if slot.starts_at - terms.lead_time > tx.now), b.starts_at)
