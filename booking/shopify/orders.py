"""Orders at Shopify and our bookings, both ways (R43): a paid line becomes a booking, what happens to the line happens to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError

from booking.actions.action import Done, action
from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.documents.issue import issue
from booking.rules.decision import Refused
from booking.shopify.line_changes import end_booking, record_refunds
from booking.shopify.tasks import note
from models.actor import Actor
from models.base import new_id
from models.payment import Payment
from models.service import Service
from models.session import Tx
from models.shopify_order import ShopifyOrderLine, ShopifyVariant
from models.store import Store

START, STAFF, HOLD = "_opencals_start", "_opencals_staff", "_opencals_hold"
PAID = frozenset({"PAID", "PARTIALLY_REFUNDED", "REFUNDED"})


@dataclass(frozen=True, slots=True)
class RemoteRefund:
    """What of a line went back with one refund. `mark` is our refund's id where we made it. Amount in minor units."""

    gid: str
    quantity: int
    amount: int
    mark: int | None
    settled: bool


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """`amount`: what the buyer paid for all of it, taxes included. `left`: pieces still in the order, `refundable`: not refunded."""

    gid: str
    variant: str | None
    quantity: int
    left: int
    refundable: int
    amount: int
    attributes: dict[str, str]
    refunds: tuple[RemoteRefund, ...]


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order as it is now; `lines` all of them. `customer_id` is ours, None for a guest: then name and addresses speak."""

    gid: str
    name: str
    cancelled: bool
    paid: bool
    currency: str
    customer_id: int | None
    person: Person
    lines: tuple[RemoteLine, ...]


@action
def apply_order(tx: Tx, order: RemoteOrder) -> Done:
    """Bring our bookings in step with an order. Running it again, late or twice changes nothing more (I23)."""
    known = {row.line_gid: row for row in tx.db.execute(select(ShopifyOrderLine).where(
        ShopifyOrderLine.store_id == tx.store_id, ShopifyOrderLine.order_gid == order.gid).with_for_update())}
    for line in order.lines:
        row = known.get(line.gid)
        if row is None:
            if line.left and not order.cancelled and START in line.attributes:
                _place(tx, order, line)
            continue
        if row.booking_id is None:
            continue
        payment_id = row.payment_id or _pay(tx, order, line, row.booking_id)
        # Money first: what went back there is known when the booking ends, and the customer is told the right amount.
        ended = _ended_quantity(order, line)
        if row.state == "booked" and ended:
            end_booking(tx, row.booking_id, payment_id, line, order_cancelled=order.cancelled, pieces=ended)
        record_refunds(tx, row.booking_id, payment_id, line)
        if row.state == "booked" and not ended and line.left == 0 and line.refundable:
            # Taken out by an edit, without money back: a person decides what becomes of the booking.
            note(tx, "line_removed", line.gid, order=order.name, booking_id=str(row.booking_id))
    return Done()


def _ended_quantity(order: RemoteOrder, line: RemoteLine) -> int:
    """Pieces whose booking is over: all when the order is cancelled, else those refunded with their line."""
    return line.quantity if order.cancelled else line.quantity - line.refundable


def _place(tx: Tx, order: RemoteOrder, line: RemoteLine) -> None:
    """Book what the line says. The variant that was paid for decides the service; the buyer's own texts never do."""
    variant = tx.db.execute(select(ShopifyVariant.service_id, Service.capacity).join(
        Service, (Service.store_id == ShopifyVariant.store_id) & (Service.id == ShopifyVariant.service_id)).where(
            ShopifyVariant.store_id == tx.store_id, ShopifyVariant.variant_gid == (line.variant or ""))).one_or_none()
    if variant is None:
        return
    booking_id, problem = None, None
    try:
        booking_id = _book(tx, order, line, variant.service_id)
    except Refused as refused:
        problem = refused.code
    tx.db.execute(upsert(ShopifyOrderLine).values(
        store_id=tx.store_id, line_gid=line.gid, order_gid=order.gid, order_name=order.name, booking_id=booking_id, quantity=line.quantity,
        state="unplaced" if booking_id is None else "booked", created_at=tx.now))
    if booking_id is None:
        note(tx, "line_unplaced", line.gid, order=order.name, code=problem, starts_at=line.attributes[START][:40])
        tx.audit("place_order_line", subject="order_line", allowed=False, code=problem, order=order.gid)
        return
    _pay(tx, order, line, booking_id)


