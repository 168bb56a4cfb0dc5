"""The shop's own wording of messages (design 4.4, A126)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from shopify_app.api.shapes.base import Email, Shape, Whole
from shopify_app.api.shapes.store import Locale


class Placeholder(Shape):
    name: str
    kind: Literal["value", "element"]
    meaning: str


class Texts(Shape):
    """`{name}` is replaced by a value; elements stand in a paragraph of their own in `body`. `{{` and `}}` are braces."""

    subject: str
    heading: str
    body: str
    sms: str | None


class TemplateOut(Texts):
    """`custom` false: `subject` to `sms` are our wording, to begin with. `version` 0: never changed."""

    name: str
    locale: str
    version: int
    custom: bool
    changed_at: datetime | None
    placeholders: list[Placeholder]


class TemplateEntry(Shape):
    name: str
    locale: str
    version: int
    custom: bool


class TemplateList(Shape):
    items: list[TemplateEntry]
    next: None


class TemplateIn(Shape):
    """`version`: the one that was read, so that nobody's change is lost."""

    subject: Annotated[str, Field(max_length=400)]
    heading: Annotated[str, Field(max_length=400)]
    body: Annotated[str, Field(max_length=10_000)]
    sms: Annotated[str, Field(max_length=600)] | None = None
    locale: Locale | None = None
    version: Whole | None = None


class PreviewIn(TemplateIn):
    """`booking` is the ref of a real booking."""

    booking: Annotated[str, Field(max_length=40)]


class TestIn(PreviewIn):
    to: Email


class ResetIn(Shape):
    locale: Locale | None = None
    version: Whole | None = None


class RestoreIn(ResetIn):
    """`restore`: the number of the version to say again."""

    restore: Whole


class TemplateVersion(Texts):
    """`custom` false: back to our wording then; `subject` to `sms` are ours of today."""

    version: int
    custom: bool
    changed_at: datetime


class VersionList(Shape):
    items: list[TemplateVersion]
    next: str | None


class Preview(Shape):
    """`sms_parts`: how many text messages it is sent as."""

    subject: str
    html: str
    text: str
    sms: str | None
    sms_parts: int | None


class Sent(Shape):
    to: str
