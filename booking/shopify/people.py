"""Customers as Shopify has them, brought together with ours: linking (R9), per-field rules (I25), going (I60)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import errors
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from booking.actions.action import Done, action
from booking.changed_addresses import put_right, unproven
from booking.rules.decision import Refused
from booking.rules.two_way import Plan, full_name, plan
from booking.shopify.due import mark
from booking.shopify.following import find_forgotten, follow
from booking.shopify.gone import customer_before, in_turn, is_erased, merged_into, note_gone
from booking.shopify.news import NewsPlan, plan_news, with_news
from booking.shopify.remote import RemoteCustomer
from booking.shopify.tasks import note
from models.base import new_id
from models.booking import Booking
from models.booking_summary import lock_many
from models.customer import Customer
from models.session import Tx
from models.shopify_customer import ShopifyCustomer
from models.store import Store

COLUMNS = (Customer.id, Customer.name, Customer.email, Customer.email_canonical, Customer.email_verified_at, Customer.phone,
           Customer.phone_verified_at, Customer.locale, Customer.preferences, Customer.shopify_id, Customer.erased_at)


@action
def settle_customer(tx: Tx, remote: RemoteCustomer) -> Done:
    """Bring what Shopify shows into our copy. `facts`: customer_id, and what has to be written over there: fields in to_them, wishes
    about news in news (channel -> Said).

    Someone unknown becomes a customer; someone we know by an address that both sides have verified is linked (R9).
    """
    from_shopify(tx)
    if is_erased(tx, remote.gid) or merged_into(tx, remote.gid):
        return Done(facts={"customer_id": None, "to_them": {}, "news": {}})
    row = find_linked(tx, remote.gid) or _made_by_us(tx, remote) or _link(tx, remote) or create_from_shopify(tx, remote)
    if (forgotten := find_forgotten(tx, remote.gid)) is not None:
        follow(tx, row.id, forgotten)
    state = tx.db.execute(select(ShopifyCustomer.agreed, ShopifyCustomer.changed, ShopifyCustomer.remote_updated_at).where(
        ShopifyCustomer.store_id == tx.store_id, ShopifyCustomer.customer_id == row.id).with_for_update()).one_or_none()
    agreed = dict(state.agreed) if state else {}
    if state and state.remote_updated_at and remote.updated_at < state.remote_updated_at:
        return Done(facts={"customer_id": row.id, "to_them": {}, "news": {}})
    changed = {name: datetime.fromisoformat(at) for name, at in (state.changed if state else {}).items()}
    ours = {"name": full_name(row.name, None) or None, "email": row.email_canonical, "phone": row.phone,
            "locale": row.locale or _shops_language(tx, agreed, changed)}
    made = plan({name: agreed[name] for name in ours if name in agreed}, ours, remote.fields(), changed, remote.updated_at)
    news = plan_news(agreed.get("news", {}), row.preferences, changed, remote.news)
    written = _write(tx, row, made, remote, news)
    wished = {f"{channel}_news": said.wants for channel, said in news.to_them.items()}
    refused = {name: value for name, value in agreed.get("refused", {}).items() if (ours | wished).get(name) == value}
    kept: dict[str, Any] = made.agreed | ({"news": news.agreed} if news.agreed else {}) | ({"refused": refused} if refused else {})
    # An edit that both sides have now is no edit any more; what is still to be written there stays one.
    done = {name for name in ours if name not in made.to_them} | {f"{channel}_news" for channel in remote.news if channel not in news.to_them}
    still = {name: at.isoformat() for name, at in changed.items() if name not in done}
    _keep(tx, row.id, agreed=kept, changed=still, remote_updated_at=remote.updated_at)
    return Done(facts={
        "customer_id": row.id, "written": written, "to_them": {name: value for name, value in made.to_them.items() if name not in refused},
        "news": {channel: said for channel, said in news.to_them.items() if f"{channel}_news" not in refused}})


def _shops_language(tx: Tx, agreed: dict[str, Any], changed: dict[str, datetime]) -> str | None:
    """What a customer with no language of their own has over there, where everybody has one: what both agreed on, until they go
    back to the shop's language here (R38)."""
    if agreed.get("locale") and "locale" in changed:
        return tx.db.execute(select(Store.locale).where(Store.store_id == tx.store_id)).scalar_one()
    return agreed.get("locale")


