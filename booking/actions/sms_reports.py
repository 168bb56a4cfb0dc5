"""What the SMS provider reports: deliveries, and numbers that want no more (R40, A104)."""

from __future__ import annotations

from sqlalchemy import case, delete, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.action import Done, action
from models.session import Tx
from models.sms import RANK, SmsDelivery, SmsStop


@action
def note_delivery(tx: Tx, outbox_id: int, sid: str, state: str, error_code: str | None = None) -> Done:
    """Keep the furthest state a message has reached; reports come in any order and more than once. `facts["known"]`."""
    rank = case(RANK, value=SmsDelivery.state, else_=0)
    known = tx.db.execute(update(SmsDelivery).where(
        SmsDelivery.store_id == tx.store_id, SmsDelivery.outbox_id == outbox_id, SmsDelivery.sid == sid, rank < RANK[state],
    ).values(state=state, error_code=error_code, updated_at=tx.now)).rowcount
    return Done(facts={"known": bool(known)})


@action
def stop_sms(tx: Tx, phone: str) -> Done:
    """The number answered STOP: nothing of this store goes there any more."""
    tx.db.execute(upsert(SmsStop).values(store_id=tx.store_id, phone=phone, stopped_at=tx.now).on_conflict_do_nothing())
    tx.audit("stop_sms", subject="sms")
    return Done()


@action
def start_sms(tx: Tx, phone: str) -> Done:
    """The number answered START."""
    tx.db.execute(delete(SmsStop).where(SmsStop.store_id == tx.store_id, SmsStop.phone == phone))
    tx.audit("start_sms", subject="sms")
    return Done()
