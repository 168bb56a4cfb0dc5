"""What customers see of free times and send to move there, as JSON (design 4.3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from jsonapi.shapes import Instant, Minor, Money, Reason, Shape, Whole
from storefront.api.shapes import Choice


class FreeTime(Shape):
    """`notes` say what comes of this time alone: that less would be given back than now, or nothing can be changed any more."""

    starts_at: datetime
    ends_at: datetime
    staff: list[str]
    seats_left: int | None
    text: str
    notes: list[str]


class FreeDay(Shape):
    date: date
    text: str
    slots: list[FreeTime]


class DearerMove(Shape):
    """A move that costs more: the difference, what is then to pay in all, and both in a sentence (R26). `pays`: what of it is paid by card
    before the booking moves, null where all is paid at the shop; the move is then refused with the page where that is done, `pay_url`."""

    difference: Money
    difference_text: str
    due: Money
    pays: Money | None
    text: str


class FreeTimes(Shape):
    """Free times of the booking's service between `first` (today there) and `last`, days and texts in `zone`: the place's, of what is
    online the customer's own where it is known. `people` is empty where the person cannot be changed; `notes` say what a move means;
    `price` is the booking's after the move, of a visit of all its parts; `dearer` is null unless it is higher than now; `reason`: whether
    the shop asks why it is moved."""

    zone: str
    days: list[FreeDay]
    first: date
    last: date
    people: list[Choice]
    notes: list[str]
    price: Money
    dearer: DearerMove | None
    reason: Literal["none", "optional", "required"]


class MoveIn(Shape):
    """`staff`: an id or `anyone`; left out, the same person. `version` is the one the customer saw, `price` too: a dearer time is
    booked at that price only. `reason` is kept where the shop asks for one, and missing where it must be given is invalid."""

    starts_at: Instant
    staff: Annotated[str, Field(max_length=40)] | None = None
    version: Whole
    price: Minor | None = None
    reason: Reason = ""
