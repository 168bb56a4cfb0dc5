"""Where a booking takes place: at an address, behind a link, or at the customer's own address (A149)."""

from __future__ import annotations

from typing import NamedTuple

from booking.keys import keyed_hash
from models.booking_summary import BookingSummary

ROOM = "{room}"
OPEN_FOR = frozenset({"confirmed", "arrived", "ready_to_start"})


class Place(NamedTuple):
    """`address` is what people go to or where the shop comes; `link` where they meet online, None until the booking is confirmed."""

    kind: str
    name: str
    address: str
    link: str | None

    @property
    def line(self) -> str:
        """Name and whereabouts on one line, for messages and calendar entries."""
        return ", ".join(filter(None, (self.name, self.whereabouts)))

    @property
    def whereabouts(self) -> str:
        return self.link or self.address


def place_of(b: BookingSummary) -> Place:
    """The place of a booking. A request gets no link (D16), and neither does what is over; a move keeps it (D22c)."""
    if b.location_kind == "online":
        return Place("online", b.location_name, "", meeting_link(b) if b.status in OPEN_FOR else None)
    return Place(b.location_kind, b.location_name, b.delivery_address if b.location_kind == "delivery" else b.location_address, None)


def meeting_link(b: BookingSummary) -> str | None:
    """The location's link; `{room}` in it becomes a name nobody can guess: one for each booking, the same for all of a class date."""
    if not b.location_meeting_url:
        return None
    return b.location_meeting_url.replace(ROOM, keyed_hash("room", b.store_id, "date" if b.session_id else "booking", b.session_id or b.id)[:24])
