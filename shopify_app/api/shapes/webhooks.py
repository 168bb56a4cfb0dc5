"""Webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shopify_app.api.shapes.base import Flag, Shape

Url = Annotated[str, Field(max_length=1000)]
Topics = Annotated[list[str], Field(max_length=50)]


class WebhookIn(Shape):
    url: Url
    topics: Topics
    active: Flag = True


class WebhookPatch(Shape):
    url: Url | None = None
    topics: Topics | None = None
    active: Flag | None = None


class WebhookOut(Shape):
    """`secret` only in the answer to adding it, and to a new secret."""

    id: str
    url: str
    topics: list[str]
    active: bool
    created_at: datetime
    secret: str | None = None


class WebhookAttemptOut(Shape):
    """`status` is null when no answer came; then `problem` says why."""

    at: datetime
    status: int | None
    took_ms: int
    problem: str | None


class WebhookDeliveryOut(Shape):
    id: str
    topic: str
    state: str
    booking: str | None
    created_at: datetime
    sent_at: datetime | None
    attempts: list[WebhookAttemptOut]


class EmptyIn(Shape):
    """Nothing."""
