"""The inbox of the payment provider: received once, taken for a while, closed (I17, I24)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.action import Done, action
from models.payment_account import PaymentAccount
from models.session import Tx
from models.stripe_event import StripeEvent

TAKEN_FOR = timedelta(minutes=2)
EVERY = timedelta(days=1)
OVERLAP = timedelta(hours=1)
MOST_ATTEMPTS = 40


@action
def receive_event(tx: Tx, event_id: str, topic: str, object_id: str, parent: str | None, made_at: datetime) -> Done:
    """Keep an event. `facts["new"]` is False for one that was there already."""
    stored = tx.db.execute(upsert(StripeEvent).values(
        store_id=tx.store_id, event_id=event_id, topic=topic, object_id=object_id, parent=parent, made_at=made_at, received_at=tx.now,
        due_at=tx.now).on_conflict_do_nothing().returning(StripeEvent.id)).scalar()
    return Done(facts={"new": stored is not None})


@action
def take_events(tx: Tx, *, limit: int = 20) -> Done:
    """Events to act on now, out of others' reach for two minutes. `facts["events"]`: rows."""
    rows = tx.db.execute(select(StripeEvent.id, StripeEvent.topic, StripeEvent.object_id, StripeEvent.parent, StripeEvent.attempts).where(
        StripeEvent.store_id == tx.store_id, StripeEvent.state == "due", StripeEvent.due_at <= tx.now,
    ).order_by(StripeEvent.due_at, StripeEvent.id).limit(limit).with_for_update(skip_locked=True)).all()
    tx.db.execute(update(StripeEvent).where(StripeEvent.store_id == tx.store_id, StripeEvent.id.in_([row.id for row in rows])).values(
        due_at=tx.now + TAKEN_FOR, attempts=StripeEvent.attempts + 1))
    return Done(facts={"events": rows})


@action
def close_event(tx: Tx, row_id: int, error: str | None = None) -> Done:
    """Note that an event has been acted on, or why not yet. One that never can be stays visible as failed."""
    mine = (StripeEvent.store_id == tx.store_id, StripeEvent.id == row_id)
    attempts = tx.db.execute(select(StripeEvent.attempts).where(*mine).with_for_update()).scalar_one()
    state = "done" if error is None else "failed" if attempts >= MOST_ATTEMPTS else "due"
    wait = timedelta(seconds=min(300, 2 ** min(attempts, 10)))
    tx.db.execute(update(StripeEvent).where(*mine).values(state=state, error=error, due_at=tx.now if error is None else tx.now + wait))
    return Done()


@action
def begin_sweep(tx: Tx) -> Done:
    """Whether the daily look at the provider's own list is due; `facts["since"]`: from when, or None. The next one is set at once."""
    row = tx.db.execute(select(PaymentAccount.id, PaymentAccount.swept_to).where(
        PaymentAccount.store_id == tx.store_id, PaymentAccount.ended_at.is_(None), PaymentAccount.sweep_at <= tx.now,
    ).with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return Done(facts={"since": None})
    tx.db.execute(update(PaymentAccount).where(PaymentAccount.store_id == tx.store_id, PaymentAccount.id == row.id).values(
        sweep_at=tx.now + timedelta(minutes=15)))
    return Done(facts={"since": row.swept_to - OVERLAP, "until": tx.now, "account_id": row.id})


@action
def end_sweep(tx: Tx, account_id: int, until: datetime) -> Done:
    """The list has been read up to `until`."""
    tx.db.execute(update(PaymentAccount).where(PaymentAccount.store_id == tx.store_id, PaymentAccount.id == account_id).values(
        swept_to=until, sweep_at=tx.now + EVERY))
    return Done()
