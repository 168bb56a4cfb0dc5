"""Standing counter-offers as the pages show them (R35)."""

from __future__ import annotations

from dataclasses import dataclass

from booking.counter_offers import standing_of, takeable
from models.session import Tx
from storefront.door import Door


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One offer that stands; `label` is the whole of it for screen readers. Not `free`: somebody else has the time by now."""

    round: int
    n: int
    free: bool
    url: str
    date: str
    time: str
    staff: str
    until: str
    label: str


def offer_lines(tx: Tx, door: Door) -> list[OfferLine]:
    """By number; empty for bookings that wait for nothing, without a question to the database."""
    w, b = door.words, door.b
    standing = standing_of(tx, b)
    free = takeable(tx, b, standing)
    return [OfferLine(
        offer.round, offer.n, offer.n in free, door.url(f"offers/{offer.n}", round=offer.round), w.date(offer.starts_at, door.zone), w.span(offer.starts_at, offer.ends_at, door.zone),
        offer.staff_name, w.when(offer.expires_at, door.zone),
        w._("{when}, with {staff}").format(when=w.when(offer.starts_at, door.zone), staff=offer.staff_name)) for offer in standing]
