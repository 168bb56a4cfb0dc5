"""The shapes of the merchant API: what is read, what is written. Unknown fields are refused (I53)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Switch = Literal["inherit", "on", "off"]
Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Minor = Annotated[int, Field(ge=0, le=10**12)]
T = TypeVar("T")


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Money(Shape):
    """Minor units of the currency."""

    amount: Minor
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Listing(Shape, Generic[T]):
    items: list[T]
    next: str | None = None


class ProblemError(Shape):
    field: str
    problem: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable."""

    model_config = ConfigDict(extra="allow")
    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[ProblemError] | None = None


class StoreOut(Shape):
    id: str
    slug: str
    name: str
    kind: str
    zone: str
    currency: str
    locale: str
    email: str | None
    phone: str | None
    accent: str | None
    reschedule: bool
    cancel: bool
    real_time: bool
    open_for_booking: bool
    require_login_to_cancel: bool
    policy: dict[str, Any]


class StorePatch(Shape):
    name: Name | None = None
    zone: str | None = None
    locale: Annotated[str, Field(max_length=20)] | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    accent: str | None = None
    reschedule: bool | None = None
    cancel: bool | None = None
    real_time: bool | None = None
    open_for_booking: bool | None = None
    require_login_to_cancel: bool | None = None
    policy: dict[str, Any] | None = None


class LocationIn(Shape):
    name: Name
    address: Annotated[str, Field(max_length=400)] = ""
    zone: str
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=320)] | None = None


class LocationPatch(Shape):
    name: Name | None = None
    address: Annotated[str, Field(max_length=400)] | None = None
    zone: str | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    active: bool | None = None


class LocationOut(LocationIn):
    id: str
    active: bool


class StaffIn(Shape):
    name: Name
    email: Annotated[str, Field(max_length=320)] | None = None
    location: str
    hours: dict[Day, list[list[str]]] = {}
    services: list[str] = []


class StaffPatch(Shape):
    name: Name | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    location: str | None = None
    hours: dict[Day, list[list[str]]] | None = None
    services: list[str] | None = None
    active: bool | None = None


class StaffOut(Shape):
    id: str
    name: str
    email: str | None
    location: str
    hours: dict[str, list[list[str]]]
    services: list[str]
    active: bool


class ServiceIn(Shape):
    """Durations are ISO 8601: PT60M, PT2H; the horizon in days, P180D."""

    name: Name
    description: Text = ""
    duration: str
    buffer_before: str = "PT0S"
    buffer_after: str = "PT0S"
    step: str = "PT15M"
    lead_time: str = "PT0S"
    horizon: str = "P180D"
    capacity: Annotated[int, Field(ge=1, le=10000)] = 1
    price: Money | None = None
    deposit: Money | None = None
    location: str | None = None
    staff: list[str] = []
    self_service: Switch = "inherit"
    reschedule: Switch = "inherit"
    cancel: Switch = "inherit"
    approval: Literal["automatic", "manual"] | None = None
    policy: dict[str, Any] | None = None


class ServicePatch(Shape):
    name: Name | None = None
    description: Text | None = None
    duration: str | None = None
    buffer_before: str | None = None
    buffer_after: str | None = None
    step: str | None = None
    lead_time: str | None = None
    horizon: str | None = None
    capacity: Annotated[int, Field(ge=1, le=10000)] | None = None
    price: Money | None = None
    deposit: Money | None = None
    location: str | None = None
    staff: list[str] | None = None
    self_service: Switch | None = None
    reschedule: Switch | None = None
    cancel: Switch | None = None
    approval: Literal["automatic", "manual"] | None = None
    policy: dict[str, Any] | None = None
    active: bool | None = None


class ServiceOut(Shape):
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
    approval: str
    policy: dict[str, Any]
    active: bool


class BlockIn(Shape):
    staff: str | None = None
    location: str | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: Annotated[str, Field(max_length=400)] = ""
    override: bool = False


