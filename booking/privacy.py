"""Everything the store keeps about one customer, and about nobody else (R45)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from models.access import CustomerLogin
from models.booking import Booking
from models.customer import Customer
from models.email_change import EmailChange
from models.feedback import Feedback
from models.location import Location
from models.outbox import OutboxRow
from models.payment import Payment
from models.refund import Credit, Refund
from models.service import Service
from models.session import Tx
from models.staff import Staff
from models.store import Store

PROFILE = ("name", "email", "email_verified_at", "phone", "phone_verified_at", "locale", "zone", "preferences", "shopify_id", "created_at")
BOOKED = ("ref", "status", "starts_at", "ends_at", "zone", "seats", "price", "currency", "paid", "refunded", "owed", "contact_name",
          "contact_email", "contact_phone", "notes", "delivery_address", "cancel_reason", "cancelled_by", "created_at", "closed_at")


def customer_data(tx: Tx, customer_id: int) -> dict[str, Any] | None:
    """The export of a customer, ready for JSON: instants as RFC 3339, money in minor units. None for an unknown or erased one."""
    profile = tx.db.execute(select(*[getattr(Customer, name) for name in PROFILE]).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.erased_at.is_(None))).one_or_none()
    if profile is None:
        return None
    mine = select(Booking.id).where(Booking.store_id == tx.store_id, Booking.customer_id == customer_id).scalar_subquery()
    store = tx.db.execute(select(Store.name).where(Store.store_id == tx.store_id)).scalar_one()
    return {
        "store": store, "made_at": _plain(tx.now), "profile": {name: _plain(getattr(profile, name)) for name in PROFILE},
        "bookings": _rows(tx, _bookings(tx, customer_id)),
        "payments": _rows(tx, _money(Payment, ("amount", "currency", "method", "refunded", "captured_at")).where(
            Payment.store_id == tx.store_id, Payment.booking_id.in_(mine)).order_by(Payment.captured_at)),
        "refunds": _rows(tx, _money(Refund, ("amount", "currency", "outcome", "state", "cause", "created_at", "settled_at")).where(
            Refund.store_id == tx.store_id, Refund.booking_id.in_(mine)).order_by(Refund.created_at)),
        "credits": _rows(tx, select(Credit.amount, Credit.used, Credit.currency, Credit.place, Credit.expires_at, Credit.created_at).where(
            Credit.store_id == tx.store_id, Credit.customer_id == customer_id).order_by(Credit.created_at)),
        "feedback": _rows(tx, select(Feedback.rating, Feedback.comment, Feedback.may_publish, Feedback.published_at, Feedback.reply,
                                     Feedback.created_at, Feedback.edited_at).where(
            Feedback.store_id == tx.store_id, Feedback.customer_id == customer_id).order_by(Feedback.created_at)),
        "messages": _rows(tx, select(OutboxRow.topic, OutboxRow.channel, OutboxRow.recipient, OutboxRow.state, OutboxRow.created_at,
                                     OutboxRow.sent_at).where(
            OutboxRow.store_id == tx.store_id, OutboxRow.booking_id.in_(mine), OutboxRow.channel.in_(("email", "sms")),
            OutboxRow.payload["recipient"]["kind"].as_string() == "customer").order_by(OutboxRow.id)),
        "sessions": _rows(tx, select(CustomerLogin.created_at, CustomerLogin.ended_at, CustomerLogin.device).where(
            CustomerLogin.store_id == tx.store_id, CustomerLogin.customer_id == customer_id).order_by(CustomerLogin.created_at)),
        "address_changes": _rows(tx, select(EmailChange.old_email, EmailChange.new_email, EmailChange.changed_at, EmailChange.undone).where(
            EmailChange.store_id == tx.store_id, EmailChange.customer_id == customer_id).order_by(EmailChange.changed_at)),
    }


def _bookings(tx: Tx, customer_id: int) -> Select:
    return (select(*[getattr(Booking, name) for name in BOOKED], Service.name.label("service"), Staff.name.label("staff"),
                   Location.name.label("location"), Location.address)
            .join(Service, (Service.store_id == Booking.store_id) & (Service.id == Booking.service_id))
            .join(Staff, (Staff.store_id == Booking.store_id) & (Staff.id == Booking.staff_id))
            .join(Location, (Location.store_id == Booking.store_id) & (Location.id == Booking.location_id))
            .where(Booking.store_id == tx.store_id, Booking.customer_id == customer_id).order_by(Booking.starts_at))


def _money(table: Any, names: tuple[str, ...]) -> Select:
    return select(Booking.ref.label("booking"), *[getattr(table, name) for name in names]).join(
        Booking, (Booking.store_id == table.store_id) & (Booking.id == table.booking_id))


def _rows(tx: Tx, statement: Select) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in tx.db.execute(statement)]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
