"""Issues what is missing: a receipt for money taken, a credit note for each refund carried out (R39, A16).

Runs last in the transaction that moved the money. What is already covered is left alone, so calling it again changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb
from sqlalchemy import and_, func, select

from booking.documents.frozen import LegalStore, credit_note_facts, receipt_facts
from models.base import new_id
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, run
from models.document import Document
from models.payment import Payment
from models.refund import Credit, Refund, RefundLine
from models.session import Tx
from models.store import Store

_INSERT = (
    "insert into documents (store_id, id, kind, booking_id, refund_id, amount, covers, currency, facts, issued_at)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)")


class Taken(NamedTuple):
    booking_id: int
    amount: int
    method: str
    at: datetime


class Returned(NamedTuple):
    """A refund carried out by the shop, not one a bank took; `methods` are those of the payments it went back to, `until` the end of credit."""

    booking_id: int
    id: int
    cause: str
    outcome: str
    amount: int
    kept: int
    fee: int
    at: datetime
    methods: tuple[str, ...]
    until: datetime | None


class _Covered(NamedTuple):
    """By booking: the payments covered so far and the numbers of the receipts; the refunds that have their credit note."""

    payments: dict[int, int]
    receipts: dict[int, list[int]]
    refunds: set[int]


def issue(tx: Tx, booking_ids: Collection[int], *, dated_back: bool = False) -> None:
    """Write the documents these bookings lack, in the order the money moved. `dated_back` gives each the date of its money,
    for diaries that are taken over; otherwise the day of issue is today."""
    taken = _by_booking(_taken(tx, booking_ids))
    returned = _by_booking(_returned(tx, booking_ids))
    if not taken:
        return
    legal = LegalStore(*tx.db.execute(select(
        Store.name, Store.legal_name, Store.legal_address, Store.tax_id, Store.tax_percent, Store.email, Store.phone,
    ).where(Store.store_id == tx.store_id)).one())
    bookings = run(tx, SUMMARIES.where(Booking.store_id == tx.store_id, Booking.id.in_(taken.keys() | returned.keys())))
    # Receipts first: credit notes name their numbers.
    for missing in (_receipts, _credit_notes):
        covered = _covered(tx, booking_ids)
        rows = [row for b in bookings for row in missing(legal, b, taken[b.id], returned[b.id], covered)]
        rows.sort(key=lambda row: row[0])
        with tx.driver.cursor() as cursor:
            cursor.executemany(_INSERT, [
                (tx.store_id, new_id(), kind, booking_id, refund_id, amount, covers, currency, Jsonb(facts), at if dated_back else tx.now)
                for at, kind, booking_id, refund_id, amount, covers, currency, facts in rows])


def _receipts(legal: LegalStore, b: BookingSummary, taken: list[Taken], returned: list[Returned], covered: _Covered) -> Iterator[tuple]:
    total = sum(payment.amount for payment in taken)
    new = total - covered.payments.get(b.id, 0)
    if new:
        before = [refund for refund in returned if refund.id in covered.refunds]
        yield taken[-1].at, "receipt", b.id, None, new, total, b.currency, receipt_facts(legal, b, taken, before, new)


def _credit_notes(legal: LegalStore, b: BookingSummary, taken: list[Taken], returned: list[Returned], covered: _Covered) -> Iterator[tuple]:
    total = sum(payment.amount for payment in taken)
    before = [refund for refund in returned if refund.id in covered.refunds]
    for refund in returned:
        if refund.id not in covered.refunds:
            before = [*before, refund]
            yield (max(refund.at, taken[-1].at), "credit_note", b.id, refund.id, refund.amount, total, b.currency,
                   credit_note_facts(legal, b, taken, before, covered.receipts[b.id]))


def _taken(tx: Tx, booking_ids: Collection[int]) -> list[Taken]:
    return [Taken(*row) for row in tx.db.execute(select(Payment.booking_id, Payment.amount, Payment.method, Payment.captured_at).where(
        Payment.store_id == tx.store_id, Payment.booking_id.in_(booking_ids)).order_by(Payment.captured_at, Payment.id))]


def _returned(tx: Tx, booking_ids: Collection[int]) -> list[Returned]:
    methods = select(func.array_agg(func.distinct(Payment.method))).select_from(RefundLine).join(
        Payment, and_(Payment.store_id == RefundLine.store_id, Payment.id == RefundLine.payment_id)).where(
            RefundLine.store_id == Refund.store_id, RefundLine.refund_id == Refund.id).scalar_subquery()
    until = select(func.min(Credit.expires_at)).where(Credit.store_id == Refund.store_id, Credit.refund_id == Refund.id).scalar_subquery()
    rows = tx.db.execute(select(
        Refund.booking_id, Refund.id, Refund.cause, Refund.outcome, Refund.amount, Refund.kept, Refund.fee,
        func.coalesce(Refund.settled_at, Refund.created_at), methods, until,
    ).where(Refund.store_id == tx.store_id, Refund.booking_id.in_(booking_ids), Refund.state == "succeeded", Refund.amount > 0,
            Refund.cause != "dispute").order_by(func.coalesce(Refund.settled_at, Refund.created_at), Refund.id))
    return [Returned(*row[:8], tuple(row[8] or ()), row[9]) for row in rows]


def _covered(tx: Tx, booking_ids: Collection[int]) -> _Covered:
    covered = _Covered({}, defaultdict(list), set())
    for row in tx.db.execute(select(Document.booking_id, Document.kind, Document.covers, Document.refund_id, Document.number).where(
            Document.store_id == tx.store_id, Document.booking_id.in_(booking_ids)).order_by(Document.number)):
        if row.kind == "receipt":
            covered.payments[row.booking_id] = row.covers
            covered.receipts[row.booking_id].append(row.number)
        else:
            covered.refunds.add(row.refund_id)
    return covered


def _by_booking(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.booking_id].append(row)
    return found
