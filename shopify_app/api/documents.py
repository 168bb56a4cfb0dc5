"""Receipts and credit notes of a booking, and their PDF (R39)."""

from __future__ import annotations

from typing import Any

from flask import Response

from booking.documents.find import file_name, find, of_booking, pdf
from booking.rules.decision import Refused
from models.booking_summary import find as find_booking
from models.session import reading
from shopify_app.api.bookings import known_ref
from shopify_app.api.call import Call
from shopify_app.api.door import PREFIX, number, operation
from shopify_app.api.shapes import bookings as s
from shopify_app.api.shapes.base import Pdf


@operation("GET", "/bookings/{ref}/documents", summary="Receipts and credit notes of a booking, oldest first", answer=s.Documents)
def list_documents(call: Call, ref: str) -> Any:
    with reading(call.store_id) as tx:
        b = find_booking(tx, known_ref(ref))
        if b is None:
            raise Refused("not_found")
        return {"items": [{
            "number": one.number, "kind": one.kind, "amount": {"amount": one.amount, "currency": one.currency},
            "url": f"{PREFIX}/bookings/{b.ref}/documents/{one.number}"} for one in of_booking(tx, b.id)]}


@operation("GET", "/bookings/{ref}/documents/{document}", summary="A receipt or credit note as PDF", answer=Pdf)
def get_document(call: Call, ref: str, document: str) -> Response:
    with reading(call.store_id) as tx:
        b = find_booking(tx, known_ref(ref))
        found = None if b is None else find(tx, b.id, number(document))
    if found is None:
        raise Refused("not_found")
    return Response(pdf(found), mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{file_name(found)}"'})
