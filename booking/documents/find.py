"""The documents of a booking, for the doors."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import and_, literal_column, select

from booking.documents.pdf import render
from booking.documents.printed import Issued, printed
from models.booking import Booking
from models.document import Document
from models.session import Tx
from models.statement import Statement, param


class Listed(NamedTuple):
    """A document in a list."""

    number: int
    kind: str
    amount: int
    currency: str


_OF_BOOKING = Statement(select(Document.number, Document.kind, Document.amount, Document.currency).where(
    Document.store_id == param("store"), Document.booking_id == param("booking")).order_by(Document.number), Listed)


def of_booking(tx: Tx, booking_id: int) -> list[Listed]:
    """Oldest first."""
    return _OF_BOOKING.rows(tx, booking=booking_id)


_NEWEST = select(
    Document.number, Document.kind, Document.amount, Document.currency, Document.facts, Document.issued_at, Booking.contact_name,
).join(Booking, and_(Booking.store_id == Document.store_id, Booking.id == Document.booking_id)).where(
    Document.store_id == param("store"), Document.booking_id == param("booking")).order_by(Document.number.desc()).limit(literal_column("1"))
_DOCUMENT, _NUMBERED = Statement(_NEWEST, Issued), Statement(_NEWEST.where(Document.number == param("number")), Issued)


def find(tx: Tx, booking_id: int, number: int | None = None) -> Issued | None:
    """The document of this booking with `number`, the newest without; None when there is none."""
    return _DOCUMENT.first(tx, booking=booking_id) if number is None else _NUMBERED.first(tx, booking=booking_id, number=number)


def pdf(document: Issued, *, masked: bool = False) -> bytes:
    return render(printed(document, masked=masked), document.issued_at)


def file_name(document: Issued) -> str:
    return f"{'receipt' if document.kind == 'receipt' else 'credit-note'}-{document.number}.pdf"
