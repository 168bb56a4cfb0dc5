"""Where services take place. Its zone is the zone of every booking made there (R13)."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Instant, StoreRow, of_store


class Location(StoreRow, Base):
    __tablename__ = "locations"

    name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    zone: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]

    __table_args__ = (of_store(),)
