"""What can be booked, how long it takes, what it costs, and which policy it follows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, StoreRow, belongs_to, of_store


class Service(StoreRow, Base):
    """`policy` null means the store's policy. `self_service` is the master of the two flags (R2)."""

    __tablename__ = "services"

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    duration_s: Mapped[int]
    buffer_before_s: Mapped[int] = mapped_column(server_default="0")
    buffer_after_s: Mapped[int] = mapped_column(server_default="0")
    step_s: Mapped[int] = mapped_column(server_default="900")
    lead_time_s: Mapped[int] = mapped_column(server_default="0")
    horizon_days: Mapped[int] = mapped_column(server_default="180")
    capacity: Mapped[int] = mapped_column(server_default="1")
    price: Mapped[int] = mapped_column(server_default="0")
    deposit: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str]
    location_id: Mapped[Id | None]
    online: Mapped[bool] = mapped_column(server_default="false")
    self_service: Mapped[str] = mapped_column(server_default="inherit")
    reschedule: Mapped[str] = mapped_column(server_default="inherit")
    cancel: Mapped[str] = mapped_column(server_default="inherit")
    offer_hold: Mapped[str] = mapped_column(server_default="inherit")
    policy: Mapped[dict[str, Any] | None]
    reminder_leads: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{86400,7200}'"))
    withdrawal_exempt: Mapped[bool] = mapped_column(server_default="false")
    active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]

    __table_args__ = (
        of_store(),
        belongs_to("location_id", "locations"),
        Index("services_by_name", "store_id", "name"),
        CheckConstraint("duration_s between 60 and 86400 and step_s between 60 and 86400", name="services_times"),
        CheckConstraint("buffer_before_s between 0 and 43200 and buffer_after_s between 0 and 43200", name="services_buffers"),
        CheckConstraint("lead_time_s >= 0 and horizon_days between 1 and 1100", name="services_lead_and_horizon"),
        CheckConstraint("capacity between 1 and 10000", name="services_capacity"),
        CheckConstraint("price >= 0 and deposit >= 0", name="services_money"),
        CheckConstraint("cardinality(reminder_leads) <= 4 and 900 <= all (reminder_leads) and 1209600 >= all (reminder_leads)",
                        name="services_reminders"),
        CheckConstraint(
            "self_service in ('inherit','on','off') and reschedule in ('inherit','on','off')"
            " and cancel in ('inherit','on','off')",
            name="services_switches",
        ),
        CheckConstraint("offer_hold in ('inherit','on','off')", name="services_offer_hold"),
    )
