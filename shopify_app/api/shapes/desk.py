"""Notes, messages once more, merged customers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from shopify_app.api.shapes.base import Shape


class NoteIn(Shape):
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class NoteId(Shape):
    """`note` is the id of one of the booking's notes."""

    note: str


class NoteOut(Shape):
    """`by` is who of the team wrote it; null where a token did."""

    id: str
    text: str
    by: str | None
    created_at: datetime


class MessageId(Shape):
    """`message` is the id of one of the booking's messages."""

    message: str


class MergeIn(Shape):
    """`other` is the id of the customer who goes into this one."""

    other: str


class PersonalData(Shape):
    """Profile, bookings, payments, messages and everything else about one person, by part."""

    data: dict[str, Any]
