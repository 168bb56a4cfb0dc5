"""What a person of the shop should look at; each case once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.action import Done, action
from booking.rules.decision import Refused
from models.base import new_id
from models.session import Tx
from models.shopify_task import ShopifyTask


def note(tx: Tx, kind: str, subject: str, *, customer_id: int | None = None, **facts: Any) -> None:
    """Put it on the list; a case that is there, open or done, stays as it is. Facts hold no personal data."""
    tx.db.execute(upsert(ShopifyTask).values(
        store_id=tx.store_id, id=new_id(), kind=kind, subject=subject, customer_id=customer_id, facts=facts, created_at=tx.now,
    ).on_conflict_do_nothing())


@action
def finish_task(tx: Tx, task_id: int) -> Done:
    """Somebody of the shop has dealt with it. Refused not_found where no such task is open."""
    done = tx.db.execute(update(ShopifyTask).where(
        ShopifyTask.store_id == tx.store_id, ShopifyTask.id == task_id, ShopifyTask.done_at.is_(None)).values(done_at=tx.now))
    if not done.rowcount:
        raise Refused("not_found")
    tx.audit("finish_task", subject="task", subject_id=task_id)
    return Done(facts={"id": task_id})
