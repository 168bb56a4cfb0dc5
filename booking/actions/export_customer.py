"""Everything the store keeps about one person, handed out by the shop (R45)."""

from __future__ import annotations

from booking.actions.action import Done, action
from booking.privacy import customer_data
from booking.rules.decision import Refused
from models.session import Tx


@action
def export_customer(tx: Tx, customer_id: int) -> Done:
    """`facts["data"]`, ready for JSON. The audit says that it was handed out, and by whom. Refused not_found."""
    data = customer_data(tx, customer_id, by_shop=True)
    if data is None:
        raise Refused("not_found")
    tx.audit("export_customer", subject="customer", subject_id=customer_id)
    return Done(facts={"data": data})
