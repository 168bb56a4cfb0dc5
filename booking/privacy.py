"""Everything the store keeps about one customer, and about nobody else (R45, I61)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all

from booking.rules.waitlist import weekdays_of
from models.access import CustomerLogin, LoginCode
from models.audit import AuditEntry
from models.booking import Booking
from models.card import Card, CardConsent
from models.counter_offer import CounterOffer
from models.customer import Customer
from models.dispute import Dispute
from models.document import Document
from models.email_change import EmailChange
from models.feedback import Feedback
from models.intent import Intent
from models.location import Location
from models.note import BookingNote
from models.order import Order
from models.outbox import OutboxRow
from models.payer import Payer
from models.payment import Payment
from models.refund import Credit, Refund
from models.service import Service
from models.session import Tx
from models.shopify_customer import ShopifyCustomer
from models.shopify_order import ShopifyOrderLine
from models.sms import SmsDelivery, SmsStop
from models.staff import Staff
from models.store import Store
from models.waitlist_entry import WaitlistEntry
from models.waitlist_offer import WaitlistOffer
from models.withdrawal import Withdrawal

PROFILE = ("name", "email", "email_verified_at", "phone", "phone_verified_at", "locale", "zone", "preferences", "shopify_id", "created_at")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Person(NamedTuple):
    """Whose data it is. `addresses` are the proven ones, as typed too: what bears an address nobody has proven may be another's (R8)."""

    store_id: int
    customer_id: int
    addresses: tuple[str, ...]

    @property
    def bookings(self) -> Any:
        return select(Booking.id).where(Booking.store_id == self.store_id, Booking.customer_id == self.customer_id).scalar_subquery()

    @property
    def messages(self) -> ColumnElement[bool]:
        """Those about their bookings, and to their addresses about no booking. Found by an index each: a shop's outbox is long."""
        ids, here = select(OutboxRow.id), OutboxRow.store_id == self.store_id
        mine = union_all(ids.where(here, OutboxRow.booking_id.in_(self.bookings)),
                         ids.where(here, OutboxRow.recipient.in_(self.addresses), OutboxRow.booking_id.is_(None)))
        return and_(OutboxRow.id.in_(mine), OutboxRow.channel.in_(("email", "sms")), OutboxRow.payload["recipient"]["kind"].as_string() == "customer")


class Part(NamedTuple):
    """The rows of a table that are about a person. Besides `fields`, the bookings, services and people they point to are named."""

    table: Any
    fields: tuple[str, ...]
    whose: Callable[[Person], ColumnElement[bool]]
    order: str = "created_at"

    def rows_of(self, person: Person) -> Select:
        t = self.table
        statement = select(*[getattr(t, name) for name in self.fields]).where(t.store_id == person.store_id, self.whose(person)).order_by(getattr(t, self.order))
        for column, (other, labels) in _NAMED.items():
            if other is not t and column in t.__table__.c:
                statement = statement.add_columns(*[getattr(other, name).label(label) for name, label in labels.items()]).join(
                    other, (other.store_id == t.store_id) & (other.id == getattr(t, column)), isouter=True)
        return statement


_NAMED = {"booking_id": (Booking, {"ref": "booking"}), "service_id": (Service, {"name": "service"}), "staff_id": (Staff, {"name": "staff"}),
          "location_id": (Location, {"name": "location", "address": "address"})}


def _theirs(table: Any) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: table.customer_id == person.customer_id


def _of_bookings(table: Any) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: table.booking_id.in_(person.bookings)


def _either(table: Any) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: or_(table.customer_id == person.customer_id, table.booking_id.in_(person.bookings))


