"""Orders at Shopify, as far as they carry bookings (R43)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, belongs_to
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary
from models.session import Tx
from models.statement import Statement, param, text_param


class ShopifyOrderLine(Base):
    """A line that is a booking. `unplaced`: its time was taken, the merchant has a task. `released`: ended, by whichever side."""

    __tablename__ = "shopify_order_lines"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    line_gid: Mapped[str] = mapped_column(primary_key=True)
    order_gid: Mapped[str]
    order_name: Mapped[str]
    booking_id: Mapped[int | None]
    payment_id: Mapped[int | None]
    quantity: Mapped[int]
    state: Mapped[str]
    created_at: Mapped[Instant]

    __table_args__ = (
        belongs_to("booking_id", "bookings"),
        belongs_to("payment_id", "payments"),
        Index("shopify_order_lines_by_order", "store_id", "order_gid"),
        Index("shopify_order_lines_by_booking", "store_id", "booking_id", postgresql_where=text("booking_id is not null")),
        CheckConstraint("state in ('booked','unplaced','released')", name="shopify_order_lines_state"),
        CheckConstraint("state <> 'booked' or booking_id is not null", name="shopify_order_lines_booked"),
    )


class ShopifyRefund(Base):
    """A refund at Shopify for such a line, ours or the shop's own; each is counted once. `refund_id`: our refund it carried out."""

    __tablename__ = "shopify_refunds"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    refund_gid: Mapped[str] = mapped_column(primary_key=True)
    line_gid: Mapped[str] = mapped_column(primary_key=True)
    refund_id: Mapped[int | None]
    amount: Mapped[int]
    created_at: Mapped[Instant]

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "line_gid"], ["shopify_order_lines.store_id", "shopify_order_lines.line_gid"]),
        belongs_to("refund_id", "refunds"),
        Index("shopify_refunds_ours", "store_id", "refund_id", postgresql_where=text("refund_id is not null")),
    )


class ShopifyVariant(Base):
    """A product variant that sells a service. What was paid for decides the service, never what the cart claims."""

    __tablename__ = "shopify_variants"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    variant_gid: Mapped[str] = mapped_column(primary_key=True)
    product_gid: Mapped[str]
    service_id: Mapped[Id]
    title: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Instant]

    __table_args__ = (
        belongs_to("service_id", "services"),
        Index("shopify_variants_by_service", "store_id", "service_id"),
        Index("shopify_variants_by_product", "store_id", "product_gid"),
    )


_OF_ORDER = Statement(SUMMARIES.where(
    Booking.store_id == param("store"), Booking.customer_id == param("customer"),
    Booking.id.in_(select(ShopifyOrderLine.booking_id).where(
        ShopifyOrderLine.store_id == param("store"), ShopifyOrderLine.order_gid == text_param("order"))),
).order_by(Booking.starts_at, Booking.id), BookingSummary)


def bookings_of_order(tx: Tx, customer_id: int, order_gid: str) -> list[BookingSummary]:
    """What a customer booked with an order at Shopify, soonest first, whatever has become of it."""
    return _OF_ORDER.rows(tx, customer=customer_id, order=order_gid)
