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
    """What came back of a refund by the shop, not by a bank; `methods` are those of the payments it went back to, `until` the end of
    credit. `parts` are (amount, method), in the order they came back."""

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
    parts: tuple[tuple[int, str], ...]

    def step(self, start: int, end: int) -> Returned:
        """Of what came back the money from `start` to `end`: what is kept is told with the first."""
        met, methods = 0, []
        for amount, method in self.parts:
            if met < end and met + amount > start:
                methods.append(method)
            met += amount
        return self._replace(amount=end - start, methods=tuple(dict.fromkeys(methods)), **({"kept": 0, "fee": 0} if start else {}))


class _Covered(NamedTuple):
    """By booking: the payments covered so far and the numbers of the receipts; by refund: how much of it has credit notes."""

    payments: dict[int, int]
    receipts: dict[int, list[int]]
    refunds: dict[int, int]


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
        yield taken[-1].at, "receipt", b.id, None, new, total, b.currency, receipt_facts(legal, b, taken, _noted(returned, covered), new)


def _credit_notes(legal: LegalStore, b: BookingSummary, taken: list[Taken], returned: list[Returned], covered: _Covered) -> Iterator[tuple]:
    before = _noted(returned, covered)
    for refund in returned:
        noted = covered.refunds.get(refund.id, 0)
        if refund.amount > noted:
            before = [*before, refund.step(noted, refund.amount)]
            yield (max(refund.at, taken[-1].at), "credit_note", b.id, refund.id, before[-1].amount, refund.amount, b.currency,
                   credit_note_facts(legal, b, taken, before, covered.receipts[b.id]))


def _noted(returned: list[Returned], covered: _Covered) -> list[Returned]:
    """What has its credit note."""
    return [refund.step(0, noted) for refund in returned if (noted := covered.refunds.get(refund.id, 0))]


def _taken(tx: Tx, booking_ids: Collection[int]) -> list[Taken]:
    return [Taken(*row) for row in tx.db.execute(select(Payment.booking_id, Payment.amount, Payment.method, Payment.captured_at).where(
        Payment.store_id == tx.store_id, Payment.booking_id.in_(booking_ids)).order_by(Payment.captured_at, Payment.id))]


def _returned(tx: Tx, booking_ids: Collection[int]) -> list[Returned]:
    until = select(func.min(Credit.expires_at)).where(Credit.store_id == Refund.store_id, Credit.refund_id == Refund.id).scalar_subquery()
    at = func.coalesce(RefundLine.settled_at, Refund.settled_at, Refund.created_at)
    rows = tx.db.execute(select(
        Refund.booking_id, Refund.id, Refund.cause, Refund.outcome, Refund.kept, Refund.fee, at.label("at"), until.label("until"),
        RefundLine.amount, RefundLine.by_hand, Payment.method,
    ).join(RefundLine, and_(RefundLine.store_id == Refund.store_id, RefundLine.refund_id == Refund.id)).join(
        Payment, and_(Payment.store_id == RefundLine.store_id, Payment.id == RefundLine.payment_id)).where(
            Refund.store_id == tx.store_id, Refund.booking_id.in_(booking_ids), RefundLine.state == "succeeded", Refund.state != "none",
            Refund.cause != "dispute").order_by(at, RefundLine.id)).all()
    parts = defaultdict(list)
    for row in rows:
        parts[row.id].append((row.amount, "hand" if row.by_hand and row.method in ("card", "shopify") else row.method))
    last = {row.id: row for row in rows}  # the order of their last parts
    found = [Returned(row.booking_id, row.id, row.cause, row.outcome, sum(amount for amount, _ in parts[row.id]), row.kept, row.fee, row.at,
                      tuple(dict.fromkeys(method for _, method in parts[row.id])), row.until, tuple(parts[row.id])) for row in last.values()]
    return sorted(found, key=lambda refund: (refund.at, refund.id))


def _covered(tx: Tx, booking_ids: Collection[int]) -> _Covered:
    covered = _Covered({}, defaultdict(list), defaultdict(int))
    for row in tx.db.execute(select(Document.booking_id, Document.kind, Document.covers, Document.refund_id, Document.number,
                                         Document.amount).where(
            Document.store_id == tx.store_id, Document.booking_id.in_(booking_ids)).order_by(Document.number)):
        if row.kind == "receipt":
            covered.payments[row.booking_id] = row.covers
            covered.receipts[row.booking_id].append(row.number)
        else:
            covered.refunds[row.refund_id] += row.amount
    return covered


def _by_booking(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.booking_id].append(row)
    return found
