"""The first import's steps in the database: lines are staged until the whole file is here, then applied batch by batch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, any_, delete, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.action import Done, action
from booking.importing.copying import copy_rows
from booking.rules.decision import Refused
from booking.shopify.due import mark
from booking.shopify.news import with_news
from booking.shopify.gone import erased_hash
from booking.shopify.people import from_shopify, settle_customer
from booking.shopify.remote import RemoteCustomer, remote_of
from models.base import new_id
from models.customer import Customer
from models.session import Tx
from models.shopify_customer import ShopifyErased
from models.shopify_gone import ShopifyGone
from models.shopify_import import ShopifyImport, ShopifyStaged

CUSTOMER = ("store_id", "id", "name", "email", "email_canonical", "email_verified_at", "phone", "locale", "preferences", "shopify_id",
            "created_at")


@action
def begin_import(tx: Tx, operation_gid: str | None) -> Done:
    """A bulk operation runs for us; None: one has to be asked for anew. Whatever was staged is forgotten."""
    tx.db.execute(delete(ShopifyStaged).where(ShopifyStaged.store_id == tx.store_id))
    values = {"operation_gid": operation_gid, "state": "running" if operation_gid else "asked", "objects": None, "staged": 0, "read_bytes": 0,
              "started_at": tx.now, "finished_at": None, "last_error": None}
    tx.db.execute(upsert(ShopifyImport).values(store_id=tx.store_id, **values).on_conflict_do_update(index_elements=["store_id"], set_=values))
    return Done()


@action
def expect_objects(tx: Tx, objects: int) -> Done:
    """The file is ready and holds so many customers."""
    _change(tx, state="reading", objects=objects)
    return Done()


@action
def stage(tx: Tx, rows: Sequence[tuple[str, dict[str, Any]]], read_bytes: int) -> Done:
    """Keep (GID, line) pairs and how far we have read, in one commit: a killed reader goes on exactly here."""
    staged = tx.db.execute(select(ShopifyImport.staged).where(ShopifyImport.store_id == tx.store_id, ShopifyImport.state == "reading").with_for_update()).scalar_one()
    copy_rows(tx, "shopify_staged", ("store_id", "line", "gid", "body"), [
        (tx.store_id, staged + number, gid, json.dumps(body)) for number, (gid, body) in enumerate(rows)])
    _change(tx, staged=staged + len(rows), read_bytes=read_bytes)
    return Done()


@action
def finish_reading(tx: Tx) -> Done:
    """The end of the file. `facts["whole"]`: as many customers as the operation counted; otherwise nothing of it is ever applied."""
    row = tx.db.execute(select(ShopifyImport.objects, ShopifyImport.staged).where(ShopifyImport.store_id == tx.store_id).with_for_update()).one()
    whole = row.objects == row.staged
    if whole:
        _change(tx, state="applying")
    else:
        tx.db.execute(delete(ShopifyStaged).where(ShopifyStaged.store_id == tx.store_id))
        _change(tx, state="reading", staged=0, read_bytes=0, last_error=f"{row.staged} of {row.objects} customers came")
    return Done(facts={"whole": whole})


@action
def apply_staged(tx: Tx, limit: int = 250) -> Done:
    """Apply the next lines and forget them, in one commit. `facts["left"]` is False when the import is done."""
    rows = tx.db.execute(select(ShopifyStaged.line, ShopifyStaged.gid, ShopifyStaged.body).where(
        ShopifyStaged.store_id == tx.store_id).order_by(ShopifyStaged.line).limit(limit).with_for_update()).all()
    if not rows:
        _change(tx, state="done", finished_at=tx.now)
        # Customers of ours whom Shopify does not know yet are sent there.
        tx.db.execute(text("select shopify_mark('customer', id::text) from customers where store_id = :s and shopify_id is null and erased_at is null"
                           " and (email_canonical is not null or phone is not null)"), {"s": tx.store_id})
        return Done(facts={"left": False})
    from_shopify(tx)
    remotes = {row.gid: remote_of(row.body) for row in rows}
    meet = _who_meet_ours(tx, remotes)
    for gid in sorted(meet):
        facts = settle_customer.within(tx, remotes[gid]).facts
        if facts["to_them"] or facts["news"]:
            mark(tx, "remote_customer", gid)
    _copy(tx, [remote for gid, remote in remotes.items() if gid not in meet])
    tx.db.execute(delete(ShopifyStaged).where(ShopifyStaged.store_id == tx.store_id, ShopifyStaged.line <= rows[-1].line))
    return Done(facts={"left": True, "new": len(remotes) - len(meet)})


def _who_meet_ours(tx: Tx, remotes: dict[str, RemoteCustomer]) -> set[str]:
    """GIDs linked already, erased, merged into others, or with an address somebody here has: these are settled one by one."""
    gids = list(remotes)
    meet = set(tx.db.execute(select(Customer.shopify_id).where(Customer.store_id == tx.store_id, Customer.shopify_id == _among(gids))).scalars())
    hashes = {erased_hash(tx, gid): gid for gid in gids}
    for table in (ShopifyErased, ShopifyGone):
        meet |= {hashes[found] for found in tx.db.execute(select(table.gid_hash).where(
            table.store_id == tx.store_id, table.gid_hash == _among(hashes))).scalars()}
    addresses: dict[str, list[str]] = {}
    for gid, remote in remotes.items():
        if address := remote.fields()["email"]:
            addresses.setdefault(address, []).append(gid)
    known = tx.db.execute(select(Customer.email_canonical).where(
        Customer.store_id == tx.store_id, Customer.email_canonical == _among(addresses))).scalars()
    return meet.union(*(addresses[address] for address in known), *(same for same in addresses.values() if len(same) > 1))


def _among(texts: Iterable[str]) -> Any:
    """One parameter however many there are: the statement is the same for every batch, here and in the database."""
    return any_(literal(list(texts), ARRAY(Text)))


def _copy(tx: Tx, remotes: Sequence[RemoteCustomer]) -> None:
    """New customers, many at once, with their audit entries."""
    people, agreed, audit = [], [], []
    for remote in remotes:
        fields, customer_id = remote.fields(), new_id()
        proven = tx.now if remote.verified_email and fields["email"] else None
        news = {channel: said.wants for channel, said in remote.news.items() if said.wants is not None}
        people.append((tx.store_id, customer_id, fields["name"] or "", fields["email"], fields["email"], proven, fields["phone"], fields["locale"],
                       json.dumps(with_news({}, news)), remote.gid, tx.now))
        agreed.append((tx.store_id, customer_id, json.dumps(fields | ({"news": news} if news else {})), remote.updated_at))
        audit.append({"at": tx.now.isoformat(), "actor_kind": tx.actor.kind, "channel": tx.actor.channel, "action": "create_customer",
                      "subject": "customer", "subject_id": customer_id, "facts": {"source": "shopify"}})
    copy_rows(tx, "customers", CUSTOMER, people)
    copy_rows(tx, "shopify_customers", ("store_id", "customer_id", "agreed", "remote_updated_at"), agreed)
    tx.db.execute(text("select append_audit(cast(:e as jsonb))"), {"e": json.dumps(audit)})


def _change(tx: Tx, **values: Any) -> None:
    if not tx.db.execute(update(ShopifyImport).where(ShopifyImport.store_id == tx.store_id).values(**values)).rowcount:
        raise Refused("not_found")
