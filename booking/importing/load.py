"""Writing checked rows: whole batches, set by set, with the same guards as every other booking."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, Text, any_, literal, select, text

from booking.actions.action import Done, action
from booking.importing import drafts
from booking.importing.copying import cell, copy_lines, copy_rows
from booking.importing.drafts import Draft
from booking.importing.rows import BadRow, ImportRow
from booking.importing.terms import terms
from booking.staff_locks import lock_staff
from models.base import new_id
from models.booking import Booking
from models.customer import Customer
from models.occupancy import LONGEST_SPAN_HOURS, Occupancy
from models.session import Tx

OPEN = ("pending", "confirmed")


@dataclass
class Loaded:
    """What a batch did. `bad` are rows that met another booking, `customers` whose customer there is now."""

    imported: int = 0
    known: int = 0
    flagged: int = 0
    bad: list[BadRow] = field(default_factory=list)
    customers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Accepted:
    """A draft and what its transaction decided about it."""

    draft: Draft
    status: str
    flagged: bool


@action
def import_batch(tx: Tx, batch: Sequence[Draft], source: str, *, flag_overlaps: bool = False, dry_run: bool = False) -> Done:
    """Write rows that are not there yet, all in this transaction; `facts["loaded"]` is a Loaded.

    Idempotent on (source, external id). A row that would overlap is left out and named, or with `flag_overlaps` taken and
    put on the conflicts list. No messages leave: these people already have their confirmations.
    """
    loaded = Loaded()
    fresh = _without_known(tx, batch, source, loaded)
    staff = {draft.staff_id for draft in fresh}
    if not dry_run:
        lock_staff(tx, staff)
    taken = _Busy(tx, staff, fresh)
    accepted: list[Accepted] = []
    for draft in fresh:
        row = draft.row
        status = row.status or ("confirmed" if row.ends_at > tx.now else "completed")
        overlap = status in OPEN and taken.meets(draft.staff_id, row)
        if overlap and not flag_overlaps:
            loaded.bad.append(BadRow(row.line, overlap))
            continue
        if status in OPEN:
            taken.add(draft.staff_id, row)
        accepted.append(Accepted(draft, status, bool(overlap)))
    loaded.imported = len(accepted)
    loaded.flagged = sum(one.flagged for one in accepted)
    if accepted and not dry_run:
        loaded.customers = _write(tx, accepted, source)
    return Done(facts={"loaded": loaded})


def _without_known(tx: Tx, batch: Sequence[Draft], source: str, loaded: Loaded) -> list[Draft]:
    known = set(tx.db.execute(select(Booking.external_id).where(
        Booking.store_id == tx.store_id, Booking.source == source,
        Booking.external_id == any_(literal([draft.row.external_id for draft in batch], ARRAY(Text))))).scalars())
    fresh: list[Draft] = []
    for draft in batch:
        if draft.row.external_id in known:
            loaded.known += 1
        else:
            known.add(draft.row.external_id)
            fresh.append(draft)
    return fresh


class _Busy:
    """Busy time of the staff of a batch: what the database holds, and rows accepted so far, with their lines."""

    def __init__(self, tx: Tx, staff: set[int], batch: Sequence[Draft]) -> None:
        self.spans: dict[int, list[tuple[datetime, datetime, int]]] = {}
        self.longest = timedelta()
        if not batch:
            return
        first = min(draft.row.starts_at for draft in batch)
        last = max(draft.row.ends_at for draft in batch)
        for staff_id, start, end in tx.db.execute(select(Occupancy.staff_id, Occupancy.starts_at, Occupancy.ends_at).where(
                Occupancy.store_id == tx.store_id, Occupancy.staff_id.in_(staff), Occupancy.ends_at > first,
                Occupancy.starts_at.between(first - timedelta(hours=LONGEST_SPAN_HOURS), last),
                (Occupancy.expires_at.is_(None)) | (Occupancy.expires_at > tx.now)).order_by(Occupancy.starts_at)):
            self.spans.setdefault(staff_id, []).append((start, end, 0))
            self.longest = max(self.longest, end - start)

    def meets(self, staff_id: int, row: ImportRow) -> str | None:
        """The reason in words when the row overlaps, else None. Nothing that began longer ago than the longest span is asked."""
        spans = self.spans.get(staff_id, [])
        earliest = row.starts_at - self.longest
        for place in range(bisect_left(spans, (row.ends_at,)) - 1, -1, -1):
            start, end, line = spans[place]
            if end > row.starts_at:
                return f"overlaps line {line}" if line else f"overlaps what {row.staff} already has at {start:%Y-%m-%d %H:%M} UTC"
            if start <= earliest:
                break
        return None

    def add(self, staff_id: int, row: ImportRow) -> None:
        insort(self.spans.setdefault(staff_id, []), (row.starts_at, row.ends_at, row.line))
        self.longest = max(self.longest, row.ends_at - row.starts_at)


def _write(tx: Tx, accepted: Sequence[Accepted], source: str) -> set[str]:
    """Everything of the accepted rows; whose they are."""
    currency, policies = terms(tx, {one.draft.service_id for one in accepted})
    customers = _customers(tx, [one.draft for one in accepted])
    copy_lines(tx, "bookings", ("status", "customer_id", "policy_id", "overlap_ok", *drafts.COLUMNS), [
        f"{one.status}\t{customers[one.draft.person]}\t{policies[one.draft.service_id]}\t{one.flagged}\t{one.draft.cells}" for one in accepted], {
        "store_id": "%s", "conflict": "overlap_ok", "original_starts_at": "starts_at", "currency": "%s", "source": "%s",
        "closed_at": "case when status in ('pending', 'confirmed') then null else greatest(ends_at, created_at) end", "created_at": "coalesce(created_at, %s)",
        "updated_at": "%s"}, (tx.store_id, currency, source, tx.now, tx.now))
    payments = [(tx.store_id, new_id(), one.draft.id, one.draft.row.paid, currency, "external", one.draft.row.booked_at or tx.now)
                for one in accepted if one.draft.row.paid]
    if payments:
        copy_rows(tx, "payments", ("store_id", "id", "booking_id", "amount", "currency", "method", "captured_at"), payments)
    said = json.dumps({"at": tx.now.isoformat(), "actor_kind": tx.actor.kind, "channel": tx.actor.channel, "action": "import_booking",
                       "subject": "booking"})[:-1]
    origin = json.dumps(source)
    tx.db.execute(text("select append_audit(cast(:entries as jsonb))"), {"entries": "[" + ", ".join([
        f'{said}, "subject_id": {one.draft.id}, "booking_id": {one.draft.id}, "after": {{"status": "{one.status}", "starts_at": '
        f'"{one.draft.row.starts_at.isoformat()}"}}, "facts": {{"source": {origin}, "line": {one.draft.row.line}}}}}' for one in accepted]) + "]"})
    return set(customers)


def _customers(tx: Tx, batch: Sequence[Draft]) -> dict[str, int]:
    """Customer ids by person; an address the store knows is that customer, a proven one before a guest (R8)."""
    addresses = sorted({draft.row.email_canonical for draft in batch if draft.row.email_canonical})
    known = {address: customer_id for address, customer_id in tx.db.execute(
        select(Customer.email_canonical, Customer.id).where(
            Customer.store_id == tx.store_id, Customer.email_canonical == any_(literal(addresses, ARRAY(Text))), Customer.erased_at.is_(None),
        ).order_by(Customer.email_verified_at.asc().nulls_first()))}
    fresh = {draft.person: draft.row for draft in reversed(batch) if draft.person not in known}
    ids = dict(zip(fresh, sorted(new_id() for _ in fresh), strict=True))
    if fresh:
        copy_lines(tx, "customers", ("id", "name", "email", "email_canonical", "phone"), [
            f"{ids[person]}\t{cell(row.name)}\t{cell(row.email)}\t{cell(row.email_canonical)}\t{cell(row.phone)}" for person, row in fresh.items()],
            {"store_id": "%s", "created_at": "%s"}, (tx.store_id, tx.now))
    return known | ids
