"""Writing checked rows: whole batches, set by set, with the same guards as every other booking."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, Text, any_, literal, select, text

from booking.actions.action import Done, action
from booking.importing.catalogue import Catalogue, place_of
from booking.importing.rows import BadRow, ImportRow
from booking.slots import lock_staff
from models import policy_copy
from models.base import new_id, new_ref
from models.booking import Booking
from models.customer import Customer
from models.occupancy import LONGEST_SPAN_HOURS, Occupancy
from models.service import Service
from models.session import Tx
from models.store import Store

OPEN = ("pending", "confirmed")


@dataclass
class Loaded:
    """What a batch did. `bad` are rows that met another booking."""

    imported: int = 0
    known: int = 0
    flagged: int = 0
    bad: list[BadRow] = field(default_factory=list)


@action
def import_batch(tx: Tx, rows: Sequence[ImportRow], catalogue: Catalogue, source: str, *, flag_overlaps: bool = False,
                 dry_run: bool = False) -> Done:
    """Write rows that are not there yet, all in this transaction; `facts["loaded"]` is a Loaded.

    Idempotent on (source, external id). A row that would overlap is left out and named, or with `flag_overlaps` taken and
    put on the conflicts list. No messages leave: these people already have their confirmations.
    """
    loaded = Loaded()
    fresh = _without_known(tx, rows, source, loaded)
    staff_of = {row: catalogue.staff[row.staff.lower()] for row in fresh}
    if not dry_run:
        lock_staff(tx, sorted({staff_id for staff_id, _ in staff_of.values()}))
    taken = _Busy(tx, {staff_id for staff_id, _ in staff_of.values()}, fresh)
    accepted: list[tuple[ImportRow, str, bool]] = []
    for row in fresh:
        status = row.status or ("confirmed" if row.ends_at > tx.now else "completed")
        overlap = status in OPEN and taken.meets(staff_of[row][0], row)
        if overlap and not flag_overlaps:
            loaded.bad.append(BadRow(row.line, overlap))
            continue
        if status in OPEN:
            taken.add(staff_of[row][0], row)
        accepted.append((row, status, bool(overlap)))
    loaded.imported = len(accepted)
    loaded.flagged = sum(flagged for *_, flagged in accepted)
    if accepted and not dry_run:
        _write(tx, accepted, catalogue, source)
    return Done(facts={"loaded": loaded})


def _without_known(tx: Tx, rows: Sequence[ImportRow], source: str, loaded: Loaded) -> list[ImportRow]:
    known = set(tx.db.execute(select(Booking.external_id).where(
        Booking.store_id == tx.store_id, Booking.source == source,
        Booking.external_id == any_(literal([row.external_id for row in rows], ARRAY(Text))))).scalars())
    fresh: list[ImportRow] = []
    for row in rows:
        if row.external_id in known:
            loaded.known += 1
        else:
            known.add(row.external_id)
            fresh.append(row)
    return fresh


class _Busy:
    """Busy time of the staff of a batch: what the database holds, and rows accepted so far, with their lines."""

    def __init__(self, tx: Tx, staff: set[int], rows: Sequence[ImportRow]) -> None:
        self.spans: dict[int, list[tuple[datetime, datetime, int]]] = {}
        if not rows:
            return
        first = min(row.starts_at for row in rows) - timedelta(hours=LONGEST_SPAN_HOURS)
        last = max(row.ends_at for row in rows)
        for staff_id, start, end in tx.db.execute(select(Occupancy.staff_id, Occupancy.starts_at, Occupancy.ends_at).where(
                Occupancy.store_id == tx.store_id, Occupancy.staff_id.in_(staff), Occupancy.starts_at.between(first, last),
                (Occupancy.expires_at.is_(None)) | (Occupancy.expires_at > tx.now)).order_by(Occupancy.starts_at)):
            self.spans.setdefault(staff_id, []).append((start, end, 0))

    def meets(self, staff_id: int, row: ImportRow) -> str | None:
        """The reason in words when the row overlaps, else None. Unflagged spans do not overlap each other."""
        spans = self.spans.get(staff_id, [])
        place = bisect_left(spans, (row.ends_at,))
        for start, end, line in reversed(spans[max(0, place - 50):place]):
            if end > row.starts_at:
                return f"overlaps line {line}" if line else f"overlaps what {row.staff} already has at {start:%Y-%m-%d %H:%M} UTC"
        return None

    def add(self, staff_id: int, row: ImportRow) -> None:
        insort(self.spans.setdefault(staff_id, []), (row.starts_at, row.ends_at, row.line))


def _write(tx: Tx, accepted: Sequence[tuple[ImportRow, str, bool]], catalogue: Catalogue, source: str) -> None:
    store = tx.db.execute(select(Store.currency, Store.policy).where(Store.store_id == tx.store_id)).one()
    policies = {row.id: policy_copy.keep(tx, row.policy or store.policy) for row in tx.db.execute(
        select(Service.id, Service.policy).where(Service.store_id == tx.store_id))}
    customers = _customers(tx, [row for row, *_ in accepted])
    bookings, payments, entries = [], [], []
    for row, status, flagged in accepted:
        booking_id = new_id()
        staff_id, location_id = catalogue.staff[row.staff.lower()]
        service_id = catalogue.services[row.service.lower()]
        bookings.append((
            tx.store_id, booking_id, new_ref(), status, service_id, staff_id, catalogue.locations.get(place_of(row).lower(), location_id),
            customers[_person(row)], row.starts_at, row.ends_at, row.zone, row.local_start, row.fold, flagged, flagged, row.seats,
            max(row.price or 0, row.paid), store.currency, policies[service_id], row.starts_at, row.name, row.email,
            row.email_canonical, row.phone, row.notes, None if status in OPEN else max(row.ends_at, row.booked_at or row.ends_at), source,
            row.external_id, row.booked_at or tx.now, tx.now))
        if row.paid:
            payments.append((tx.store_id, new_id(), booking_id, row.paid, store.currency, "external", row.booked_at or tx.now))
        entries.append({
            "at": tx.now.isoformat(), "actor_kind": tx.actor.kind, "channel": tx.actor.channel, "action": "import_booking",
            "subject": "booking", "subject_id": booking_id, "booking_id": booking_id,
            "after": {"status": status, "starts_at": row.starts_at.isoformat()}, "facts": {"source": source, "line": row.line}})
    copy_rows(tx, "bookings", (
        "store_id", "id", "ref", "status", "service_id", "staff_id", "location_id", "customer_id", "starts_at", "ends_at", "zone",
        "local_start", "fold", "overlap_ok", "conflict", "seats", "price", "currency", "policy_id", "original_starts_at",
        "contact_name", "contact_email", "contact_email_canonical", "contact_phone", "notes", "closed_at", "source", "external_id",
        "created_at", "updated_at"), bookings)
    copy_rows(tx, "payments", ("store_id", "id", "booking_id", "amount", "currency", "method", "captured_at"), payments)
    tx.db.execute(text("select append_audit(cast(:entries as jsonb))"), {"entries": json.dumps(entries)})


def _person(row: ImportRow) -> str:
    return row.email_canonical or row.phone or f"name:{row.name.lower()}"


def _customers(tx: Tx, rows: Sequence[ImportRow]) -> dict[str, int]:
    """Customer ids by person; an address the store knows is that customer, a proven one before a guest (R8)."""
    addresses = sorted({row.email_canonical for row in rows if row.email_canonical})
    known = {address: customer_id for address, customer_id in tx.db.execute(
        select(Customer.email_canonical, Customer.id).where(
            Customer.store_id == tx.store_id, Customer.email_canonical == any_(literal(addresses, ARRAY(Text))), Customer.erased_at.is_(None),
        ).order_by(Customer.email_verified_at.asc().nulls_first()))}
    fresh = []
    for row in rows:
        if _person(row) not in known:
            known[_person(row)] = new_id()
            fresh.append((tx.store_id, known[_person(row)], row.name, row.email, row.email_canonical, row.phone, tx.now))
    copy_rows(tx, "customers", ("store_id", "id", "name", "email", "email_canonical", "phone", "created_at"), fresh)
    return known


def copy_rows(tx: Tx, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Many rows at once: COPY into a temporary table (COPY itself knows no row level security), then one INSERT with every guard."""
    names = ", ".join(columns)
    tx.db.exec_driver_sql(f"create temporary table staged_{table} on commit drop as select {names} from {table} where false")
    with tx.driver.cursor() as cursor, cursor.copy(f"copy staged_{table} ({names}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    tx.db.exec_driver_sql(f"insert into {table} ({names}) select {names} from staged_{table}")
    tx.db.exec_driver_sql(f"drop table staged_{table}")
