"""Telling those who wait: through their booking or their request, else as the customer who asked for a seat (R34, D29e)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from booking import notices
from booking.keys import keyed_hash, settings
from booking.links import store_origin
from booking.preferences import CHANNELS, channels_for
from booking.rules.policy import DEFAULT
from booking.waitlist import NOBODYS, ClassDate, Entry, addresses, find_date
from models.booking_summary import BookingSummary
from models.customer import Customer
from models.session import OutboxItem, Tx
from models.store import Store


def tell(tx: Tx, topic: str, entry: Entry, b: BookingSummary | None, *, offer: dict[str, Any] | None = None,
         leaving: dict[str, datetime] | None = None, once: str = "", **facts: Any) -> None:
    """One message about an entry, over each channel when `leaving` says. `offer`: id, starts_at, zone, staff and until of what is held;
    strings as messages need them. `once` tells repeats apart."""
    offer_id = None if offer is None else offer["id"]
    epoch = b.link_epoch if b is not None and entry.kind == "earlier" else NOBODYS
    date = find_date(tx, entry.session_id) if b is None and entry.session_id is not None else None
    slug = b.store_slug if b is not None else _store(tx).slug
    urls = addresses(tx, slug, entry.id, epoch, offer_id)
    extra: dict[str, Any] = {"waits_for": entry.kind, "entry_url": urls["entry_url"]} | facts
    if offer is not None:
        extra |= {"until": offer["until"], "offer": offer | urls | {"id": str(offer_id)}}
    if b is not None:
        notices.tell_customer(tx, topic, b, once=f"entry{entry.id}:{offer_id or ''}{once}", leaving=leaving, **extra)
    elif date is not None:
        _tell_guest(tx, topic, entry, date, extra, f"{topic}:waitlist:{entry.id}:{offer_id or ''}{once}", leaving or {})


def _tell_guest(tx: Tx, topic: str, entry: Entry, date: ClassDate, extra: dict[str, Any], dedupe: str,
                leaving: dict[str, datetime]) -> None:
    """To someone without a booking: the class date stands where a booking would."""
    person = tx.db.execute(select(Customer.name, Customer.email, Customer.phone, Customer.locale, Customer.zone, Customer.preferences).where(
        Customer.store_id == tx.store_id, Customer.id == entry.customer_id)).one()
    store = _store(tx)
    snapshot = {
        "topic": topic, "locale": person.locale or store.locale, "at": tx.now.isoformat(),
        "store": {"name": store.name, "slug": store.slug, "email": store.email, "phone": store.phone,
                  "origin": store_origin(tx, store.slug), "logo": store.logo_url, "accent": store.accent, "contact_note": store.contact_note},
        "booking": {
            "ref": "", "status": "pending", "version": 0, "service": date.service_name, "staff": date.staff_name,
            "location": date.location_name, "address": date.location_address, "starts_at": date.starts_at.isoformat(),
            "ends_at": date.ends_at.isoformat(), "zone": date.zone, "seats": entry.seats, "price": date.price * entry.seats, "paid": 0,
            "refunded": 0, "owed": 0, "currency": date.currency, "conflict": False},
        "old": None, "customer": None, "manage_url": None, "reschedule_url": None, "can": {"reschedule": False, "cancel": False},
        "book_url": f"{store_origin(tx, store.slug)}/book/{entry.service_id}",
        "policy": DEFAULT.to_json(), "refund": None, "approval_deadline": None, "by": "system",
        "own_zone": person.zone if date.location_kind == "online" and person.zone != date.zone else None,
        "recipient": {"kind": "customer", "name": person.name}} | extra
    reached = {"email": person.email, "sms": settings().sms_url and person.phone}
    for channel in channels_for(topic, person.preferences, tuple(channel for channel in CHANNELS if reached[channel])):
        recipient = reached[channel]
        address = keyed_hash("recipient", tx.store_id, recipient)[:16]
        tx.outbox(OutboxItem(topic, channel, recipient, f"{dedupe}:{address}", snapshot, due_at=leaving.get(channel)))


def _store(tx: Tx):  # noqa: ANN202
    return tx.db.execute(select(
        Store.slug, Store.name, Store.email, Store.phone, Store.logo_url, Store.accent, Store.contact_note, Store.locale,
    ).where(Store.store_id == tx.store_id)).one()
