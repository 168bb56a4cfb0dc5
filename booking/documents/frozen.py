"""What a document says, frozen as plain values when it is issued: nothing that changes later changes the document (R39).

The customer's name is not among them: it stands with the booking as it was booked, where it can be erased (R45).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from booking.rules.money import share_of
from booking.wording.languages import pick
from models.booking_summary import BookingSummary

if TYPE_CHECKING:
    from booking.documents.issue import Returned, Taken


class LegalStore(NamedTuple):
    """Who issues it. `tax_percent` is contained in prices."""

    name: str
    legal_name: str | None
    legal_address: str | None
    tax_id: str | None
    tax_percent: str | None
    email: str | None
    phone: str | None


def receipt_facts(store: LegalStore, b: BookingSummary, taken: Sequence[Taken], returned: Sequence[Returned], amount: int) -> dict[str, Any]:
    """A receipt over `amount` newly taken, with all payments and refunds of the booking so far."""
    return _facts(store, b, taken, returned) | {"tax": _tax(store, amount), "due": b.due}


def credit_note_facts(store: LegalStore, b: BookingSummary, taken: Sequence[Taken], returned: Sequence[Returned],
                      receipts: Sequence[int]) -> dict[str, Any]:
    """A credit note over the last of `returned`, to the receipts with these numbers."""
    refund = returned[-1]
    return _facts(store, b, taken, returned) | {
        "tax": _tax(store, refund.amount), "due": b.due, "kept": refund.kept, "fee": refund.fee, "receipts": list(receipts)}


def _facts(store: LegalStore, b: BookingSummary, taken: Sequence[Taken], returned: Sequence[Returned]) -> dict[str, Any]:
    return {
        "locale": pick(b.customer_locale or b.store_locale), "zone": b.zone,
        "store": {name: value for name, value in store._asdict().items() if name != "tax_percent"},
        "order": b.order_number, "ref": b.ref,
        "item": {"service": b.service_name, "staff": b.staff_name, "location": b.location_name, "starts_at": b.starts_at.isoformat(),
                 "ends_at": b.ends_at.isoformat(), "seats": b.seats, "price": b.price},
        "payments": [{"at": payment.at.isoformat(), "method": payment.method, "amount": payment.amount} for payment in taken],
        "refunds": [{"at": refund.at.isoformat(), "methods": list(refund.methods), "amount": refund.amount,
                     "credit": refund.outcome == "credit", "until": refund.until.isoformat() if refund.until else None}
                    for refund in returned]}


def _tax(store: LegalStore, amount: int) -> dict[str, Any] | None:
    """The tax contained in `amount`, rounded half up (R25)."""
    if store.tax_percent is None:
        return None
    percent = Fraction(store.tax_percent)
    return {"percent": store.tax_percent, "amount": share_of(amount, percent / (100 + percent))}
