"""Feedback as the shop reads it (R37, A42)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shopify_app.api.shapes.base import Flag, Listing, Shape


class FeedbackOut(Shape):
    """`may_publish` is the customer's tick; `published_at` the shop's yes."""

    id: str
    booking: str
    service: str
    service_name: str
    staff: str
    staff_name: str
    customer: str
    customer_name: str
    rating: int
    comment: str
    may_publish: bool
    published_at: datetime | None
    reply: str | None
    replied_at: datetime | None
    created_at: datetime
    edited_at: datetime | None


class Average(Shape):
    """Of all feedback, published or not; `average` is null while there is none."""

    id: str
    name: str
    count: int
    average: float | None


class Averages(Shape):
    count: int
    average: float | None
    services: list[Average]
    staff: list[Average]


class FeedbackList(Listing[FeedbackOut]):
    averages: Averages


class ReplyIn(Shape):
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class PublishIn(Shape):
    published: Flag = True
