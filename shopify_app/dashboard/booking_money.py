"""Money of one booking by hand: noting what was taken, and its receipts (R26, R39, A146)."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from booking.actions.record_payment import record_payment
from booking.documents.find import file_name, find, pdf
from booking.rules.decision import Refused
from models.booking_summary import find as find_booking
from models.session import reading
from shopify_app.dashboard import given
from shopify_app.dashboard.booking_verbs import attempt, wrong
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, screen

BY_HAND = ("cash", "external", "gift_card")


@screen("/bookings/<ref>/payments", roles=MANAGERS, methods=("POST",))
def booking_payment(visit: Visit, ref: str) -> Any:
    """Note money taken at the desk or by transfer, off what is still to pay."""
    w, method = visit.words, request.form.get("method")
    with reading(visit.store_id) as tx:
        b = find_booking(tx, given.known_ref(ref))
    if b is None:
        raise Refused("not_found")
    amount = given.amount(request.form.get("taken"), b.currency)
    if amount is None or not 0 < amount <= b.due or method not in BY_HAND:
        problem = w._("Please enter at most {amount}: what is still to pay.").format(amount=w.money(b.due, b.currency)) if b.due else \
            w._("Nothing is to pay for this booking.")
        return wrong(visit, ref, {"taken": problem})
    return attempt(visit, ref, "payment_noted", record_payment, ref, {"amount": amount, "method": method})


@screen("/bookings/<ref>/documents/<int:number>", roles=EVERYONE)
def booking_document(visit: Visit, ref: str, number: int) -> Response:
    with reading(visit.store_id) as tx:
        b = find_booking(tx, given.known_ref(ref))
        document = None if b is None else find(tx, b.id, given.known_id(number))
    if document is None:
        raise Refused("not_found")
    return Response(pdf(document), mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{file_name(document)}"'})
