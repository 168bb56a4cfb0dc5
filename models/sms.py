"""SMS at the provider: what became of each, and which numbers want none (R40)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store

RANK = {"accepted": 0, "queued": 1, "sending": 2, "sent": 3, "undelivered": 4, "failed": 4, "delivered": 5}
"""States in the order a message goes through them; a report never leads back."""


class SmsDelivery(Base):
    """An outbox row the provider has taken, under the provider's own id."""

    __tablename__ = "sms_deliveries"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    outbox_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    sid: Mapped[str]
    phone: Mapped[str]
    state: Mapped[str]
    error_code: Mapped[str | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "outbox_id"], ["outbox.store_id", "outbox.id"], ondelete="CASCADE"),
        Index("sms_deliveries_sid", "store_id", "sid", unique=True),
        Index("sms_deliveries_phone", "store_id", "phone"),
        CheckConstraint(f"state in ({', '.join(repr(state) for state in RANK)})", name="sms_deliveries_state"),
    )


class SmsStop(Base):
    """A number that answered STOP; nothing goes there until it answers START."""

    __tablename__ = "sms_stops"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    phone: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[Instant]

    __table_args__ = (of_store(),)
