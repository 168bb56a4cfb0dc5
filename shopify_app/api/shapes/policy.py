"""The policy of a service as JSON (design 4.4). What fits together is decided by booking.rules.policy; this says what may be there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from shopify_app.api.shapes.base import Flag, Minor, Shape

Duration = Annotated[str, Field(max_length=40, description="ISO 8601: hours and minutes are elapsed time, days are wall-clock days (R11)")]
Approval = Literal["automatic", "manual", "first_only", "reschedule_only", "by_notice"]


class Tier(Shape):
    """From `at_least` before the start on, this outcome; the last tier has no `at_least` (R20)."""

    at_least: Duration | None = None
    outcome: Literal["full", "partial", "credit", "forfeit", "none"]
    percent: Annotated[int, Strict(), Field(ge=0, le=100)] | None = None
    amount: Minor | None = None


class Fee(Shape):
    amount: Minor = 0
    currency: str | None = None


class ReschedulePolicy(Shape):
    allowed: Flag | None = None
    notice: Duration | None = None
    limit: Annotated[int, Strict(), Field(ge=0, le=1000, description="0: no limit")] | None = None
    within_days: Annotated[int, Strict(), Field(ge=1, le=731)] | None = None
    change_staff: Flag | None = None
    price_difference: Literal["keep", "difference", "equal_only"] | None = None
    reason: Annotated[Literal["none", "optional", "required"] | None, Field(description="whether customers are asked why they move; none by default")] = None


class CancelPolicy(Shape):
    allowed: Flag | None = None
    notice: Duration | None = None
    instead_schedule: Flag | None = None
    tiers: Annotated[list[Tier], Field(min_length=1, max_length=20)] | None = None
    fee: Fee | None = None
    refund_mode: Literal["automatic", "manual"] | None = None
    credit_choice: Flag | None = None
    part_cancel: Flag | None = None


class Policy(Shape):
    """What is left out, or null, has its default."""

    reschedule: ReschedulePolicy | None = None
    cancel: CancelPolicy | None = None
    approval: Approval | None = None
    approval_notice: Duration | None = None
    approval_hours: Literal[4, 6, 8, 12, 24] | None = None
    release_old_slot_at_once: Flag | None = None
