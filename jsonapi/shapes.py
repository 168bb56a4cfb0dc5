"""What the shapes of both JSON APIs share: exact types, instants, money, lists, problems. Unknown fields are refused (I53)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from booking.addresses import canonical_email
from booking.rules.decision import CODES, Refused

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
YEARS = (1990, 2200)
T = TypeVar("T")


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)  # what does not fit may say who somebody is, and is logged (I65)


def read_instant(text: str) -> datetime:
    """RFC 3339 with its offset -> UTC. ValueError for anything else, and outside the years this product keeps."""
    if RFC3339.fullmatch(text) is None:
        raise ValueError("must be an RFC 3339 instant with its offset, such as 2027-03-09T14:00:00-05:00")
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise ValueError("is out of range")
    return at


def _given_instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 instant with its offset, such as 2027-03-09T14:00:00-05:00")
    return read_instant(value)


def _address(text: str) -> str:
    try:
        canonical_email(text)
    except Refused:
        raise ValueError("is not an e-mail address") from None
    return text.strip()


Instant = Annotated[AwareDatetime, BeforeValidator(_given_instant)]
"""An instant as it is sent to us. Answers use plain datetimes, told in the zone of the place."""

Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), Field(ge=0, le=2**53)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=2000)]
Reason = Annotated[str, Field(max_length=500)]
Phone = Annotated[str, Field(max_length=40)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_address)]
Minor = Annotated[int, Strict(), Field(ge=0, le=10**12)]
Sum = Annotated[int, Strict(), Field(ge=0)]
"""Minor units as they are answered: what adds up may be more than anyone can send."""
Paid = Annotated[int, Strict(), Field(ge=1, le=10**12)]
Seats = Annotated[int, Strict(), Field(ge=1, le=10_000)]
Ids = Annotated[list[str], Field(max_length=500)]


class Money(Shape):
    """Minor units of the currency (ISO 4217)."""

    amount: Sum
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class MoneyIn(Money):
    """Money as it is sent to us."""

    amount: Minor


class Amount(Shape):
    """Minor units of the booking's currency."""

    amount: Minor


class Listing(Shape, Generic[T]):
    """One page. `next` goes back as `cursor`, with the same filters; null on the last page (I66)."""

    items: list[T]
    next: str | None


class ProblemError(Shape):
    field: str
    problem: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable; a refusal may carry facts such as `deadline`, `state`, `version` or `bookings`, and
    that of a move a card pays first the `pay_url` of the page for it."""

    model_config = ConfigDict(extra="allow")
    type: Literal["about:blank"]
    title: str
    status: int
    code: Literal[*CODES, "unavailable"]
    detail: str | None = None
    errors: list[ProblemError] | None = None


class Csv(Shape):
    """Not JSON: a file of comma separated values."""


class Nothing(Shape):
    """204: no body."""


class Pdf(Shape):
    """A file instead of JSON."""
