"""Reading the audit trail: a booking's history, the store's, and the names behind the ids in it (R41)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, cast, literal, select, union_all

from models.access import MerchantToken, User
from models.audit import AuditEntry as A
from models.booking import Booking
from models.location import Location
from models.service import Service
from models.session import Tx
from models.staff import Staff


class Entry(NamedTuple):
    """One entry with the reference of the booking it is about."""

    id: int
    chain: int
    at: datetime
    actor_kind: str
    actor_id: str | None
    actor_role: str | None
    channel: str
    action: str
    allowed: bool
    subject: str
    subject_id: int | None
    booking_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    facts: dict[str, Any]
    hash: bytes
    ref: str | None
    zone: str | None
    currency: str | None


_ENTRIES = select(*[getattr(A, name) for name in Entry._fields[:-3]], Booking.ref, Booking.zone, Booking.currency).select_from(A).outerjoin(
    Booking, (Booking.store_id == A.store_id) & (Booking.id == A.booking_id))


@dataclass(frozen=True)
class TrailFilters:
    """What the store's trail is narrowed to. `who` is customers, team, api, system or empty; instants are half-open."""

    who: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False
    subject: str = ""
    subject_id: int | None = None

    def conditions(self) -> list[Any]:
        found: list[Any] = []
        if self.who:
            found.append(A.actor_kind.in_(WHO[self.who]))
        if self.action:
            found.append(A.action == self.action)
        if self.since is not None:
            found.append(A.at >= self.since)
        if self.until is not None:
            found.append(A.at < self.until)
        if self.refused:
            found.append(~A.allowed)
        if self.subject:
            found += [A.subject == self.subject, A.subject_id == self.subject_id]
        return found


WHO = {"customers": ("customer", "link", "shopify_customer"), "team": ("user",), "api": ("token",), "system": ("system",)}


def of_booking(tx: Tx, booking_id: int) -> list[Entry]:
    """Everything that happened to a booking, latest first; what was refused too."""
    return _run(tx, _ENTRIES.where(A.store_id == tx.store_id, A.booking_id == booking_id).order_by(A.id.desc()))


def page(tx: Tx, filters: TrailFilters, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """Entries of the store, latest first, from before the entry number `before` (I66)."""
    where = [A.store_id == tx.store_id, *filters.conditions()]
    if before is not None:
        where.append(A.chain < before)
    return _run(tx, _ENTRIES.where(*where).order_by(A.chain.desc()).limit(limit))


def actions(tx: Tx) -> list[str]:
    """The actions that occur in the last 5,000 entries, for choosing one."""
    recent = select(A.action).where(A.store_id == tx.store_id).order_by(A.chain.desc()).limit(5_000).subquery()
    return sorted(tx.db.execute(select(recent.c.action).distinct()).scalars())


def broken_at(tx: Tx) -> int | None:
    """The first entry whose hash does not follow from the one before it; None when the chain holds (I63)."""
    return tx.db.exec_driver_sql("select broken_audit_chain()").scalar()


def length(tx: Tx) -> int:
    return tx.db.exec_driver_sql("select coalesce((select chain from audit_heads where store_id = %s), 0)", (tx.store_id,)).scalar() or 0


Names = dict[tuple[str, str], str]
"""(kind, id as text) -> name, for kinds user, token, staff."""


def names(tx: Tx) -> Names:
    """The people, tokens, places and services of the store; those who have left keep their names. One statement."""
    parts = [select(literal(kind), cast(table.id, String), label).where(table.store_id == tx.store_id)
             for kind, table, label in (("user", User, User.name), ("token", MerchantToken, MerchantToken.label), ("staff", Staff, Staff.name),
                                        ("location", Location, Location.name), ("service", Service, Service.name))]
    return {(row[0], row[1]): row[2] for row in tx.db.execute(union_all(*parts))}


def _run(tx: Tx, statement: Any) -> list[Entry]:
    return [Entry._make(row) for row in tx.db.execute(statement)]

