"""One try to hand a webhook over; the outbox row holds what is handed over and how it stands."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKeyConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, belongs_to


class WebhookAttempt(Base):
    """`status` is the receiver's HTTP status; None when it did not answer, and then `problem` says why."""

    __tablename__ = "webhook_attempts"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    outbox_id: Mapped[Id]
    endpoint_id: Mapped[Id]
    at: Mapped[Instant]
    status: Mapped[int | None]
    took_ms: Mapped[int]
    problem: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "outbox_id"], ["outbox.store_id", "outbox.id"], ondelete="CASCADE"),
        belongs_to("endpoint_id", "webhook_endpoints"),
        Index("webhook_attempts_of", "store_id", "outbox_id", "id"),
    )
