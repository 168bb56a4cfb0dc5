"""The trail of the store, and how much customers do themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from booking.rules.decision import Refused
from models.audit import AuditEntry
from models.session import reading
from models.trail import WHO, broken_at, length
from shopify_app.api.bookings import audit_out, instant
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import operation, reference
from shopify_app.api.shapes import bookings as s
from shopify_app.api.shapes.base import Listing
from shopify_app.api.shapes.overview import ChainOut

CHANGES = ("reschedule_booking", "cancel_booking", "drop_seats")
PERIOD = timedelta(days=30)


@operation("GET", "/audit", summary="Who changed what, newest first", answer=Listing[s.AuditOut],
           query=PAGING | {"who": "customers, team, api or system", "since": "RFC 3339", "until": "RFC 3339, not included", "refused": "true or false: whether the attempt was refused",
                          "subject": "booking, service, staff, ...", "subject_id": "id", "action": "such as cancel_booking"})
def list_audit(call: Call) -> Any:
    limit, position, q = call.limit(), call.position("audit"), call.query
    statement = select(AuditEntry).where(AuditEntry.store_id == call.store_id).order_by(AuditEntry.id.desc()).limit(limit + 1)
    for field, column in (("subject", AuditEntry.subject), ("action", AuditEntry.action)):
        if field in q:
            statement = statement.where(column == q[field])
    if "subject_id" in q:
        statement = statement.where(AuditEntry.subject_id == reference(q["subject_id"], "subject_id"))
    if "who" in q:
        if q["who"] not in WHO:
            raise Refused("invalid", errors=[{"field": "who", "problem": f"must be one of {', '.join(WHO)}"}])
        statement = statement.where(AuditEntry.actor_kind.in_(WHO[q["who"]]))
    if "since" in q:
        statement = statement.where(AuditEntry.at >= instant(q, "since"))
    if "until" in q:
        statement = statement.where(AuditEntry.at < instant(q, "until"))
    if "refused" in q:
        if q["refused"] not in ("true", "false"):
            raise Refused("invalid", errors=[{"field": "refused", "problem": "must be true or false"}])
        statement = statement.where(AuditEntry.allowed == (q["refused"] == "false"))
    if position is not None:
        statement = statement.where(AuditEntry.id < position[0])
    with reading(call.store_id) as tx:
        rows = tx.db.execute(statement).all()
    return {"items": [audit_out(row) for row in rows[:limit]],
            "next": call.next("audit", [rows[limit - 1].id]) if len(rows) > limit else None}


@operation("GET", "/audit/chain", summary="Whether the chain of the trail holds; every entry is looked at (I63)", answer=ChainOut)
def get_chain(call: Call) -> ChainOut:
    with reading(call.store_id) as tx:
        return ChainOut(entries=length(tx), broken_at=broken_at(tx))


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
