"""Two records of one person become one (R44)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, and_, delete, exists, or_, select, update
from sqlalchemy.orm import aliased

from booking.actions.action import Done, action
from booking.rules.decision import Refused
from models.access import CustomerLogin
from models.booking import Booking
from models.booking_summary import lock_many
from models.customer import Customer
from models.email_change import EmailChange
from models.session import Tx
from models.tables import ALL
from models.waitlist_entry import WaitlistEntry

FILLED = ("name", "locale", "zone")
"""What the kept record takes over where it has nothing."""


@action
def merge_customers(tx: Tx, kept_id: int, merged_id: int) -> Done:
    """`kept_id` gets everything of `merged_id`: bookings, orders, credits, consents, whatever belongs to a customer.

    The stricter preference wins; links keep working; browsers signed in as the merged record are signed out. Repeating it
    changes nothing. Refused not_found; not_allowed with kind="merge" where both belong to different Shopify customers, which
    only Shopify can merge.
    """
    if kept_id == merged_id:
        raise Refused("invalid", errors=[{"field": "other", "problem": "is the same customer"}])
    moved = lock_many(tx, Booking.customer_id == merged_id)
    rows = {row.id: row for row in tx.db.execute(select(Customer.__table__).where(
        Customer.store_id == tx.store_id, Customer.id.in_((kept_id, merged_id))).order_by(Customer.id).with_for_update())}
    kept, merged = rows.get(kept_id), rows.get(merged_id)
    if merged is not None and merged.merged_into == kept_id:
        return Done(facts={"id": kept_id})
    if kept is None or merged is None or kept.erased_at is not None or merged.erased_at is not None:
        raise Refused("not_found")
    if kept.shopify_id and merged.shopify_id:
        raise Refused("not_allowed", kind="merge")
    tx.db.execute(update(CustomerLogin).where(
        CustomerLogin.store_id == tx.store_id, CustomerLogin.customer_id == merged_id, CustomerLogin.ended_at.is_(None)).values(ended_at=tx.now))
    tx.db.execute(delete(EmailChange).where(EmailChange.store_id == tx.store_id, EmailChange.customer_id == merged_id))
    _hand_over(tx, kept_id, merged_id)
    _close(tx, merged, kept_id)
    values = _together(kept, merged)
    tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id, Customer.id == kept_id).values(
        version=Customer.version + 1, **values))
    tx.audit("merge_customers", subject="customer", subject_id=kept_id, merged=merged_id, bookings=len(moved),
             taken=sorted(set(values) - {"preferences"}))
    return Done(facts={"id": kept_id})


LEFT = frozenset({"customers", "customer_words", "customer_logins", "email_changes"})
"""What does not move: sessions, which have ended, links that undo a change of the old address, which are gone, words made anew."""

ONE_EACH = {"payers": ("account_id",), "shopify_customers": ()}
"""Tables with one row per customer (and these columns): the kept record's own row stays the one."""


def owned_tables() -> list[Any]:
    """(table, column) of everything that belongs to a customer and moves with them, also what is added in years to come."""
    return [(table, key.column_keys[-1]) for table in ALL for key in table.foreign_key_constraints
            if key.referred_table.name == "customers" and table.name not in LEFT]


def follow_kept(tx: Tx, kept_id: int, erased_id: int) -> None:
    """What an erased record has left, its bookings and money without anything that says whose they were, belongs to `kept_id`."""
    moved = lock_many(tx, Booking.customer_id == erased_id)
    _hand_over(tx, kept_id, erased_id)
    tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id, Customer.id == erased_id).values(
        merged_into=kept_id, version=Customer.version + 1))
    tx.audit("merge_customers", subject="customer", subject_id=kept_id, merged=erased_id, bookings=len(moved), taken=[])


def _hand_over(tx: Tx, kept_id: int, merged_id: int) -> None:
    tx.db.execute(update(Booking).where(Booking.store_id == tx.store_id, Booking.customer_id == merged_id).values(
        customer_id=kept_id, version=Booking.version + 1, updated_at=tx.now))
    _one_place_in_line(tx, kept_id, merged_id)
    for table, column in owned_tables():
        owner = table.c[column]
        statement = update(table).where(table.c.store_id == tx.store_id, owner == merged_id)
        if table.name in ONE_EACH:
            own = table.alias()
            statement = statement.where(~exists().where(own.c.store_id == tx.store_id, own.c[column] == kept_id, *[
                own.c[name] == table.c[name] for name in ONE_EACH[table.name]]))
        tx.db.execute(statement.values({column: kept_id}))


def _one_place_in_line(tx: Tx, kept_id: int, merged_id: int) -> None:
    """Who waits twice for a seat of the same class date, or for the same time, waits once from here on."""
    kept = aliased(WaitlistEntry)
    tx.db.execute(update(WaitlistEntry).where(
        WaitlistEntry.store_id == tx.store_id, WaitlistEntry.customer_id == merged_id, WaitlistEntry.state == "waiting",
        WaitlistEntry.kind != "earlier", exists().where(
            kept.store_id == tx.store_id, kept.customer_id == kept_id, kept.kind == WaitlistEntry.kind, kept.state == "waiting",
            or_(kept.session_id == WaitlistEntry.session_id, and_(
                kept.kind == "again", kept.service_id == WaitlistEntry.service_id, kept.staff_id == WaitlistEntry.staff_id,
                kept.before == WaitlistEntry.before)))).values(state="withdrawn", ended_at=tx.now).execution_options(synchronize_session=False))


def _close(tx: Tx, merged: Row, kept_id: int) -> None:
    """The merged record stays as an empty shell that says where it went, so that ids in the audit keep their meaning."""
    tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id, Customer.id == merged.id).values(
        name="", email=None, email_canonical=None, email_verified_at=None, phone=None, phone_verified_at=None, locale=None, zone=None,
        preferences={}, shopify_id=None, feed_secret_hash=None, merged_into=kept_id, erased_at=tx.now, version=Customer.version + 1))


def _together(kept: Row, merged: Row) -> dict[str, Any]:
    """What changes on the kept record: gaps are filled, an unproven address gives way to a proven one, both must have agreed."""
    values: dict[str, Any] = {name: getattr(merged, name) for name in FILLED if not getattr(kept, name) and getattr(merged, name)}
    if merged.email and (not kept.email or merged.email_verified_at and not kept.email_verified_at):
        values |= {"email": merged.email, "email_canonical": merged.email_canonical, "email_verified_at": merged.email_verified_at}
    if merged.phone and (not kept.phone or merged.phone == kept.phone and merged.phone_verified_at):
        values |= {"phone": merged.phone, "phone_verified_at": merged.phone_verified_at}
    if merged.shopify_id:
        values["shopify_id"] = merged.shopify_id
    return values | {"preferences": stricter(kept.preferences, merged.preferences)}


def stricter(one: dict[str, Any], other: dict[str, Any]) -> dict[str, dict[str, bool]]:
    """Only what both want; without a choice everything but news. Messages about bookings keep one channel (R38)."""
    found: dict[str, dict[str, bool]] = {}
    for channel in sorted({*one, *other}):
        first, second = one.get(channel) or {}, other.get(channel) or {}
        found[channel] = {kind: bool(first.get(kind, kind != "marketing") and second.get(kind, kind != "marketing"))
                          for kind in sorted({*first, *second})}
    chosen = [kinds for kinds in found.values() if "transactional" in kinds]
    if len(chosen) >= 2 and not any(kinds["transactional"] for kinds in chosen):
        found["email"]["transactional"] = True
    return found