PARTS = {
    "bookings": Part(Booking, ("ref", "status", "starts_at", "ends_at", "zone", "seats", "price", "currency", "paid", "refunded", "owed", "due",
                               "contact_name", "contact_email", "contact_phone", "notes", "delivery_address", "cancel_reason", "move_reason", "cancelled_by",
                               "original_starts_at", "customer_moves", "approval_deadline", "source", "external_id", "created_at", "closed_at"),
                     _theirs(Booking), "starts_at"),
    "orders": Part(Order, ("number", "created_at"), _theirs(Order)),
    "shopify_orders": Part(ShopifyOrderLine, ("order_name", "quantity", "state", "created_at"), _of_bookings(ShopifyOrderLine)),
    "payments": Part(Payment, ("amount", "currency", "method", "refunded", "provider_ref", "captured_at"), _of_bookings(Payment), "captured_at"),
    "refunds": Part(Refund, ("amount", "given", "kept", "fee", "currency", "outcome", "mode", "state", "cause", "reason", "created_at", "settled_at"),
                    _of_bookings(Refund)),
    "credits": Part(Credit, ("amount", "used", "currency", "place", "expires_at", "created_at"), _theirs(Credit)),
    "documents": Part(Document, ("kind", "number", "amount", "currency", "issued_at", "facts"), _of_bookings(Document), "number"),
    "disputes": Part(Dispute, ("amount", "currency", "reason", "status", "made_at", "due_by", "closed_at"), _of_bookings(Dispute), "made_at"),
    "cards": Part(Card, ("brand", "last4", "exp_month", "exp_year", "fingerprint", "provider_ref", "created_at", "ended_at", "detached_at"),
                  lambda person: or_(Card.customer_id == person.customer_id, Card.id.in_(select(CardConsent.card_id).where(
                      CardConsent.store_id == person.store_id, CardConsent.booking_id.in_(person.bookings))))),
    "card_consents": Part(CardConsent, ("text", "text_version", "source", "fingerprint", "ip_hash", "at"), _either(CardConsent), "at"),
    "payers": Part(Payer, ("provider_ref", "created_at"), _theirs(Payer)),
    "payment_steps": Part(Intent, ("kind", "state", "amount", "currency", "provider_ref", "error", "created_at", "expires_at", "settled_at"),
                          _either(Intent)),
    "waiting": Part(WaitlistEntry, ("kind", "before", "seats", "weekdays", "bands", "state", "end_reason", "lives_until", "created_at", "ended_at"),
                    _theirs(WaitlistEntry)),
    "held_times": Part(WaitlistOffer, ("starts_at", "ends_at", "state", "expires_at", "created_at", "closed_at"), _theirs(WaitlistOffer)),
    "offered_times": Part(CounterOffer, ("starts_at", "ends_at", "n", "round", "state", "expires_at", "created_at", "closed_at"),
                          _of_bookings(CounterOffer)),
    "withdrawals": Part(Withdrawal, ("name", "email", "contract", "statement", "received_at", "handled_at"),
                        lambda person: or_(Withdrawal.booking_id.in_(person.bookings), Withdrawal.email.in_(person.addresses)), "received_at"),
    "feedback": Part(Feedback, ("rating", "comment", "may_publish", "published_at", "reply", "replied_at", "created_at", "edited_at"), _theirs(Feedback)),
    "messages": Part(OutboxRow, ("topic", "channel", "recipient", "state", "created_at", "sent_at"), lambda person: person.messages, "id"),
    "text_messages": Part(SmsDelivery, ("phone", "state", "error_code", "created_at", "updated_at"), lambda person: SmsDelivery.outbox_id.in_(
        select(OutboxRow.id).where(OutboxRow.store_id == person.store_id, person.messages))),
    "stopped_numbers": Part(SmsStop, ("phone", "stopped_at"), lambda person: SmsStop.phone.in_(person.addresses), "stopped_at"),
    "sign_in_codes": Part(LoginCode, ("address", "purpose", "created_at", "expires_at", "closed_at"), lambda person: and_(
        LoginCode.purpose != "dashboard", or_(LoginCode.customer_id == person.customer_id, LoginCode.address.in_(person.addresses)))),
    "sessions": Part(CustomerLogin, ("created_at", "ended_at", "device"), _theirs(CustomerLogin)),
    "address_changes": Part(EmailChange, ("old_email", "new_email", "changed_at", "undone"), _theirs(EmailChange), "changed_at"),
    "shopify": Part(ShopifyCustomer, ("agreed", "changed", "remote_updated_at"), _theirs(ShopifyCustomer), "customer_id"),
    "history": Part(AuditEntry, ("at", "action", "allowed", "actor_kind", "channel"), _of_bookings(AuditEntry), "id"),
}
NOTES = Part(BookingNote, ("text", "created_at"), _of_bookings(BookingNote))
"""What the team has noted for itself: in the copy the shop hands out, not on the customer's own page."""


def customer_data(tx: Tx, customer_id: int, *, by_shop: bool = False) -> dict[str, Any] | None:
    """The export of a customer, ready for JSON: instants as RFC 3339, money in minor units. None for an unknown or erased one.
    `by_shop`: it hands the copy out, with the notes of its team."""
    profile = tx.db.execute(select(Customer.email_canonical, *[getattr(Customer, name) for name in PROFILE]).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.erased_at.is_(None))).one_or_none()
    if profile is None:
        return None
    proven = ((profile.email_canonical, profile.email) if profile.email_verified_at else ()) + ((profile.phone,) if profile.phone_verified_at else ())
    person = Person(tx.store_id, customer_id, tuple(filter(None, proven)))
    store = tx.db.execute(select(Store.name).where(Store.store_id == tx.store_id)).scalar_one()
    parts = PARTS | ({"team_notes": NOTES} if by_shop else {})
    return {"store": store, "made_at": _plain("", tx.now), "profile": {name: _plain(name, getattr(profile, name)) for name in PROFILE}} | {
        key: [{name: _plain(name, value) for name, value in row._mapping.items()} for row in tx.db.execute(part.rows_of(person))]
        for key, part in parts.items()}


def _plain(name: str, value: Any) -> Any:
    if name == "weekdays":
        return [DAYS[day] for day in weekdays_of(value)]
    return value.isoformat() if hasattr(value, "isoformat") else value
