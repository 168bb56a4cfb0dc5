"""What Stripe told us, kept before it is acted on. Only which object changed: the object itself is fetched (I17)."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class StripeEvent(Base):
    """Unique by Stripe's event id, so a repeated delivery is one row (I24). `parent` is the payment of a refund or charge."""

    __tablename__ = "stripe_events"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[str]
    topic: Mapped[str]
    object_id: Mapped[str]
    parent: Mapped[str | None]
    made_at: Mapped[Instant]
    received_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(server_default="due")
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[Instant]
    error: Mapped[str | None]

    __table_args__ = (
        of_store(),
        Index("stripe_events_event", "store_id", "event_id", unique=True),
        Index("stripe_events_due", "store_id", "due_at", postgresql_where=text("state = 'due'")),
        CheckConstraint("state in ('due','done','failed')", name="stripe_events_state"),
    )