def _write(tx: Tx, row: Any, made: Plan, remote: RemoteCustomer, news: NewsPlan) -> list[str]:
    """Our copy takes over their fields; an address somebody else here has proven stays theirs. Who wrote them over there, the person
    or the shop, is not told: what an old address or number has opened ends as when the shop puts it right here."""
    values: dict[str, Any] = {name: value for name, value in made.to_us.items() if name != "name"}
    if "name" in made.to_us:
        values["name"] = made.to_us["name"] or ""
    if "email" in values:
        values["email_canonical"] = values["email"]
    values |= unproven(row, values)
    if values.get("email"):
        values["email_verified_at"] = tx.now if remote.verified_email else None
    elif remote.verified_email and row.email_verified_at is None and row.email_canonical and row.email_canonical == remote.fields()["email"]:
        values["email_verified_at"] = tx.now
    if news.to_us:
        values["preferences"] = with_news(row.preferences, news.to_us)
    if not values:
        return []
    change = update(Customer).where(Customer.store_id == tx.store_id, Customer.id == row.id)
    try:
        with tx.line.attempt():
            tx.db.execute(change.values(version=Customer.version + 1, **values))
    except IntegrityError as error:
        if not isinstance(error.orig, errors.UniqueViolation):
            raise
        note(tx, "link_conflict", remote.gid, customer_id=row.id, reason="address_proven_by_another")
        tx.db.execute(change.values(version=Customer.version + 1, **(values | {"email_verified_at": None})))
    if values.keys() & {"email", "phone"}:
        # Without a mail to each: shops change thousands at once over there, and the next message has the new link.
        put_right(tx, row, values, lock_many(tx, Booking.customer_id == row.id), send=False)
    names = sorted(values.keys() - {"email_canonical", "email_verified_at", "phone_verified_at"})
    tx.audit("update_customer", subject="customer", subject_id=row.id, after={"fields": names, "from": "shopify"})
    return names


def _made_by_us(tx: Tx, remote: RemoteCustomer) -> Any:
    """Our customer they were made for, when the answer to that was lost and word of it comes first."""
    if remote.made_for is None:
        return None
    row = tx.db.execute(select(*COLUMNS).where(
        Customer.store_id == tx.store_id, Customer.id == remote.made_for, Customer.shopify_id.is_(None), Customer.erased_at.is_(None),
    ).with_for_update()).one_or_none()
    if row is not None:
        link_customer.within(tx, row.id, remote.gid, made_by_us=True)
    return row


def _link(tx: Tx, remote: RemoteCustomer) -> Any:
    """The unlinked customer with the same address, if both sides have verified it. Linked to another: a case for the merchant (R9)."""
    address = remote.fields()["email"]
    if not address or not remote.verified_email:
        return None
    row = tx.db.execute(select(*COLUMNS).where(
        Customer.store_id == tx.store_id, Customer.email_canonical == address, Customer.email_verified_at.is_not(None),
        Customer.erased_at.is_(None)).with_for_update()).one_or_none()
    if row is None:
        return None
    if row.shopify_id is not None:
        note(tx, "link_conflict", remote.gid, customer_id=row.id, reason="linked_to_another")
        return None
    link_customer.within(tx, row.id, remote.gid)
    return row


def create_from_shopify(tx: Tx, remote: RemoteCustomer) -> Any:
    """A new customer of ours, whose address is proven where Shopify has it verified and nobody here has proven it before."""
    fields, customer_id = remote.fields(), new_id()
    address = fields["email"]
    taken = address is not None and tx.db.execute(select(Customer.id).where(
        Customer.store_id == tx.store_id, Customer.email_canonical == address, Customer.email_verified_at.is_not(None))).first() is not None
    tx.db.execute(insert(Customer).values(
        store_id=tx.store_id, id=customer_id, name=fields["name"] or "", email=fields["email"], email_canonical=address, phone=fields["phone"],
        locale=fields["locale"], email_verified_at=tx.now if remote.verified_email and address and not taken else None,
        shopify_id=remote.gid, created_at=tx.now))
    tx.audit("create_customer", subject="customer", subject_id=customer_id, after={"from": "shopify"})
    return tx.db.execute(select(*COLUMNS).where(Customer.store_id == tx.store_id, Customer.id == customer_id)).one()


