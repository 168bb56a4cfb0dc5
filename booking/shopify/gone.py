"""What is remembered of customers who are no more over there, so that word of them may come in any order (I23, R44, I60)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.keys import keyed_hash
from models.session import Tx
from models.shopify_customer import ShopifyErased
from models.shopify_gone import ShopifyGone


def in_turn(tx: Tx) -> None:
    """Merges, deletions and erasures of a store one after the other: each sees what the one before remembered."""
    tx.db.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{tx.store_id}:shopify_gone"})


def merged_into(tx: Tx, gid: str) -> str | None:
    """Who has everything of this GID since a merge."""
    return tx.db.execute(select(ShopifyGone.kept_gid).where(ShopifyGone.store_id == tx.store_id, ShopifyGone.gid_hash == erased_hash(tx, gid))).scalar()


def customer_before(tx: Tx, gid: str) -> int | None:
    """Our customer this GID was until it was deleted or erased over there."""
    return tx.db.execute(select(ShopifyGone.customer_id).where(ShopifyGone.store_id == tx.store_id, ShopifyGone.gid_hash == erased_hash(tx, gid))).scalar()


def note_merge(tx: Tx, kept: str, removed: str) -> None:
    """Whoever was merged into the removed one before belongs to the kept one too; that one must not be merged into another itself."""
    _keep(tx, removed, kept_gid=kept, customer_id=None)
    tx.db.execute(update(ShopifyGone).where(ShopifyGone.store_id == tx.store_id, ShopifyGone.kept_gid == removed).values(kept_gid=kept))


def note_gone(tx: Tx, gid: str, customer_id: int) -> None:
    """Deleted or erased over there; a merge before that may be heard of later."""
    _keep(tx, gid, customer_id=customer_id)


def is_erased(tx: Tx, gid: str) -> bool:
    return tx.db.execute(select(ShopifyErased.gid_hash).where(
        ShopifyErased.store_id == tx.store_id, ShopifyErased.gid_hash == erased_hash(tx, gid))).first() is not None


def remember_erased(tx: Tx, gid: str) -> None:
    """Whatever still comes about this GID is ignored from here on, and about all who were merged into it (I60)."""
    merged = tx.db.execute(delete(ShopifyGone).where(ShopifyGone.store_id == tx.store_id, ShopifyGone.kept_gid == gid).returning(
        ShopifyGone.gid_hash)).scalars().all()
    tx.db.execute(upsert(ShopifyErased).values([
        {"store_id": tx.store_id, "gid_hash": hashed, "erased_at": tx.now} for hashed in (erased_hash(tx, gid), *merged)]).on_conflict_do_nothing())


def erased_hash(tx: Tx, gid: str) -> str:
    return keyed_hash("erased", tx.store_id, gid)


def _keep(tx: Tx, gid: str, **values: Any) -> None:
    tx.db.execute(upsert(ShopifyGone).values(store_id=tx.store_id, gid_hash=erased_hash(tx, gid), gone_at=tx.now, **values).on_conflict_do_update(
        index_elements=["store_id", "gid_hash"], set_=values))
