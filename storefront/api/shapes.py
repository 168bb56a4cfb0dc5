"""What customers send and see of their bookings as JSON (design 4.3). Sentences are in the customer's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, Strict

from jsonapi.shapes import Flag, Listing, Money, Reason, Seats, Shape, Sum, Whole

Status = Literal["pending", "confirmed", "arrived", "ready_to_start", "completed", "cancelled", "no_show", "declined", "expired"]
Outcome = Literal["full", "partial", "credit", "forfeit", "none"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Band = Literal["morning", "afternoon", "evening"]


class Contact(Shape):
    name: str
    email: str | None
    phone: str | None


class BookingLinks(Shape):
    """Pages that open without another login: of the booking, its calendar file, its receipt, its saved card."""

    page: str
    calendar: str
    card: str


class CustomerBooking(Shape):
    """One booking in a list. Times carry the offset of `zone`; `when` and `status_text` are for people: of an online
    booking `when` is told in the customer's own zone where it is known, and `when_there` in `zone`; `days` are the dates it touches in a
    calendar told the same way. `address` is where to go;
    of an online booking its link, also in `meeting_url`, once it is confirmed; of a delivery the customer's. `visit` is the same for the
    open parts of a visit: what may be done is said of the whole of it."""

    ref: str
    status: Status
    status_text: str
    version: int
    service: str
    service_name: str
    staff: str
    staff_name: str
    location: str
    location_name: str
    address: str
    place: Literal["place", "online", "delivery"]
    meeting_url: str | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    when: str
    when_there: str | None
    days: list[date]
    seats: int
    price: Money
    paid: Money
    refunded: Money
    owed: Money
    can_reschedule: bool
    can_cancel: bool
    visit: str | None
    manage_url: str
    created_at: datetime


class CustomerBookings(Listing[CustomerBooking]):
    """`week_starts`: the day a week begins on where this customer is, for laying out a calendar."""

    week_starts: Weekday


class Permission(Shape):
    """Whether the customer may do it now, until when, and in words. `reason` is a problem code where they may not; `deadline_text` says
    until when they could, to stand beside `sentence`."""

    allowed: bool
    reason: str | None
    sentence: str
    deadline: datetime | None
    deadline_text: str | None = None


class Permissions(Shape):
    reschedule: Permission
    cancel: Permission
    feedback: Permission
    waitlist: Permission
    card: Permission
    offers: Permission


class HeldTime(Shape):
    """An earlier time that is held for this customer; `url` is the page to take it."""

    starts_at: datetime
    staff_name: str
    expires_at: datetime
    sentence: str
    url: str


class WaitingOut(Shape):
    """How the booking waits for an earlier time: the place in line, the wishes, and what is held for it now."""

    place: int
    weekdays: list[Weekday]
    bands: list[Band]
    anyone: bool
    until: datetime
    held: HeldTime | None


class OfferOut(Shape):
    """A time the shop offers instead of the one asked for; `n` goes into the path to accept it, `round` with the answer. Not `free`:
    somebody else has the time by now."""

    round: int
    n: int
    free: bool
    starts_at: datetime
    ends_at: datetime
    staff: str
    staff_name: str
    expires_at: datetime
    text: str


class FeedbackOut(Shape):
    """What the customer said, and the shop's answer."""

    rating: int
    comment: str
    publish: bool
    reply: str | None


class TogetherLine(Shape):
    """`ref` may be this booking's own."""

    ref: str
    text: str
    status_text: str


class Together(Shape):
    """What the booking belongs to: the dates of a series, the parts of a visit. A visit is moved and cancelled as one; with `part_cancel`
    one part of it can also be cancelled alone."""

    kind: Literal["series", "visit"]
    part_cancel: bool
    bookings: list[TogetherLine]


class WayBack(Shape):
    """The old time of a move that waits for the shop. To move there, with `staff` where it is not null, takes the request back; `text` says so."""

    starts_at: datetime
    staff: str | None
    text: str


class AgainOut(Shape):
    """The time of a request that was turned down can be waited for, or is: in words, and the page to do or see it, with its own words."""

    text: str
    action: str
    url: str


class DocumentOut(Shape):
    """A receipt or credit note; `url` opens the PDF."""

    number: int
    kind: Literal["receipt", "credit_note"]
    title: str
    amount: Money
    url: str


class BookAnew(Shape):
    """The page to book the same anew, and what the way there is called: where that takes the place of cancelling, or the booking is over."""

    text: str
    url: str


class Labelled(Shape):
    label: str
    value: str


class CancelRefund(Shape):
    """What came of the money. `state` owed: it is carried out next; `money` says how each part of it comes back."""

    outcome: Outcome
    amount: Sum
    currency: str
    state: Literal["none", "owed", "pending", "succeeded", "failed"]


class CustomerBookingDetail(CustomerBooking):
    """`facts` and `policy` are what the booking's page shows; `money` is the final outcome of a closed booking, of a visit for all of
    it; in the answer to seats that were cancelled what comes back of those; `week_starts` puts days in order."""

    customer: Contact
    closed: bool
    facts: list[Labelled]
    policy: list[str]
    waits: str | None
    way_back: WayBack | None
    money: str | None
    links: BookingLinks
    actions: Permissions
    waiting: WaitingOut | None
    offers: list[OfferOut]
    feedback: FeedbackOut | None
    together: Together | None
    again: AgainOut | None
    anew: BookAnew | None
    documents: list[DocumentOut]
    refund: CancelRefund | None = None
    week_starts: Weekday


class Choice(Shape):
    id: str
    name: str


class Terms(Shape):
    title: str
    lines: list[str]


class Cancellation(Shape):
    """What cancelling now means. `quote` goes back with the decision; `until`: how long the outcome stays at least this good.

    `notes`: until when the outcome holds and cancelling is possible, in words; `terms`: the shop's own.
    `charge`: a fee beyond what was paid, and what the shop may still take from the saved card. `may_choose_credit`: ask again with `as_credit=true` for credit instead.
    `may_cancel_part`: of a visit, ask again with `part=true` for this part alone; `part`: that is what it is of.
    """

    outcome: Outcome
    amount: Sum
    kept: Sum
    currency: str
    sentence: str
    charge: str | None
    notes: list[str]
    terms: Terms | None
    as_credit: bool
    may_choose_credit: bool
    quote: str
    seats: int
    of_seats: int
    may_drop_seats: bool
    part: bool
    may_cancel_part: bool
    may_reschedule: bool
    until: datetime | None
    deadline: datetime | None


class CustomerCancelIn(Shape):
    """`seats`: so many of the party, as quoted; left out, all of them. `as_credit` and `part`: as quoted too."""

    quote: Annotated[str, Field(max_length=4000)]
    reason: Reason = ""
    seats: Seats | None = None
    as_credit: Flag = False
    part: Flag = False


class OfferAnswer(Shape):
    """`round` of the offers the customer saw: where the shop has made others since, the answer is 409 stale with these under `offers`.
    Left out, the newest round is meant."""

    round: Whole | None = None


class FeedbackIn(Shape):
    """One to five stars, and words if the customer has any. `publish`: the shop may show it with the first name."""

    rating: Annotated[int, Strict(), Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=2000)] = ""
    publish: Flag = False


class WaitlistIn(Shape):
    """Which earlier times would suit: weekdays, parts of the day, and whether anyone may give the service. Left out or empty: any."""

    weekdays: Annotated[list[Weekday], Field(max_length=7)] = []
    bands: Annotated[list[Band], Field(max_length=3)] = []
    anyone: Flag = False
