"""The trail of the store, and how much customers do themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from models.audit import AuditEntry
from models.session import reading
from shopify_app.api.bookings import audit_out
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import operation, reference
from shopify_app.api.shapes import bookings as s
from shopify_app.api.shapes.base import Listing

CHANGES = ("reschedule_booking", "cancel_booking", "drop_seats")
PERIOD = timedelta(days=30)


@operation("GET", "/audit", summary="Who changed what, newest first", answer=Listing[s.AuditOut],
           query=PAGING | {"subject": "booking, service, staff, ...", "subject_id": "id", "action": "such as cancel_booking"})
def list_audit(call: Call) -> Any:
    limit, position, q = call.limit(), call.position("audit"), call.query
    statement = select(AuditEntry).where(AuditEntry.store_id == call.store_id).order_by(AuditEntry.id.desc()).limit(limit + 1)
    for field, column in (("subject", AuditEntry.subject), ("action", AuditEntry.action)):
        if field in q:
            statement = statement.where(column == q[field])
    if "subject_id" in q:
        statement = statement.where(AuditEntry.subject_id == reference(q["subject_id"], "subject_id"))
    if position is not None:
        statement = statement.where(AuditEntry.id < position[0])
    with reading(call.store_id) as tx:
        rows = tx.db.execute(statement).all()
    return {"items": [audit_out(row) for row in rows[:limit]],
            "next": call.next("audit", [rows[limit - 1].id]) if len(rows) > limit else None}


@operation("GET", "/reports/self-service", summary="The share of changes customers make themselves, over 30 days (A20)",
           answer=s.SelfService)
def self_service(call: Call) -> s.SelfService:
    with reading(call.store_id) as tx:
        since = tx.now - PERIOD
        rows = tx.db.execute(select(AuditEntry.actor_kind, func.count()).where(
            AuditEntry.store_id == call.store_id, AuditEntry.at >= since, AuditEntry.allowed, AuditEntry.action.in_(CHANGES),
        ).group_by(AuditEntry.actor_kind)).all()
    total = sum(count for _, count in rows)
    own = sum(count for kind, count in rows if kind in ("customer", "link", "shopify_customer"))
    return s.SelfService(since=since, changes=total, by_customers=own, share=own / total if total else None)
