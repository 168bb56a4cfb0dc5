"""What customers change about themselves: name, phone, language, preferences, calendar feed (R38, R39)."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Row, select, update

from booking.actions.action import Done, action
from booking.actions.catalogue import note_change
from booking.addresses import canonical_phone
from booking.changed_addresses import give_up_number
from booking.keys import keyed_hash
from booking.preferences import CHANNELS, KINDS, wants
from booking.rules.decision import Refused
from booking.rules.wall_time import valid_zone
from models.customer import Customer
from models.session import Tx

KEEP = "keep"


@action
def update_profile(tx: Tx, customer_id: int, *, name: str, phone: str, locale: str | None, preferences: dict[str, Any],
                   region: str | None = None, zone: str | None = KEEP, login_id: int | None = None) -> Done:
    """Change name, phone (E.164), language, zone (IANA, or None for the shop's) and preferences. Booking messages keep at least
    one channel; a changed number is unproven until a code sent there is typed (R38), and the old one gets no more texts. `login_id`
    is the session this comes from: the one that stays when the old number could sign in (I38). `facts["feed_ended"]`: and the feed with it."""
    errors: list[dict[str, str]] = []
    name = " ".join(name.split())
    if not name or len(name) > 120:
        errors.append({"field": "name", "problem": "must have 1 to 120 characters"})
    number = None
    if phone.strip():
        try:
            number = canonical_phone(phone.strip(), region)
        except Refused as refused:
            errors += refused.facts["errors"]
    kept = {channel: {kind: bool(preferences.get(channel, {}).get(kind)) for kind in KINDS} for channel in CHANNELS}
    if not any(kept[channel]["transactional"] for channel in CHANNELS):
        errors.append({"field": "preferences", "problem": "at least one channel must stay on for messages about your bookings"})
    if zone not in (None, KEEP) and not valid_zone(zone):
        errors.append({"field": "zone", "problem": "is not a time zone such as America/New_York"})
    if errors:
        raise Refused("invalid", errors=errors)
    values = {"name": name, "phone": number, "locale": locale, "preferences": kept} | ({} if zone == KEEP else {"zone": zone})
    was = _locked(tx, customer_id)
    given_up = was.phone is not None and was.phone != number
    feed_ended = given_up and give_up_number(tx, customer_id, was.phone, proven=was.phone_verified_at is not None, but=login_id)
    proven = was.phone_verified_at if was.phone == number else None
    _change(tx, customer_id, phone_verified_at=proven, **values)
    before = was._asdict() | {"preferences": {channel: chosen(was.preferences, channel) for channel in CHANNELS}}
    note_change(tx, "update_profile", "customer", customer_id, before, values)
    return Done(facts={"feed_ended": feed_ended})


@action
def change_profile(tx: Tx, customer_id: int, fields: dict[str, Any]) -> Done:
    """Change the named fields only; of `preferences` the kinds that are named. What was there is read under a lock."""
    row = _locked(tx, customer_id)
    wanted, wishes = row._asdict() | fields, fields.get("preferences", {})
    preferences = {channel: chosen(row.preferences, channel) | wishes.get(channel, {}) for channel in CHANNELS}
    return update_profile.within(tx, customer_id, name=wanted["name"] or "", phone=wanted["phone"] or "", locale=wanted["locale"],
                                 preferences=preferences)


def chosen(preferences: dict[str, Any], channel: str) -> dict[str, bool]:
    """What the customer gets by this channel; all but news until they say otherwise."""
    return {kind: wants(preferences, channel, kind) for kind in KINDS}


@action
def stop_mails(tx: Tx, customer_id: int, kind: str) -> Done:
    """No more mails of this kind. Messages about a booking itself are not one (R38). Refused not_found for anything unknown."""
    row = _locked(tx, customer_id)
    if kind not in KINDS or kind == "transactional":
        raise Refused("not_found")
    kept = {channel: chosen(row.preferences, channel) for channel in CHANNELS}
    if kept["email"][kind]:
        kept["email"][kind] = False
        _change(tx, customer_id, preferences=kept)
        tx.audit("stop_mails", subject="customer", subject_id=customer_id, before={"preferences": {"email": {kind: True}}},
                 after={"fields": ["preferences"], "preferences": {"email": {kind: False}}}, kind=kind)
    return Done()


@action
def renew_feed(tx: Tx, customer_id: int) -> Done:
    """A new secret address for the private calendar feed; the old one is dead from here on (R39). `facts["secret"]`, once."""
    secret = secrets.token_urlsafe(24)
    _change(tx, customer_id, feed_secret_hash=keyed_hash("feed", tx.store_id, secret))
    tx.audit("renew_feed", subject="customer", subject_id=customer_id)
    return Done(facts={"secret": secret})


@action
def stop_feed(tx: Tx, customer_id: int) -> Done:
    """End the private calendar feed."""
    _change(tx, customer_id, feed_secret_hash=None)
    tx.audit("stop_feed", subject="customer", subject_id=customer_id)
    return Done()


def _locked(tx: Tx, customer_id: int) -> Row:
    row = tx.db.execute(select(Customer.name, Customer.phone, Customer.phone_verified_at, Customer.locale, Customer.preferences, Customer.zone).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.erased_at.is_(None)).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row


def _change(tx: Tx, customer_id: int, **values: Any) -> None:
    done = tx.db.execute(update(Customer).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.erased_at.is_(None),
    ).values(version=Customer.version + 1, **values))
    if done.rowcount != 1:
        raise Refused("not_found")
