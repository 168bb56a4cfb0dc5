"""Counter-offers: proposing other times for a request, and what came of them (R35)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from booking import counter_offers
from booking.actions.make_offers import Proposal, make_offers
from booking.rules.decision import Refused
from models.booking_summary import BookingSummary, find
from models.session import Tx, reading
from shopify_app.api.bookings import known_ref, offers_out
from shopify_app.api.call import Call
from shopify_app.api.door import operation, reference
from shopify_app.api.shapes import offers as s


def _shown(tx: Tx, b: BookingSummary, origin: str) -> s.OffersOut:
    here = ZoneInfo(b.zone)
    return s.OffersOut(offers=offers_out(tx, b, origin), suggestions=[at.astimezone(here) for at in counter_offers.suggestions(tx, b)])


@operation("GET", "/bookings/{ref}/offers", summary="Times offered for a request, and times that could be", answer=s.OffersOut)
def list_offers(call: Call, ref: str) -> s.OffersOut:
    with reading(call.store_id) as tx:
        b = find(tx, known_ref(ref))
        if b is None:
            raise Refused("not_found")
        return _shown(tx, b, call.origin)


@operation("POST", "/bookings/{ref}/offers", summary="Offer other times for a request; a new round voids the old", body=s.OffersIn,
           answer=s.OffersOut, status=201)
def post_offers(call: Call, ref: str) -> Any:
    b = call.body
    proposals = None
    if b.offers is not None:
        proposals = [Proposal(o.starts_at, reference(o.staff, f"offers.{number}.staff")) for number, o in enumerate(b.offers)]
    elif b.starts_at is not None:
        proposals = [Proposal(at, reference(b.staff, "staff")) for at in b.starts_at]
    return call.act(make_offers, known_ref(ref), proposals, version=b.version,
                    show=lambda tx, done: _shown(tx, done.booking, call.origin))