def _book(tx: Tx, order: RemoteOrder, line: RemoteLine, service_id: int) -> int:
    """The booking, made under the customer's rules, all or nothing within this transaction."""
    try:
        starts_at = datetime.fromisoformat(line.attributes[START])
    except ValueError:
        starts_at = None
    staff = line.attributes.get(STAFF, "")
    if starts_at is None or starts_at.tzinfo is None or (staff and not (staff.isascii() and staff.isdecimal() and len(staff) < 20)):
        raise Refused("invalid", errors=[{"field": START, "problem": "is not an instant"}])
    buyer = replace(tx, actor=Actor("shopify_customer", "webhook", order.customer_id))
    audited, queued = len(tx._audit), len(tx._outbox)
    try:
        with tx.line.attempt():
            return create_booking.within(
                buyer, service_id=service_id, starts_at=starts_at, staff_id=int(staff) if staff else None, seats=line.quantity,
                customer_id=order.customer_id, person=order.person, hold=line.attributes.get(HOLD) or None).booking.id
    except (Refused, DBAPIError, psycopg.Error) as error:
        del tx._audit[audited:], tx._outbox[queued:]
        if isinstance(error, Refused):
            raise
        original = getattr(error, "orig", error)
        if isinstance(original, (psycopg.errors.ExclusionViolation, psycopg.errors.CheckViolation)):
            raise Refused("slot_taken") from error
        raise


def _pay(tx: Tx, order: RemoteOrder, line: RemoteLine, booking_id: int) -> int | None:
    """The payment of a line, once, when the order is paid; in another currency than the store's it is a case for a person."""
    if not order.paid or not line.amount:
        return None
    if order.currency != tx.db.execute(select(Store.currency).where(Store.store_id == tx.store_id)).scalar_one():
        note(tx, "payment_currency", line.gid, order=order.name, currency=order.currency)
        return None
    payment_id = new_id()
    tx.db.execute(insert(Payment).values(store_id=tx.store_id, id=payment_id, booking_id=booking_id, amount=line.amount, currency=order.currency,
                                         method="shopify", provider_ref=line.gid, captured_at=tx.now))
    tx.db.execute(update(ShopifyOrderLine).where(ShopifyOrderLine.store_id == tx.store_id, ShopifyOrderLine.line_gid == line.gid).values(
        payment_id=payment_id))
    tx.last(issue, booking_id)
    tx.audit("record_payment", booking_id=booking_id, amount=line.amount, method="shopify")
    return payment_id


@action
def map_variant(tx: Tx, variant_gid: str, product_gid: str, service_id: int | None, title: str = "") -> Done:
    """A variant sells this service from now on; None: it sells none."""
    where = (ShopifyVariant.store_id == tx.store_id, ShopifyVariant.variant_gid == variant_gid)
    if service_id is None:
        tx.db.execute(ShopifyVariant.__table__.delete().where(*where))
    else:
        if tx.db.execute(select(Service.id).where(Service.store_id == tx.store_id, Service.id == service_id)).first() is None:
            raise Refused("invalid", errors=[{"field": "service", "problem": "is not known"}])
        tx.db.execute(upsert(ShopifyVariant).values(
            store_id=tx.store_id, variant_gid=variant_gid, product_gid=product_gid, service_id=service_id, title=title[:200], created_at=tx.now,
        ).on_conflict_do_update(index_elements=["store_id", "variant_gid"], set_={"service_id": service_id, "title": title[:200]}))
    tx.audit("map_variant", subject="service", subject_id=service_id, variant=variant_gid)
    return Done()
