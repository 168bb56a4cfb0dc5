"""A new booking, by a customer, a guest, or the shop for someone (R12, R20, R29, R30, R47, A54)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from booking import limits, notices
from booking.actions.action import Done, action
from booking.actions.changing import place, reread, told
from booking.actions.hold_slot import use_hold
from booking.actions.people import Person, customer_for
from booking.credit import pay_with_credit
from booking.documents.issue import issue
from booking.facts import read_policy
from booking.offers import ServiceOffer, find_offer
from booking.rules.decision import Refused
from booking.rules.moves import approval_deadline, needs_approval
from booking.slots import Chosen, require_slot
from models import policy_copy
from models.base import new_id, new_ref
from models.booking import Booking
from models.booking_summary import BookingSummary, find
from models.payment import Payment
from models.session import Tx
from models.statement import Written, insertion

# In one message: the store's row is held from its number on.
_ORDER = Written(
    "with numbered as (update stores set last_order_number = last_order_number + 1 where store_id = $1::bigint"
    " returning store_id, last_order_number) insert into orders (store_id, id, number, customer_id, created_at)"
    " select store_id, $2::bigint, last_order_number, $3::bigint, $4::timestamptz from numbered")
METHODS = ("card", "cash", "gift_card", "shopify", "external")


@action
def create_booking(tx: Tx, *, service_id: int, starts_at: datetime, staff_id: int | None = None, seats: int = 1,
                   person: Person | None = None, customer_id: int | None = None, payments: Sequence[dict[str, Any]] = (),
                   hold: str | None = None, notes: str = "", delivery_address: str | None = None, use_credit: bool = False, notify: bool = True,
                   override: bool = False, order_id: int | None = None, credit_covers: int = 0, of_several: bool = False,
                   follows: bool = False) -> Done:
    """Book `service_id` at `starts_at` for a signed-in or known customer, or for `person`.

    Customers meet lead time, horizon, steps and approval. The shop books where customers could, and with `override` anywhere (4.4); one
    that `follows` another starts at any minute of its hours. `hold` is the owner of a checkout hold that is used up here. `use_credit`
    pays with the customer's store credit as far as it goes (R21); a guest has none. The policy in force is copied (R20). `order_id`
    joins an order made before (R32); `delivery_address` is where the shop comes, for a location of that kind: a customer's form has to
    say it (A149).
    A guest may have typed anyone's address: the message waits for its turn, and Refused rate_limited past that (I37).
    The shop's `payments` are at most the price, unless `override`; one `of_several` has its share of what was looked at for all, and
    its caller tells everyone.
    `credit_covers` is the deposit that credit stands for: Refused quote_changed when by now there is less of it.
    """
    as_customer = not (tx.actor.is_merchant or tx.actor.kind == "system")
    offer = find_offer(tx, service_id)
    if offer is None:
        raise Refused("invalid", errors=[{"field": "service", "problem": "is not known"}])
    if as_customer and not (offer.open_for_booking and offer.active):
        raise Refused("not_allowed", kind="book")
    if not 1 <= seats <= offer.capacity:
        raise Refused("invalid", errors=[{"field": "seats", "problem": f"must be from 1 to {offer.capacity}"}])
    check_payments(payments, None if of_several else ceiling(tx, offer.price * seats, override))
    customer = customer_for(tx, customer_id, person)
    leaving = limits.leaving(tx, customer.email_canonical, customer.phone) if as_customer and customer_id is None else None
    held = bool(hold) and use_hold(tx, hold, offer, staff_id, starts_at)
    chosen = require_slot(tx, offer, starts_at, staff_id=staff_id, seats=seats, as_customer=as_customer and not held,
                          offered=tx.actor.is_merchant and not (override or follows) or None, override=override)
    address = _address(delivery_address, chosen, as_customer)
    policy = read_policy(offer.policy)
    waits = as_customer and needs_approval(policy, first=True, starts_at=chosen.starts_at, zone=chosen.staff.zone, now=tx.now)
    values: dict[str, Any] = {
        "status": "pending" if waits else "confirmed", "never_approved": waits, "seats": seats, "price": offer.price * seats,
        "approval_deadline": approval_deadline(policy, tx.now, chosen.starts_at) if waits else None, "notes": notes[:2000],
        "delivery_address": address,
        "customer_id": customer.id, "contact_name": customer.name, "contact_email": customer.email,
        "contact_email_canonical": customer.email_canonical, "contact_phone": customer.phone}
    b = _insert(tx, offer, chosen, values, order_id)
    take(tx, b, payments)
    if use_credit and (customer_id is not None or tx.actor.is_merchant):
        if pay_with_credit(tx, reread(tx, b)) < credit_covers:
            raise Refused("quote_changed", kind="credit")
    made = reread(tx, b) if payments or use_credit else b
    tx.audit("create_booking", booking_id=b.id, after=told(made), policy_id=b.policy_id, override=override,
             overlap=chosen.overlap, outside_hours=chosen.outside_hours, paid=made.paid)
    if not of_several:
        _tell(tx, made, notify, as_customer, leaving)
    return Done(made)


def _address(given: str | None, chosen: Chosen, as_customer: bool) -> str:
    """Kept for a delivery only; a customer who was asked for it (not None) has to give one."""
    if chosen.staff.location_kind != "delivery":
        return ""
    address = " ".join((given or "").split())
    if as_customer and given is not None and not address or len(address) > 400:
        raise Refused("invalid", errors=[{"field": "delivery_address", "problem": "is missing" if not address else "is longer than 400 characters"}])
    return address


def ceiling(tx: Tx, price: int, override: bool) -> int | None:
    """What the shop may note as paid for a new booking: more than its price is a slip, unless it says `override`. Money that providers
    took is noted as it is."""
    return price if tx.actor.is_merchant and not override else None


def check_payments(payments: Sequence[dict[str, Any]], most: int | None = None) -> None:
    """Refused invalid, with the first payment that is of no known method or amount, or with which they are more than `most`."""
    total = 0
    for number, payment in enumerate(payments):
        if payment["method"] not in METHODS:
            raise Refused("invalid", errors=[{"field": f"payments.{number}.method", "problem": f"must be one of {', '.join(METHODS)}"}])
        if not 0 < payment["amount"] <= 10**12:
            raise Refused("invalid", errors=[{"field": f"payments.{number}.amount", "problem": "must be a positive amount in minor units"}])
        total += payment["amount"]
        if most is not None and total > most:
            raise Refused("invalid", errors=[{"field": f"payments.{number}.amount", "problem": "comes to more than the price: needs override: true"}])


def _insert(tx: Tx, offer: ServiceOffer, chosen: Chosen, values: dict[str, Any], order_id: int | None) -> BookingSummary:
    policy_id = policy_copy.keep(tx, offer.policy)
    ref = new_ref()
    order_id = order_id or _order(tx, values["customer_id"])
    row = {
        "id": new_id(), "ref": ref, "service_id": offer.id, "staff_id": chosen.staff.id, "location_id": chosen.staff.location_id,
        "session_id": chosen.session_id, "order_id": order_id, "buffer_before_s": offer.shape.buffer_before,
        "buffer_after_s": offer.shape.buffer_after, "overlap_ok": chosen.overlap, "conflict": chosen.overlap, "currency": offer.currency,
        "policy_id": policy_id, "original_starts_at": chosen.starts_at, "created_at": tx.now, "updated_at": tx.now,
        **place(chosen.starts_at, chosen.ends_at, chosen.staff.zone), **values}
    insertion(Booking, frozenset(row)).later(tx, **row)
    b = find(tx, ref)
    assert b is not None, "just written"
    return b


def _order(tx: Tx, customer_id: int) -> int:
    """A new order. The store's row is locked late and shortly: order numbers have no gaps a customer could count."""
    order_id = new_id()
    _ORDER.later(tx, tx.store_id, order_id, customer_id, tx.now)
    return order_id


def take(tx: Tx, b: BookingSummary, payments: Sequence[dict[str, Any]]) -> None:
    """Note money that was taken for a booking; its receipt is issued with it (R39)."""
    if payments:
        tx.last(issue, b.id)
    for payment in payments:
        tx.db.execute(insert(Payment).values(
            store_id=tx.store_id, id=new_id(), booking_id=b.id, amount=payment["amount"], currency=b.currency,
            method=payment["method"], provider_ref=payment.get("provider_ref"), shared=payment.get("shared", False), captured_at=tx.now))


def _tell(tx: Tx, b: BookingSummary, notify: bool, as_customer: bool, leaving: dict[str, datetime] | None) -> None:
    if b.status == "pending":
        if notify:
            notices.tell_customer(tx, "request_received", b, leaving=leaving)
        notices.tell_merchant(tx, "merchant_approval_needed", b)
        return
    if notify:
        notices.tell_customer(tx, "booking_confirmed", b, leaving=leaving)
    heard = notices.tell_merchant(tx, "merchant_booking_created", b) if as_customer or b.conflict else frozenset()
    notices.tell_staff(tx, "merchant_booking_created", b, told=heard)
