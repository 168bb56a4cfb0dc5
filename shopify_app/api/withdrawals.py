"""Withdrawals from contracts, as they were declared (R48)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from booking.actions.withdraw import handle_withdrawal
from models.booking import Booking
from models.session import Tx
from models.withdrawal import Withdrawal
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation
from shopify_app.api.shapes.base import Listing, Shape
from shopify_app.api.things import Thing


class WithdrawalOut(Shape):
    """`booking` where the customer named one of their own. Recording it cancels and refunds nothing."""

    id: str
    name: str
    email: str
    contract: str
    statement: str
    booking: str | None
    received_at: datetime
    handled_at: datetime | None


def _withdrawals(tx: Tx, rows: Sequence[Row]) -> list[WithdrawalOut]:
    refs = dict(tx.db.execute(select(Booking.id, Booking.ref).where(
        Booking.store_id == tx.store_id, Booking.id.in_([row.booking_id for row in rows if row.booking_id]))).all())
    return [WithdrawalOut(id=str(row.id), name=row.name, email=row.email, contract=row.contract, statement=row.statement,
                          booking=refs.get(row.booking_id), received_at=row.received_at, handled_at=row.handled_at) for row in rows]


WITHDRAWALS = Thing("withdrawals", Withdrawal, _withdrawals, order="received_at")


@operation("GET", "/withdrawals", summary="Withdrawals from contracts, oldest first", query=PAGING, answer=Listing[WithdrawalOut])
def list_withdrawals(call: Call) -> Any:
    return WITHDRAWALS.page(call)


@operation("POST", "/withdrawals/{id}/handled", summary="Note that it was dealt with", answer=WithdrawalOut)
def post_withdrawal_handled(call: Call, id: str) -> Any:
    return WITHDRAWALS.write(call, handle_withdrawal, number(id))
