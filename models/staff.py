"""Who gives the services, where, and in which weekly working hours."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Staff(StoreRow, Base):
    """`hours` is `{"mon": [["09:00", "17:00"]], ...}` in the location's wall time; breaks are the gaps."""

    __tablename__ = "staff"

    name: Mapped[str]
    email: Mapped[str | None]
    location_id: Mapped[Id]
    hours: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]

    __table_args__ = (of_store(), belongs_to("location_id", "locations"), Index("staff_by_name", "store_id", "name"))


class StaffService(Base):
    """Which staff are qualified for which service."""

    __tablename__ = "staff_services"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    service_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)

    __table_args__ = (
        belongs_to("service_id", "services"),
        belongs_to("staff_id", "staff"),
        Index("staff_services_by_staff", "store_id", "staff_id"),
    )
