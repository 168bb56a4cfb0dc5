"""A cancellation as it was settled: the rows of its refund read back as the quote they were made from (R24, A8)."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import func, select

from booking import facts
from booking.rules.refund import RefundQuote
from models.booking_summary import BookingSummary
from models.refund import Credit, Refund
from models.session import Tx


def outcome_of(tx: Tx, b: BookingSummary) -> tuple[RefundQuote | None, bool]:
    """(the outcome of the booking's cancellation, whether its money has been carried out); (None, False) where it has none."""
    rows = tx.db.execute(select(
        Refund.id, Refund.outcome, Refund.amount, Refund.kept, Refund.fee, Refund.currency, Refund.mode, Refund.state,
    ).where(Refund.store_id == tx.store_id, Refund.booking_id == b.id, Refund.cause == "cancellation")).all()
    if not rows:
        return None, False
    money = next((row for row in rows if row.outcome != "credit"), None)
    credit = next((row for row in rows if row.outcome == "credit"), None)
    until, at_shop = (None, False) if credit is None else tx.db.execute(select(
        func.min(Credit.expires_at), func.coalesce(func.bool_and(Credit.place == "shopify"), False)).where(
            Credit.store_id == tx.store_id, Credit.refund_id == credit.id)).one()
    main = money or credit
    assert main is not None
    methods = dict.fromkeys(payment.method for payment in facts.load_payments(tx, b) if payment.method != "credit" or money is None)
    amount, given = sum(row.amount for row in rows), credit.amount if credit else 0
    quote = RefundQuote(main.outcome, amount, main.kept, main.fee, main.currency, main.mode, tuple(methods), (), Fraction(1), None,
                        given, (), until, b.zone, at_shop)
    return quote, money is not None and money.state == "succeeded"
