"""Counter-offers, and those who wait for an earlier time or a seat."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from shopify_app.api.shapes.base import Flag, Instant, Shape, Whole

OfferState = Literal["open", "accepted", "declined", "expired", "void"]


Bands = Annotated[dict[Literal["morning", "afternoon", "evening"], Annotated[list[str], Field(min_length=2, max_length=2)]],
                  Field(description='Wall time at the location, half-open: {"morning": ["06:00", "12:00"]}')]


class WaitlistPatch(Shape):
    """Of the store. `waitlist` false: nobody may wait, and openings are offered to nobody. `offer_hold`: times of counter-offers
    are held. `staff_noun` names the people of the shop in "your {stylist} has earlier availability", in the store's language;
    `staff_nouns` in others, instead of what the usual words are there ({"de": "Ihrer Stylistin"}: German says the article too)."""

    staff_noun: Annotated[str, Field(max_length=40)] | None = None
    staff_nouns: dict[Literal["en", "de", "fr", "es", "ar"], Annotated[str, Field(max_length=80)]] | None = None
    waitlist: Flag | None = None
    waitlist_claim_minutes: Annotated[int, Strict(), Field(ge=5, le=1440)] | None = None
    waitlist_rest_hours: Annotated[int, Strict(), Field(ge=1, le=168)] | None = None
    waitlist_bands: Bands | None = None
    offer_hours: Annotated[int, Strict(), Field(ge=1, le=168)] | None = None
    offer_hold: Flag | None = None


class WaitlistSettings(Shape):
    staff_noun: str | None
    staff_nouns: dict[str, str]
    waitlist: bool
    waitlist_claim_minutes: int
    waitlist_rest_hours: int
    waitlist_bands: Bands
    offer_hours: int
    offer_hold: bool


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


class HeldOut(Shape):
    """An opening as it was offered to someone who waits."""

    starts_at: datetime
    ends_at: datetime
    staff: str
    staff_name: str
    state: Literal["open", "accepted", "refused", "expired", "void"]
    created_at: datetime
    expires_at: datetime


class WaiterOut(Shape):
    """Someone who waits or has waited. `state` is `offered` while something is held for them. `place` counts from 1 in the same line;
    `weekdays` are 0 (Monday) to 6; `staff` null means anyone. `booking` of a `seat` or `again` is the one it
    became. `again` waits for the very time (`before`) of a `request` that was declined or not answered; a `seat` may come from one."""

    id: str
    kind: Literal["earlier", "seat", "again"]
    state: Literal["waiting", "offered", "taken", "withdrawn", "ended"]
    end_reason: Literal["moved", "closed", "past", "cancelled", "removed"] | None
    place: int | None
    booking: str | None
    request: str | None
    session: str | None
    service: str
    service_name: str
    staff: str | None
    customer: str
    customer_name: str
    seats: int
    before: datetime
    weekdays: list[int]
    bands: list[str]
    created_at: datetime
    ended_at: datetime | None
    offers: list[HeldOut]


class WaitlistSummary(Shape):
    """Over the last 90 days: times that were offered, those someone who waited took, and the share; null without any."""

    waiting: int
    since: datetime
    offered_times: int
    filled_times: int
    fill_rate: float | None


class Waitlist(Shape):
    """`next` goes back as `cursor`, with the same filters; null on the last page (I66)."""

    items: list[WaiterOut]
    next: str | None
    summary: WaitlistSummary
