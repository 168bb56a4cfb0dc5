"""What the screens show beside the things themselves: first steps, how a policy reads, what stands over something else, the chain of the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shopify_app.api.shapes.access import Language
from shopify_app.api.shapes.base import Money, Shape
from shopify_app.api.shapes.bookings import Outcome
from shopify_app.api.shapes.policy import Policy


class SetupOut(Shape):
    """Which of the first steps are done: a location, someone at work, a service someone gives, a policy saved, a booking. `payments`:
    that no service asks for a deposit which nobody can pay."""

    location: bool
    staff: bool
    service: bool
    policy: bool
    booking: bool
    payments: bool


class PolicyPreviewIn(Shape):
    """`service`: with its price, horizon and switches, else as the store's default. `language`: the customers', at first the store's."""

    policy: Policy
    service: str | None = None
    language: Language | None = None


class PolicyConcern(Shape):
    """Why a part of the policy cannot work; `field` is its place in the policy."""

    field: str
    sentence: str


class PolicyPreviewOut(Shape):
    """`lines` stand on the page of a booking at `when`; `late` is read by someone who comes after the deadlines."""

    language: str
    when: str
    lines: list[str]
    late: list[str]
    concerns: list[PolicyConcern]


class ConflictSide(Shape):
    """`booking` is the reference where it is one."""

    kind: Literal["booking", "session", "block", "calendar"]
    id: str
    booking: str | None


class ConflictOut(Shape):
    """Two things of one person at the same time; `starts_at` and `ends_at` are what they share."""

    staff: str
    starts_at: datetime
    ends_at: datetime
    one: ConflictSide
    other: ConflictSide


class ChainOut(Shape):
    """`entries` of the trail; `broken_at` is the number of the first that does not follow from the one before it, null when all do."""

    entries: int
    broken_at: int | None


class CancellationOut(Shape):
    """What cancelling now would give back under the policy, and what there is to give back in full. `warnings`: why customers could not do
    this themselves, for which `override` is needed."""

    outcome: Outcome
    amount: Money
    kept: Money
    credit: Money
    full: Money
    warnings: list[str]
    version: int
