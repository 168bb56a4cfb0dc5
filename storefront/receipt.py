"""Receipts and credit notes of a booking as PDF, through either door; also when it is closed (A16, R39). Only prints: R5."""

from __future__ import annotations

from flask import Response, g, request

from booking.documents.find import file_name, find, pdf
from models.session import reading
from storefront import given
from storefront.blueprint import bp, page
from storefront.door import enter


@bp.get("/account/bookings/<ref>/receipt.pdf")
@bp.get("/manage/<ref>/receipt.pdf")
def receipt(ref: str):  # noqa: ANN201
    """The newest document, or the one with the number of `?document=`."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        wanted = request.args.get("document")
        number = given.whole_number(wanted)
        document = None if wanted and number is None else find(tx, door.b.id, number)
    if document is None:
        w = door.words
        text = w._("This booking has no receipt with that number.") if wanted else w._("No payment was taken for this booking, so there is no receipt.")
        return page("no_receipt.html", door.store, w, person=door.person, text=text, back=door.url()), 404
    return Response(pdf(document, masked=door.by_link and door.person is None), mimetype="application/pdf",
                    headers={"Content-Disposition": f'inline; filename="{file_name(document)}"'})
