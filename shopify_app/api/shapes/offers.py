"""Counter-offers, and those who wait for an earlier time or a seat."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shopify_app.api.shapes.base import Instant, Shape, Whole

OfferState = Literal["open", "accepted", "declined", "expired", "void"]


class OfferIn(Shape):
    """`staff` null keeps the person."""

    starts_at: Instant
    staff: str | None = None


class OffersIn(Shape):
    """One to three times: `starts_at` (with one `staff` for all), or `offers` with one for each. Neither: the three free times
    nearest to the one asked for, within 3 days of it (A153)."""

    starts_at: Annotated[list[Instant], Field(min_length=1, max_length=3)] | None = None
    staff: str | None = None
    offers: Annotated[list[OfferIn], Field(min_length=1, max_length=3)] | None = None
    version: Whole | None = None

    @model_validator(mode="after")
    def _one_way(self) -> OffersIn:
        if self.offers is not None and (self.starts_at is not None or self.staff is not None):
            raise ValueError("give `starts_at` with `staff`, or `offers`, not both")
        if self.starts_at is None and self.staff is not None:
            raise ValueError("`staff` needs `starts_at`")
        return self


class OfferOut(Shape):
    """`n` is the number in its round; `accept_url` opens the customer's page with it chosen, while it stands."""

    round: int
    n: int
    state: OfferState
    staff: str
    staff_name: str
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    accept_url: str | None


class OffersOut(Shape):
    """Every round, the newest first; `suggestions` are free times the shop could offer."""

    offers: list[OfferOut]
    suggestions: list[datetime]
