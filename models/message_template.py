"""The shop's own wording of a message, version by version (A126)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from models.base import Base, Instant, StoreRow, of_store


class MessageTemplate(StoreRow, Base):
    """The newest version of (topic, locale) is in force. One without texts means: back to ours."""

    __tablename__ = "message_templates"

    topic: Mapped[str]
    locale: Mapped[str]
    version: Mapped[int]
    subject: Mapped[str | None]
    heading: Mapped[str | None]
    body: Mapped[str | None]
    sms: Mapped[str | None]
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        Index("message_templates_versions", "store_id", "topic", "locale", "version", unique=True),
        CheckConstraint("(subject is null) = (body is null) and (heading is null) = (body is null) and version >= 1",
                        name="message_templates_whole"),
        CheckConstraint("char_length(subject) <= 200 and char_length(heading) <= 200 and char_length(body) <= 5000"
                        " and char_length(sms) <= 300", name="message_templates_length"),
    )
