"""Somebody was erased before we heard that they had been merged: what is left, which names nobody, is the kept one's (I23, I60, R44)."""

from __future__ import annotations

from sqlalchemy import and_, select, update

from booking.actions.merge_customers import follow_kept
from booking.shopify.due import mark
from booking.shopify.gone import erased_hash, note_gone
from models.customer import Customer
from models.session import Tx
from models.shopify_gone import ShopifyGone
from models.shopify_task import ShopifyTask


def find_forgotten(tx: Tx, gid: str) -> int | None:
    """Our erased record of who this GID was, as long as what is left of it follows nobody."""
    return tx.db.execute(select(Customer.id).join(ShopifyGone, and_(
        ShopifyGone.store_id == Customer.store_id, ShopifyGone.customer_id == Customer.id, ShopifyGone.gid_hash == erased_hash(tx, gid),
    )).where(Customer.store_id == tx.store_id, Customer.erased_at.is_not(None), Customer.merged_into.is_(None)).with_for_update(of=Customer)).scalar()


def follow(tx: Tx, kept_id: int, forgotten_id: int) -> None:
    """The times kept for somebody we no longer knew are somebody's again: nobody of the shop has to decide on them."""
    follow_kept(tx, kept_id, forgotten_id)
    for task_id in tx.db.execute(update(ShopifyTask).where(
            ShopifyTask.store_id == tx.store_id, ShopifyTask.kind == "redacted_open_bookings", ShopifyTask.customer_id == kept_id,
            ShopifyTask.done_at.is_(None)).values(done_at=tx.now).returning(ShopifyTask.id)).scalars():
        tx.audit("finish_task", subject="task", subject_id=task_id)
    mark(tx, "calendar", str(kept_id))


def wait_beside(tx: Tx, kept_gid: str, forgotten_id: int) -> None:
    """The kept one is not known here yet, or erased too: what is left waits for who they are, or become by another merge."""
    theirs = find_forgotten(tx, kept_gid)
    if theirs is None:
        note_gone(tx, kept_gid, forgotten_id)
    else:
        follow_kept(tx, theirs, forgotten_id)
