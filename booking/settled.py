"""What was settled, read back as the quote it was made from, with what has become of each part since (R24, A8)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sqlalchemy import ColumnElement, Row, and_, func, select

from booking.keys import settings
from booking.rules.refund import Payment as Paid
from booking.rules.refund import RefundQuote, outcome_from
from booking.rules.refund_ways import summed, way_of_part
from models.booking import Booking
from models.booking_summary import BookingSummary
from models.payment import Payment
from models.payment_account import through_provider
from models.refund import Credit, Refund, RefundLine
from models.session import Tx


def outcome_of(tx: Tx, b: BookingSummary) -> RefundQuote | None:
    """The outcome of the booking's cancellation; None where it has none."""
    return _read_back(tx, _refunds(tx, Refund.booking_id == b.id, Refund.cause == "cancellation"), b.zone)


def outcome_of_several(tx: Tx, b: BookingSummary) -> RefundQuote | None:
    """The outcome of what was cancelled together with the booking, of its visit or series; where it stays, of what was cancelled last: the
    sum that was shown."""
    whole = Booking.visit_id == b.visit_id if b.visit_id is not None else Booking.series_id == b.series_id
    mine = and_(Booking.store_id == tx.store_id, whole, Booking.customer_id == b.customer_id, Booking.status == "cancelled")
    last = b.closed_at or select(func.max(Booking.closed_at)).where(mine).scalar_subquery()
    together = select(Booking.id).where(mine, Booking.closed_at == last)
    return _read_back(tx, _refunds(tx, Refund.booking_id.in_(together), Refund.cause == "cancellation"), b.zone)


def outcome_of_seats(tx: Tx, b: BookingSummary) -> RefundQuote | None:
    """The outcome of the seats of the party that were dropped last."""
    rows = _refunds(tx, Refund.booking_id == b.id, Refund.cause == "seats")
    return _read_back(tx, [row for row in rows if row.created_at == rows[-1].created_at], b.zone)


def _refunds(tx: Tx, *conditions: ColumnElement[bool]) -> Sequence[Row]:
    """Oldest first; money and credit of one decision are two rows."""
    return tx.db.execute(select(
        Refund.id, Refund.booking_id, Refund.outcome, Refund.amount, Refund.kept, Refund.fee, Refund.currency, Refund.mode, Refund.created_at,
    ).where(Refund.store_id == tx.store_id, *conditions).order_by(Refund.created_at, Refund.id)).all()


def _read_back(tx: Tx, rows: Sequence[Row], zone: str) -> RefundQuote | None:
    if not rows:
        return None
    amount, kept, fee = (sum(getattr(row, name) for row in rows) for name in ("amount", "kept", "fee"))
    money = {row.id: row for row in rows if row.outcome != "credit"}
    given = [row for row in rows if row.outcome == "credit"]
    credit = sum(row.amount for row in given)
    until, at_shop = (None, False) if not given else tx.db.execute(select(
        func.min(Credit.expires_at), func.coalesce(func.bool_and(Credit.place == "shopify"), False)).where(
            Credit.store_id == tx.store_id, Credit.refund_id.in_([row.id for row in given]))).one()
    parts = [] if amount == credit else tx.db.execute(select(
        RefundLine.refund_id, RefundLine.amount, RefundLine.state, Payment.method, through_provider(settings().stripe_test_mode).label("by_provider"),
    ).join(Payment, and_(Payment.store_id == RefundLine.store_id, Payment.id == RefundLine.payment_id)).where(
        RefundLine.store_id == tx.store_id, RefundLine.refund_id.in_(list(money))).order_by(Payment.captured_at, Payment.id)).all()
    ways = summed((way_of_part(Paid(0, part.amount, 0, part.method, by_provider=part.by_provider), money[part.refund_id].mode, part.state),
                   part.amount) for part in parts)
    outcome = outcome_from(amount, kept, credit)
    before = 0 if outcome != "none" else int(tx.db.execute(select(func.coalesce(func.sum(Payment.refunded), 0)).where(
        Payment.store_id == tx.store_id, Payment.booking_id.in_([row.booking_id for row in rows]))).scalar_one())
    modes = {row.mode for row in (money.values() or rows)}
    return RefundQuote(outcome, amount, kept, fee, rows[0].currency, "manual" if modes == {"manual"} else "automatic",
                       tuple(dict.fromkeys(part.method for part in parts)), (), Fraction(1), None, credit, (), until, zone, at_shop, ways, before)
