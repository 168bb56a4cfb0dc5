"""Refunds: what is owed, and carrying it out (R24)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, tuple_

from booking.actions.refund_booking import execute_refund
from booking.keys import settings
from booking.rules.decision import Refused
from models.booking import Booking
from models.money_list import Parted, parts_of_refunds
from models.refund import Refund
from models.session import Tx, reading
from shopify_app.api.bookings import refund_facts
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation
from shopify_app.api.shapes import refunds as s
from shopify_app.api.shapes.base import Listing

STATES = ("none", "owed", "pending", "succeeded", "failed")


class _Parts(Parted):
    def __init__(self, parts: list[list]) -> None:
        self.parts = parts


def _of_booking() -> Select:
    return select(Refund, Booking.ref, parts_of_refunds(settings().stripe_test_mode).label("parts")).join(
        Booking, (Booking.store_id == Refund.store_id) & (Booking.id == Refund.booking_id))


def _refund(row: Any) -> s.RefundOut:
    return s.RefundOut(**refund_facts(row, _Parts(row.parts)), booking=row.ref, reason=row.reason)


@operation("GET", "/refunds", summary="Refunds, newest first", query=PAGING | {"state": ", ".join(STATES)}, answer=Listing[s.RefundOut])
def list_refunds(call: Call) -> Any:
    limit, position, state = call.limit(), call.position("refunds"), call.query.get("state")
    statement = _of_booking().where(Refund.store_id == call.store_id).order_by(Refund.created_at.desc(), Refund.id.desc()).limit(limit + 1)
    if state is not None:
        if state not in STATES:
            raise Refused("invalid", errors=[{"field": "state", "problem": f"must be one of {', '.join(STATES)}"}])
        statement = statement.where(Refund.state == state)
    if position is not None:
        statement = statement.where(tuple_(Refund.created_at, Refund.id) < (datetime.fromisoformat(position[0]), position[1]))
    with reading(call.store_id) as tx:
        rows = tx.db.execute(statement).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": [_refund(row) for row in rows[:limit]],
            "next": None if last is None else call.next("refunds", [last.created_at.isoformat(), last.id])}


@operation("POST", "/refunds/{id}/execute", summary="Carry out what waits of a refund, or note it as given by hand", body=s.ExecuteIn, answer=s.RefundOut)
def post_execute(call: Call, id: str) -> Any:
    """Card money goes through the provider, money of an order through Shopify. What neither can send, such as cash, is noted as handed over
    once nothing else of the refund is on its way."""
    refund_id = number(id)

    def show(tx: Tx, done: Any) -> s.RefundOut:
        return _refund(tx.db.execute(_of_booking().where(Refund.store_id == tx.store_id, Refund.id == refund_id)).one())

    return call.act(execute_refund, refund_id, by_hand=call.body.by_hand, show=show)
