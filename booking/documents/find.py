"""The documents of a booking, for the doors."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import and_, exists, literal_column, or_, select

from booking.documents.pdf import render
from booking.documents.printed import Issued, printed
from models.booking import Booking
from models.document import Document
from models.refund import Refund
from models.session import Tx
from models.statement import Statement, param


class Listed(NamedTuple):
    """A document in a list."""

    number: int
    kind: str
    amount: int
    currency: str


STANDS = or_(Document.refund_id.is_(None), exists().where(
    Refund.store_id == Document.store_id, Refund.id == Document.refund_id, or_(Refund.state == "succeeded", Refund.given >= Document.covers)))
"""What customers are shown: not the credit note of money that failed to arrive after all, until it has come back another way (R24)."""
_LISTED = select(Document.number, Document.kind, Document.amount, Document.currency).where(
    Document.store_id == param("store"), Document.booking_id == param("booking")).order_by(Document.number)
_OF_BOOKING, _STANDING = Statement(_LISTED, Listed), Statement(_LISTED.where(STANDS), Listed)


def of_booking(tx: Tx, booking_id: int) -> list[Listed]:
    """All that were issued, oldest first."""
    return _OF_BOOKING.rows(tx, booking=booking_id)


def standing(tx: Tx, booking_id: int) -> list[Listed]:
    """Those for the customer, oldest first."""
    return _STANDING.rows(tx, booking=booking_id)


_NEWEST = select(
    Document.number, Document.kind, Document.amount, Document.currency, Document.facts, Document.issued_at, Booking.contact_name,
).join(Booking, and_(Booking.store_id == Document.store_id, Booking.id == Document.booking_id)).where(
    Document.store_id == param("store"), Document.booking_id == param("booking")).order_by(Document.number.desc()).limit(literal_column("1"))
_DOCUMENT, _NUMBERED = Statement(_NEWEST.where(STANDS), Issued), Statement(_NEWEST.where(Document.number == param("number")), Issued)


def find(tx: Tx, booking_id: int, number: int | None = None) -> Issued | None:
    """The document of this booking with `number`, the newest of the customer's without; None when there is none."""
    return _DOCUMENT.first(tx, booking=booking_id) if number is None else _NUMBERED.first(tx, booking=booking_id, number=number)


def pdf(document: Issued, *, masked: bool = False) -> bytes:
    return render(printed(document, masked=masked), document.issued_at)


def file_name(document: Issued) -> str:
    return f"{'receipt' if document.kind == 'receipt' else 'credit-note'}-{document.number}.pdf"
