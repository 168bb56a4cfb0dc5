"""The diary into the database, with payments, refunds and one audit entry a booking."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from booking.documents.issue import issue
from booking.importing.copying import copy_rows
from booking.rules.policy import DEFAULT, Policy
from models import policy_copy
from models.actor import Actor
from models.base import new_id, new_ref
from models.session import Tx, reading, transaction
from sandbox.seed.diary import Diary, Entry, write_diary
from sandbox.seed.shop import Shop

BOOKING = ("store_id", "id", "ref", "status", "service_id", "staff_id", "location_id", "customer_id", "session_id", "order_id", "starts_at",
           "ends_at", "zone", "local_start", "fold", "buffer_after_s", "seats", "price", "currency", "policy_id", "never_approved",
           "original_starts_at", "approval_deadline", "contact_name", "contact_email", "contact_email_canonical", "contact_phone",
           "closed_at", "cancelled_by", "created_at", "updated_at")


def load_diary(shop: Shop, business: dict[str, Any], people: list[tuple[str, str, str]]) -> list[int]:
    """Write everything in one transaction; the customers' ids in the order of `people`."""
    with reading(shop.store_id) as tx:
        now = tx.now
    diary = write_diary(business, len(people), now)
    customers = [new_id() for _ in people]
    with transaction(shop.store_id, Actor("system", "import")) as tx:
        _customers(tx, business, people, customers)
        sessions = _sessions(tx, shop, business, diary)
        _bookings(tx, shop, business, people, customers, sessions, diary.entries)
    return customers


def _customers(tx: Tx, business: dict[str, Any], people: list, ids: list[int]) -> None:
    shopify = business["kind"] == "shopify"
    copy_rows(tx, "customers", ("store_id", "id", "name", "email", "email_canonical", "email_verified_at", "phone", "shopify_id", "created_at"), [
        (tx.store_id, ids[n], name, email, email, tx.now, phone, f"gid://shopify/Customer/{9000000000 + n}" if shopify else None,
         tx.now - timedelta(days=460)) for n, (name, email, phone) in enumerate(people)])
    tx.db.execute(text("select append_audit(cast(:e as jsonb))"), {"e": json.dumps([
        _entry(tx, "create_customer", "customer", customer_id) for customer_id in ids])})


def _sessions(tx: Tx, shop: Shop, business: dict[str, Any], diary: Diary) -> dict[tuple[int, datetime], int]:
    ids = {key: new_id() for key in diary.sessions}
    copy_rows(tx, "sessions", ("store_id", "id", "service_id", "staff_id", "location_id", "starts_at", "ends_at", "occupied_from",
                               "occupied_to", "capacity", "created_at"), [
        (tx.store_id, ids[number, start], shop.services[number], shop.staff[staff], shop.locations[business["staff"][staff][1]], start, end,
         start, end, business["services"][number]["capacity"], tx.now) for (number, start), (staff, end) in diary.sessions.items()])
    tx.db.execute(text("select append_audit(cast(:e as jsonb))"), {"e": json.dumps([
        _entry(tx, "create_session", "session", session_id) for session_id in ids.values()])})
    return ids


