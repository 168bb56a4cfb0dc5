"""A refund that has been owed for three days: the shop is reminded once (R23)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import BigInteger, and_, func, select, update

from booking.actions.action import Done, action
from booking.actions.refund_parts import WAITS
from booking.store_messages import tell_shop
from models.booking import Booking
from models.refund import Refund, RefundLine
from models.service import Service
from models.session import Tx

OWED_FOR = timedelta(days=3)
TOLD_AT_ONCE = 50


@action
def remind_of_refunds(tx: Tx) -> Done:
    """One message for all refunds nobody has carried out since; `facts["refunds"]`: how many are in it."""
    waiting = select(func.coalesce(func.sum(RefundLine.amount), 0).cast(BigInteger)).where(
        RefundLine.store_id == Refund.store_id, RefundLine.refund_id == Refund.id, RefundLine.state.in_(WAITS)).scalar_subquery()
    rows = tx.db.execute(select(
        Refund.id, waiting.label("amount"), Refund.currency, Booking.ref, Booking.contact_name, Booking.starts_at, Booking.zone, Service.name,
    ).join(Booking, and_(Booking.store_id == Refund.store_id, Booking.id == Refund.booking_id))
     .join(Service, and_(Service.store_id == Booking.store_id, Service.id == Booking.service_id))
     .where(Refund.store_id == tx.store_id, Refund.state.in_(WAITS), Refund.created_at <= tx.now - OWED_FOR, Refund.reminded_at.is_(None))
     .order_by(Refund.created_at, Refund.id).limit(TOLD_AT_ONCE).with_for_update(of=Refund, skip_locked=True)).all()
    if rows:
        tx.db.execute(update(Refund).where(Refund.store_id == tx.store_id, Refund.id.in_([row.id for row in rows])).values(reminded_at=tx.now))
        tell_shop(tx, "merchant_refunds_owed", str(rows[0].id), owed=[
            {"ref": row.ref, "customer": row.contact_name, "service": row.name, "amount": row.amount, "currency": row.currency,
             "starts_at": row.starts_at.isoformat(), "zone": row.zone} for row in rows])
        tx.audit("remind_of_refunds", subject="store", subject_id=tx.store_id, refunds=[row.id for row in rows])
    return Done(facts={"refunds": len(rows)})
