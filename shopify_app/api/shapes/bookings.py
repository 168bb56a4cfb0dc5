"""Bookings, refunds, the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Strict, Tag

from shopify_app.api.shapes.base import Amount, Flag, Instant, Money, Paid, Reason, Seats, Shape, Sum, Text, Whole
from shopify_app.api.shapes.catalogue import CustomerIn
from shopify_app.api.shapes.disputes import DisputeOut
from shopify_app.api.shapes.offers import OfferOut
from shopify_app.api.shapes.refunds import BookingRefund, Outcome, RefundState

# Tags in brackets say which way of writing was meant; problems leave them out of the field's path.
WORD, OBJECT = "[text]", "[object]"


def _way(value: Any) -> str:
    return WORD if isinstance(value, str) else OBJECT


Who = Annotated[Annotated[str, Tag(WORD)] | Annotated[CustomerIn, Tag(OBJECT)], Discriminator(_way)]
"""The id of a customer, or what is known about someone."""

GivenBack = Annotated[
    Annotated[Literal["policy", "full", "none"], Tag(WORD)] | Annotated[Amount, Tag(OBJECT)], Discriminator(_way)]

Status = Literal["pending", "confirmed", "arrived", "ready_to_start", "completed", "cancelled", "no_show", "declined", "expired"]
Scope = Literal["this", "following", "all", "visit"]


class PaymentIn(Shape):
    amount: Paid
    method: Literal["card", "cash", "external", "gift_card", "shopify"]


class RepeatIn(Shape):
    """A weekly series: so many `dates`, one every so many weeks, at the same wall time."""

    dates: Annotated[int, Strict(), Field(ge=2, le=53)]
    every: Annotated[int, Strict(), Field(ge=1, le=12)] = 1


class PartIn(Shape):
    """A service right after the one before. `staff` null keeps the person where they give it, else takes anyone."""

    service: str
    staff: str | None = None


class BookingIn(Shape):
    """`staff` null means anyone. `override` books where customers could not: outside hours, too soon, or over another booking. `use_credit` pays with the customer's
    store credit as far as it goes. `delivery_address` is where the shop comes, for a location of that kind. `repeat` makes a series of it, `parts` a visit with further services right after it."""

    service: str
    staff: str | None = None
    starts_at: Instant
    seats: Seats = 1
    customer: Who
    payments: Annotated[list[PaymentIn], Field(max_length=20)] = []
    notes: Text = ""
    delivery_address: Annotated[str, Field(max_length=400)] = ""
    use_credit: Flag = False
    repeat: RepeatIn | None = None
    parts: Annotated[list[PartIn], Field(max_length=7)] = []
    notify: Flag = True
    override: Flag = False


class RescheduleIn(Shape):
    """`staff` null keeps the person. `version` refuses the move when the booking has changed since (stale). `scope` takes more dates
    of its series along, by the same shift of wall time, or moves the whole visit so that its first part is at `starts_at`."""

    scope: Scope = "this"
    starts_at: Instant
    staff: str | None = None
    version: Whole | None = None
    override: Flag = False
    notify: Flag = True


class CancelIn(Shape):
    """`scope` cancels more dates of the series, or the whole visit; `refund` is then policy, full or none for each.

    `hold_money` leaves the refund owed until someone carries it out, also where refunds go back by themselves; for one booking only.
    """

    scope: Scope = "this"
    reason: Reason = ""
    refund: GivenBack = "policy"
    seats: Seats | None = None
    version: Whole | None = None
    override: Flag = False
    notify: Flag = True
    hold_money: Flag = False


class DeclineIn(Shape):
    reason: Reason = ""
    version: Whole | None = None


class VersionIn(Shape):
    version: Whole | None = None


class NoShowIn(VersionIn):
    """Before the start needs `override`."""

    override: Flag = False


class EmptyIn(Shape):
    """No fields."""


class RefundIn(Shape):
    """`reason` is told to the customer."""

    amount: Paid
    reason: Reason = ""
    notify: Flag = True


class DocumentOut(Shape):
    """A receipt or credit note. `url` is its PDF, fetched with the same token."""

    number: int
    kind: Literal["receipt", "credit_note"]
    amount: Money
    url: str


class Documents(Shape):
    items: list[DocumentOut]


class RefundFacts(Shape):
    outcome: Outcome
    amount: Sum
    currency: str
    state: RefundState


class Party(Shape):
    id: str
    name: str
    email: str | None
    phone: str | None


class BookingLine(Shape):
    """One of several bookings that changed together."""

    ref: str
    status: Status
    version: int
    service: str
    starts_at: datetime
    ends_at: datetime


class BookingOut(Shape):
    """`series` and `visit` are the same for bookings that belong together. After a change of several, `bookings` lists them all and
    `refund` is their sum. `session` is the class date of a booking that has one; `moves_from` the time kept while a move waits
    for approval. `meeting_url` is there once an online booking is confirmed. Times carry the offset of `zone`. `refund` is there after a cancellation, decline or refund."""

    ref: str
    status: Status
    version: int
    service: str
    service_name: str
    staff: str
    staff_name: str
    location: str
    place: Literal["place", "online", "delivery"]
    meeting_url: str | None
    delivery_address: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    seats: int
    customer: Party
    price: Money
    paid: Money
    refunded: Money
    owed: Money
    due: Money
    manage_url: str
    conflict: bool
    approval_deadline: datetime | None
    created_at: datetime
    series: str | None
    visit: str | None
    session: str | None
    moves_from: datetime | None
    refund: RefundFacts | None = None
    bookings: list[BookingLine] | None = None


class Actor(Shape):
    kind: str
    id: str | None
    channel: str


class AuditOut(Shape):
    """One entry of the trail. `allowed` false: an attempt that was refused. `number` counts the store's entries without gaps, `hash` covers
    the entry and the hash before it."""

    id: str
    number: int
    hash: str
    at: datetime
    actor: Actor
    action: str
    allowed: bool
    subject: str
    subject_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    facts: dict[str, Any]


class MessageOut(Shape):
    id: str
    topic: str
    channel: Literal["email", "sms"]
    to: str
    state: Literal["due", "sent", "failed", "superseded", "unknown"]
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    error: str | None
    delivery: str | None


class PaymentOut(Shape):
    """`refunded` counts what is owed, on its way or given back."""

    id: str
    amount: Money
    refunded: Money
    method: str
    captured_at: datetime


class BookingDetail(BookingOut):
    """`offers`: counter-offers made for it, the newest round first. `policy`: as its customer reads it, in the store's language.
    `move_reason`: why the customer moved it the last time, where the shop asks. `cancel_reason`: why it was cancelled or declined, where
    somebody said."""

    policy: list[str]
    move_reason: str | None
    cancel_reason: str | None
    payments: list[PaymentOut]
    refunds: list[BookingRefund]
    disputes: list[DisputeOut]
    offers: list[OfferOut]
    audit: list[AuditOut]
    messages: list[MessageOut]


class SelfService(Shape):
    """How many changes customers made themselves (A20)."""

    since: datetime
    changes: int
    by_customers: int
    share: float | None
