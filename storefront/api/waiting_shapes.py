"""The full classes a customer waits for, as JSON."""

from __future__ import annotations

from datetime import datetime

from jsonapi.shapes import Shape
from storefront.api.shapes import HeldTime


class ClassWaitOut(Shape):
    """A date of a full class, or a time asked for in vain, that the customer waits for: the place in line from 1, and what is held now.
    `url` is its page. Times carry the offset of `zone`; of what is online `when` is told in the customer's own zone where it is known,
    and `when_there` in `zone`."""

    id: str
    service_name: str
    staff_name: str
    location_name: str
    address: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    when: str
    when_there: str | None
    seats: int
    place: int
    place_text: str
    held: HeldTime | None
    url: str