@action
def link_customer(tx: Tx, customer_id: int, gid: str, *, made_by_us: bool = False) -> Done:
    """From here on the two are the same person. Their calendar is due over there. `made_by_us`: they have what we sent when we made
    them; of anybody else nothing is agreed on yet."""
    from_shopify(tx)
    if find_linked(tx, gid) is not None:
        raise Refused("not_allowed", kind="customer")
    done = tx.db.execute(update(Customer).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.shopify_id.is_(None), Customer.erased_at.is_(None),
    ).values(shopify_id=gid, version=Customer.version + 1))
    if not done.rowcount:
        raise Refused("not_allowed", kind="customer")
    if not made_by_us:
        tx.db.execute(update(ShopifyCustomer).where(
            ShopifyCustomer.store_id == tx.store_id, ShopifyCustomer.customer_id == customer_id).values(agreed={}))
    tx.audit("link_customer", subject="customer", subject_id=customer_id, gid=gid)
    mark(tx, "calendar", str(customer_id))
    return Done()


@action
def note_creation(tx: Tx, customer_id: int, sent: dict[str, Any]) -> Done:
    """Kept before they are made over there: should the answer be lost, what they have then is what we sent (I25)."""
    _keep(tx, customer_id, agreed=sent)
    return Done()


@action
def unlink_customer(tx: Tx, gid: str) -> Done:
    """The customer is gone over there: our record, its bookings and its links stay. It is not sent there anew."""
    from_shopify(tx)
    in_turn(tx)
    row = find_linked(tx, gid)
    if row is not None:
        note_gone(tx, gid, row.id)
        tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id, Customer.id == row.id).values(
            shopify_id=None, version=Customer.version + 1))
        _keep(tx, row.id, agreed={"apart": "removed"}, remote_updated_at=None, calendar_digest=None)
        tx.audit("unlink_customer", subject="customer", subject_id=row.id, gid=gid)
    return Done()


@action
def keep_apart(tx: Tx, customer_id: int, why: str) -> Done:
    """This customer is not sent to Shopify: the address belongs to someone there whom we may not take them for (R9)."""
    _keep(tx, customer_id, agreed={"apart": why})
    return Done()


@action
def note_refusal(tx: Tx, customer_id: int, gid: str, values: dict[str, Any]) -> Done:
    """Shopify does not take these values (an address or number of somebody else there, news for a number it cannot reach). They are not sent again; a person decides."""
    agreed = tx.db.execute(select(ShopifyCustomer.agreed).where(
        ShopifyCustomer.store_id == tx.store_id, ShopifyCustomer.customer_id == customer_id)).scalar() or {}
    _keep(tx, customer_id, agreed=dict(agreed) | {"refused": dict(agreed.get("refused", {})) | values})
    note(tx, "link_conflict", gid, customer_id=customer_id, reason="refused_there", fields=sorted(values))
    return Done()


def find_linked(tx: Tx, gid: str) -> Any:
    """The customer of this GID, the row locked."""
    return tx.db.execute(select(*COLUMNS).where(
        Customer.store_id == tx.store_id, Customer.shopify_id == gid, Customer.erased_at.is_(None)).with_for_update()).one_or_none()


def find_known(tx: Tx, gid: str) -> Any:
    """The customer of this GID, or who was it until it was deleted over there and is nobody else since; the row locked."""
    return find_linked(tx, gid) or tx.db.execute(select(*COLUMNS).where(
        Customer.store_id == tx.store_id, Customer.id == customer_before(tx, gid), Customer.shopify_id.is_(None), Customer.erased_at.is_(None),
    ).with_for_update()).one_or_none()


def from_shopify(tx: Tx) -> None:
    """What this transaction writes about customers came from there: the database marks none of it to be sent (no echo)."""
    tx.db.exec_driver_sql("select set_config('app.from_shopify', '1', true)")


def forget_state(tx: Tx, customer_id: int) -> None:
    tx.db.execute(delete(ShopifyCustomer).where(ShopifyCustomer.store_id == tx.store_id, ShopifyCustomer.customer_id == customer_id))


def _keep(tx: Tx, customer_id: int, **values: Any) -> None:
    tx.db.execute(upsert(ShopifyCustomer).values(store_id=tx.store_id, customer_id=customer_id, **values).on_conflict_do_update(
        index_elements=["store_id", "customer_id"], set_=values))