class BlockPatch(Shape):
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    reason: Annotated[str, Field(max_length=400)] | None = None
    override: bool = False


class BlockOut(Shape):
    id: str
    staff: str | None
    location: str
    starts_at: datetime
    ends_at: datetime
    reason: str


class SessionIn(Shape):
    service: str
    staff: str
    starts_at: AwareDatetime
    capacity: Annotated[int, Field(ge=1, le=10000)] | None = None
    override: bool = False


class SessionPatch(Shape):
    capacity: Annotated[int, Field(ge=1, le=10000)]


class SessionCancel(Shape):
    reason: Annotated[str, Field(max_length=500)] = ""
    refund: Literal["policy", "full", "none"] = "full"


class SessionOut(Shape):
    id: str
    service: str
    staff: str
    location: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    seats_taken: int
    status: str


class CustomerIn(Shape):
    email: Annotated[str, Field(max_length=320)] = ""
    name: Annotated[str, Field(max_length=120)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""


class CustomerPatch(Shape):
    email: Annotated[str, Field(max_length=320)] | None = None
    name: Annotated[str, Field(max_length=120)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None


class CustomerOut(Shape):
    id: str
    name: str
    email: str | None
    phone: str | None
    verified: bool
    created_at: datetime


class PaymentIn(Shape):
    amount: Annotated[int, Field(ge=1, le=10**12)]
    method: Literal["card", "cash", "external", "gift_card", "shopify"]


class BookingIn(Shape):
    service: str
    staff: str | None = None
    starts_at: AwareDatetime
    seats: Annotated[int, Field(ge=1, le=10000)] = 1
    customer: CustomerIn | str
    payments: list[PaymentIn] = []
    notes: Text = ""
    notify: bool = True
    override: bool = False


class RescheduleIn(Shape):
    starts_at: AwareDatetime
    staff: str | None = None
    version: int | None = None
    override: bool = False
    notify: bool = True


class Amount(Shape):
    amount: Minor


class CancelIn(Shape):
    reason: Annotated[str, Field(max_length=500)] = ""
    refund: Literal["policy", "full", "none"] | Amount = "policy"
    seats: Annotated[int, Field(ge=1)] | None = None
    version: int | None = None
    override: bool = False
    notify: bool = True


class VerbIn(Shape):
    version: int | None = None
    reason: Annotated[str, Field(max_length=500)] = ""


class RefundIn(Shape):
    amount: Annotated[int, Field(ge=1, le=10**12)]


class RefundFacts(Shape):
    outcome: str
    amount: int
    currency: str
    state: str


class BookingOut(Shape):
    ref: str
    status: str
    version: int
    service: str
    service_name: str
    staff: str
    staff_name: str
    location: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    seats: int
    customer: CustomerOut | dict[str, Any]
    price: Money
    paid: Money
    refunded: Money
    owed: Money
    manage_url: str
    conflict: bool
    approval_deadline: datetime | None
    created_at: datetime
    refund: RefundFacts | None = None


class BookingDetail(BookingOut):
    audit: list[dict[str, Any]]
    messages: list[dict[str, Any]]


class RefundOut(Shape):
    id: str
    booking: str
    cause: str
    outcome: str
    state: str
    amount: Money
    created_at: datetime


class SlotOut(Shape):
    starts_at: datetime
    ends_at: datetime
    staff: list[str]
    seats_left: int | None


class SlotDay(Shape):
    date: str
    slots: list[SlotOut]


class Slots(Shape):
    zone: str
    days: list[SlotDay]


class AuditOut(Shape):
    id: str
    at: datetime
    actor: dict[str, Any]
    action: str
    allowed: bool
    subject: str
    subject_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    facts: dict[str, Any]


class SelfService(Shape):
    """How many changes customers made themselves (A20)."""

    since: datetime
    changes: int
    by_customers: int
    share: float | None


class Nothing(Shape):
    """204: no body."""
