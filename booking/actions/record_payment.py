"""The shop notes money it took for a booking: at the desk, by transfer, or with its own card machine (R26, A146)."""

from __future__ import annotations

from typing import Any

from booking.actions.action import Done, action
from booking.actions.changing import locked, reread
from booking.actions.create_booking import check_payments, take
from booking.rules.decision import Refused
from models.session import Tx


@action
def record_payment(tx: Tx, ref: str, payment: dict[str, Any]) -> Done:
    """Take `{"amount": minor units, "method": ...}` off what is due. Refused invalid for more than that, or where nothing is due."""
    check_payments([payment])
    b = locked(tx, ref)
    if payment["amount"] > b.due:
        problem = f"must be from 1 to {b.due}, what is still to pay" if b.due else "nothing is to pay for this booking"
        raise Refused("invalid", errors=[{"field": "amount", "problem": problem}])
    take(tx, b, [payment])
    tx.audit("record_payment", booking_id=b.id, amount=payment["amount"], method=payment["method"])
    return Done(reread(tx, b))
