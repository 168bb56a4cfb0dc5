"""Locations, staff, services, time off, class dates, customers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from shopify_app.api.shapes.base import Email, Flag, Ids, Instant, Money, MoneyIn, Name, Phone, Reason, Seats, Shape, Text
from shopify_app.api.shapes.money import CreditOut
from shopify_app.api.shapes.policy import Approval, Duration, Policy
from shopify_app.api.shapes.store_words import ServiceWords, ServiceWordsIn

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Switch = Literal["inherit", "on", "off"]
Times = Annotated[list[Annotated[list[str], Field(min_length=2, max_length=2)]], Field(max_length=24)]
Hours = Annotated[dict[Day, Times], Field(description='Wall time at the location: {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}')]
Address = Annotated[str, Field(max_length=400)]
Place = Literal["place", "online", "delivery"]
Meeting = Annotated[str, Field(max_length=500)]
Zone = Annotated[str, Field(max_length=60, description="IANA name such as America/New_York")]


class LocationIn(Shape):
    """`meeting_url` is for an online location; `{room}` in it becomes a name of its own for each booking or class date."""

    name: Name
    kind: Place = "place"
    meeting_url: Meeting | None = None
    address: Address = ""
    zone: Zone
    phone: Phone | None = None
    email: Email | None = None


class LocationPatch(Shape):
    name: Name | None = None
    kind: Place | None = None
    meeting_url: Meeting | None = None
    address: Address | None = None
    zone: Zone | None = None
    phone: Phone | None = None
    email: Email | None = None
    active: Flag | None = None


class LocationOut(Shape):
    id: str
    name: str
    kind: Place
    meeting_url: str | None
    address: str
    zone: str
    phone: str | None
    email: str | None
    active: bool


class StaffIn(Shape):
    name: Name
    email: Email | None = None
    location: str
    hours: Hours = {}
    services: Ids = []


class StaffPatch(Shape):
    name: Name | None = None
    email: Email | None = None
    location: str | None = None
    hours: Hours | None = None
    services: Ids | None = None
    active: Flag | None = None


class StaffOut(Shape):
    id: str
    name: str
    email: str | None
    location: str
    hours: Hours
    services: list[str]
    active: bool


class StaffDateIn(Shape):
    """The hours of one date instead of the week's; none: not at work."""

    hours: Times
    note: Annotated[str, Field(max_length=200)] = ""


class StaffDateOut(Shape):
    date: date
    hours: Times
    note: str


class ServiceIn(ServiceWordsIn):
    """`approval` is a short way to write `policy.approval`. Without a policy the store's is in force."""

    name: Name
    description: Text = ""
    duration: Duration
    buffer_before: Duration = "PT0S"
    buffer_after: Duration = "PT0S"
    step: Duration = "PT15M"
    lead_time: Duration = "PT0S"
    horizon: Duration = "P180D"
    capacity: Seats = 1
    price: MoneyIn | None = None
    deposit: MoneyIn | None = None
    location: str | None = None
    staff: Ids = []
    self_service: Switch = "inherit"
    reschedule: Switch = "inherit"
    cancel: Switch = "inherit"
    offer_hold: Switch = "inherit"
    approval: Approval | None = None
    policy: Policy | None = None


class ServicePatch(ServiceWordsIn):
    """`policy: null` returns to the store's policy, `location: null` to any location; other nulls mean: leave it."""

    name: Name | None = None
    description: Text | None = None
    duration: Duration | None = None
    buffer_before: Duration | None = None
    buffer_after: Duration | None = None
    step: Duration | None = None
    lead_time: Duration | None = None
    horizon: Duration | None = None
    capacity: Seats | None = None
    price: MoneyIn | None = None
    deposit: MoneyIn | None = None
    location: str | None = None
    staff: Ids | None = None
    self_service: Switch | None = None
    reschedule: Switch | None = None
    cancel: Switch | None = None
    offer_hold: Switch | None = None
    approval: Approval | None = None
    policy: Policy | None = None
    active: Flag | None = None


class ServiceOut(ServiceWords):
    """`policy` is the one in force for new bookings."""

    id: str
    name: str
    description: str
    duration: str
    buffer_before: str
    buffer_after: str
    step: str
    lead_time: str
    horizon: str
    capacity: int
    price: Money
    deposit: Money
    location: str | None
    staff: list[str]
    self_service: Switch
    reschedule: Switch
    cancel: Switch
    offer_hold: Switch
    approval: Approval
    policy: Policy
    active: bool


class SlotOut(Shape):
    """`seats_left` only for class dates."""

    starts_at: datetime
    ends_at: datetime
    staff: list[str]
    seats_left: int | None


class SlotDay(Shape):
    date: date
    slots: list[SlotOut]


class Slots(Shape):
    zone: str
    days: list[SlotDay]


class BlockIn(Shape):
    """Of one person, or of a whole location when `staff` is null."""

    staff: str | None = None
    location: str | None = None
    starts_at: Instant
    ends_at: Instant
    reason: Address = ""
    override: Flag = False


class BlockPatch(Shape):
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    reason: Address | None = None
    override: Flag = False


class BlockOut(Shape):
    id: str
    staff: str | None
    location: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    reason: str


class SessionIn(Shape):
    service: str
    staff: str
    starts_at: Instant
    capacity: Seats | None = None
    override: Flag = False


class SessionsIn(SessionIn):
    """`starts_at` is the first of them; the others follow at the same local time of the place."""

    weeks: Annotated[int, Field(strict=True, ge=1, le=53)]


class SessionPatch(Shape):
    capacity: Seats


class SessionCancel(Shape):
    reason: Reason = ""
    refund: Literal["policy", "full", "none"] = "full"


class SessionOut(Shape):
    id: str
    service: str
    staff: str
    location: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    capacity: int
    seats_taken: int
    status: Literal["scheduled", "cancelled"]


class CustomerIn(Shape):
    """At least a name or an address."""

    email: Annotated[str, Field(max_length=254)] = ""
    name: Annotated[str, Field(max_length=120)] = ""
    phone: Phone = ""


class CustomerPatch(Shape):
    email: Annotated[str, Field(max_length=254)] | None = None
    name: Annotated[str, Field(max_length=120)] | None = None
    phone: Phone | None = None


class CustomerOut(Shape):
    """`preferences`: by channel (email, sms) and kind of message, what the customer chose; without an entry nothing was chosen."""

    id: str
    name: str
    email: str | None
    phone: str | None
    verified: bool
    credit: list[CreditOut]
    language: str | None
    preferences: dict[str, Any]
    shopify_id: str | None
    has_feed: bool
    created_at: datetime
