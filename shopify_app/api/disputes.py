"""Disputed payments: what customers' banks say, until when to answer, and where (I17)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.rules.decision import Refused
from booking.wording.disputes import to_answer
from gateways.stripe.accounts import at_stripe
from models.dispute import MOST_OPEN, ListedDispute, closed_disputes, one_dispute, open_disputes
from models.session import reading
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation
from shopify_app.api.shapes import disputes as s
from shopify_app.api.shapes.base import Listing


def dispute_out(row: ListedDispute) -> s.DisputeOut:
    return s.DisputeOut(
        id=str(row.id), booking=row.ref, service_name=row.service_name, customer_name=row.customer_name,
        amount={"amount": row.amount, "currency": row.currency}, reason=row.reason, status=row.status,
        needs_answer=row.closed_at is None and to_answer(row.status), answered=row.answered, refundable=row.refundable, due_by=row.due_by,
        made_at=row.made_at, closed_at=row.closed_at, answer_url=at_stripe(f"disputes/{row.provider_ref}"))


@operation("GET", "/disputes", summary="Disputed payments: open ones by the day an answer is due, or decided ones, the latest first",
           query=PAGING | {"state": f"open (default; at most {MOST_OPEN}, in one page) or closed"}, answer=Listing[s.DisputeOut])
def list_disputes(call: Call) -> Any:
    state = call.query.get("state", "open")
    if state not in ("open", "closed"):
        raise Refused("invalid", errors=[{"field": "state", "problem": "must be one of open, closed"}])
    limit, position = call.limit(), call.position("disputes")
    with reading(call.store_id) as tx:
        if state == "open":
            return {"items": [dispute_out(row) for row in open_disputes(tx)], "next": None}
        rows = closed_disputes(tx, (datetime.fromisoformat(position[0]), position[1]) if position else None, limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": [dispute_out(row) for row in rows[:limit]],
            "next": None if last is None or last.closed_at is None else call.next("disputes", [last.closed_at.isoformat(), last.id])}


@operation("GET", "/disputes/{id}", summary="A disputed payment", answer=s.DisputeOut)
def get_dispute(call: Call, id: str) -> Any:
    with reading(call.store_id) as tx:
        row = one_dispute(tx, number(id))
    if row is None:
        raise Refused("not_found")
    return dispute_out(row)
