"""A customer has their own data erased (R45)."""

from __future__ import annotations

from booking.actions.action import Done, action
from booking.actions.change_email import require_fresh
from booking.actions.redact_customer import redact_customer
from models.session import Tx


@action
def delete_account(tx: Tx, customer_id: int, login_id: int) -> Done:
    """Erase the signed-in customer; Refused unauthorized with `again` when the session is older than 15 minutes."""
    require_fresh(tx, customer_id, login_id)
    return redact_customer.within(tx, customer_id)