def _bookings(tx: Tx, shop: Shop, business: dict[str, Any], people: list, customers: list[int], sessions: dict, entries: list[Entry]) -> None:
    policies = [policy_copy.keep(tx, (Policy.from_json(s["policy"]) if s["policy"] else DEFAULT).to_json()) for s in business["services"]]
    bookings, orders, payments, refunds, lines, audit = [], [], [], [], [], []
    number = tx.db.execute(text("update stores set last_order_number = last_order_number + :n returning last_order_number"),
                           {"n": len(entries)}).scalar_one() - len(entries)
    for count, e in enumerate(sorted(entries, key=lambda e: e.booked_at)):
        s, (name, email, phone) = business["services"][e.service], people[e.customer]
        booking_id, order_id = new_id(), new_id()
        price = s["price"] * e.seats
        orders.append((tx.store_id, order_id, number + count + 1, customers[e.customer], e.booked_at))
        waits = e.status == "pending"
        bookings.append((
            tx.store_id, booking_id, new_ref(), e.status, shop.services[e.service], shop.staff[e.staff],
            shop.locations[business["staff"][e.staff][1]], customers[e.customer], sessions.get(e.session), order_id, e.starts_at, e.ends_at,
            business["zone"], e.local, 0, s["buffer"] * 60, e.seats, price, business["currency"], policies[e.service], waits, e.starts_at,
            min(tx.now + timedelta(hours=11), e.starts_at) if waits else None, name, email, email, phone, e.closed_at,
            "customer" if e.status == "cancelled" else "store" if e.status == "declined" else None, e.booked_at, e.closed_at or e.booked_at))
        paid = price if e.status == "completed" else s["deposit"] * e.seats
        if paid:
            payment_id = new_id()
            payments.append((tx.store_id, payment_id, booking_id, paid, business["currency"], "card" if s["deposit"] else "cash", e.booked_at))
            if e.status in ("cancelled", "declined", "expired"):
                _refund(tx, e, booking_id, payment_id, paid, business["currency"], refunds, lines)
        audit.append(_entry(tx, "create_booking", "booking", booking_id, e.booked_at, {"status": "confirmed", "starts_at": e.starts_at.isoformat()}))
        if e.closed_at:
            action = {"completed": "complete_booking", "no_show": "no_show_booking", "cancelled": "cancel_booking", "declined": "decline_booking",
                      "expired": "expire_booking"}[e.status]
            audit.append(_entry(tx, action, "booking", booking_id, e.closed_at, {"status": e.status}) | _who(e, count, shop.owner, customers[e.customer], booking_id))
    copy_rows(tx, "orders", ("store_id", "id", "number", "customer_id", "created_at"), orders)
    copy_rows(tx, "bookings", BOOKING, bookings)
    copy_rows(tx, "payments", ("store_id", "id", "booking_id", "amount", "currency", "method", "captured_at"), payments)
    copy_rows(tx, "refunds", ("store_id", "id", "booking_id", "cause", "outcome", "mode", "state", "amount", "kept", "currency", "created_at",
                              "settled_at"), refunds)
    copy_rows(tx, "refund_lines", ("store_id", "id", "refund_id", "payment_id", "amount"), lines)
    issue(tx, {row[2] for row in payments}, dated_back=True)
    tx.db.execute(text("select append_audit(cast(:e as jsonb))"), {"e": json.dumps(audit)})


def _refund(tx: Tx, e: Entry, booking_id: int, payment_id: int, paid: int, currency: str, refunds: list, lines: list) -> None:
    """Back in full when it was cancelled two days ahead or ended by the shop, else kept."""
    early = e.status != "cancelled" or (e.closed_at is not None and e.starts_at - e.closed_at >= timedelta(days=2))
    refund_id = new_id()
    recent = e.closed_at is not None and e.closed_at > tx.now - timedelta(days=10)
    state = ("owed" if recent else "succeeded") if early else "none"
    refunds.append((tx.store_id, refund_id, booking_id, "cancellation", "full" if early else "forfeit", "automatic", state,
                    paid if early else 0, 0 if early else paid, currency, e.closed_at, e.closed_at if state == "succeeded" else None))
    if early:
        lines.append((tx.store_id, new_id(), refund_id, payment_id, paid))


def _who(e: Entry, count: int, owner: int, customer_id: int, booking_id: int) -> dict[str, Any]:
    """Of five cancellations two come from the account, two by the mailed link and one by the shop, like everything else."""
    if e.status == "cancelled" and count % 5 < 2:
        return {"actor_kind": "customer", "actor_id": str(customer_id), "channel": "account"}
    if e.status == "cancelled" and count % 5 < 4:
        return {"actor_kind": "link", "actor_id": str(booking_id), "channel": "link"}
    if e.status == "expired":
        return {}
    return {"actor_kind": "user", "actor_id": str(owner), "actor_role": "owner", "channel": "dashboard"}


def _entry(tx: Tx, action: str, subject: str, subject_id: int, at: datetime | None = None, after: dict | None = None) -> dict[str, Any]:
    return {"at": (at or tx.now).isoformat(), "actor_kind": "system", "channel": "import", "action": action, "subject": subject,
            "subject_id": subject_id, "booking_id": subject_id if subject == "booking" else None, "after": after, "facts": {"source": "seed"}}
