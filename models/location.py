"""Where services take place. Its zone is the zone of every booking made there (R13)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, StoreRow, of_store


class Location(StoreRow, Base):
    """`kind`: a place with an address, `online` behind `meeting_url`, or `delivery` to the customer's address (A149)."""

    __tablename__ = "locations"

    name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    zone: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="place")
    meeting_url: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        CheckConstraint("kind in ('place', 'online', 'delivery')", name="locations_kind"),
        CheckConstraint(
            "meeting_url is null or kind = 'online' and meeting_url ~ '^https://[^[:space:]]+$' and char_length(meeting_url) <= 500",
            name="locations_meeting"),
    )
