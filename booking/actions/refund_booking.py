"""Money back by the shop's own decision, and carrying out what is owed (R23, R24)."""

from __future__ import annotations

from sqlalchemy import select, update

from booking import facts, notices
from booking.actions.action import Done, action
from booking.actions.changing import locked, queue_refund, reread, settle
from booking.documents.issue import issue
from booking.keys import settings
from booking.rules.decision import Refused
from booking.rules.refund import exactly, given_back
from booking.shopify.refunds import through_shopify
from models import payment_account
from models.booking_summary import find_by_id
from models.dispute import blocked, undecided
from models.intent import Intent
from models.payment import Payment
from models.refund import Refund, RefundLine
from models.refund_intent import RefundIntent
from models.session import Tx

LONGEST_REASON = 500


@action
def refund_booking(tx: Tx, ref: str, *, amount: int, reason: str = "", notify: bool = True) -> Done:
    """Owe the customer `amount` (minor units) of what was paid and not yet given back: goodwill, its own entry (D26b).

    `reason` is told to the customer. What was paid with credit comes back as credit, at once (R21).
    """
    b = locked(tx, ref)
    payments = facts.load_payments(tx, b)
    left = sum(payment.left for payment in payments)
    if left == 0:
        raise Refused("invalid", errors=[{"field": "amount", "problem": "nothing is left of what was paid for this booking"}])
    if tx.db.execute(select(Payment.id).where(Payment.store_id == tx.store_id, Payment.booking_id == b.id, undecided())).first() is not None:
        raise Refused("not_allowed", kind="refund", disputed=True)
    if not 0 < amount <= left:
        raise Refused("invalid", errors=[{"field": "amount", "problem": f"must be between 1 and {left}"}])
    quote = exactly(given_back(amount, payments, b.currency, facts.policies(b)[1].refund_mode, b.zone), amount, "amount")
    reason = reason.strip()[:LONGEST_REASON]
    refund_id = settle(tx, b, quote, "goodwill", reason=reason or None)
    tx.audit("refund_booking", booking_id=b.id, refund_id=refund_id, quote=quote.facts())
    done = reread(tx, b)
    if notify:
        notices.tell_customer(tx, "refund_given", done, refund=quote, once=str(refund_id), reason=reason)
    return Done(done, quote)


@action
def execute_refund(tx: Tx, refund_id: int) -> Done:
    """Carry out an owed refund. Card money the provider took goes back there by an outbox command (state pending); other money was
    handed over by the shop, which says so with this (state succeeded). Repeating it changes nothing: not_found or not_allowed; the
    latter with `disputed` while the customer's bank looks into the payment: the provider refuses refunds then."""
    row = tx.db.execute(select(Refund.id, Refund.booking_id, Refund.state, Refund.amount).where(
        Refund.store_id == tx.store_id, Refund.id == refund_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    if row.state not in ("owed", "failed"):
        raise Refused("not_allowed", state=row.state)
    if _disputed(tx, refund_id):
        raise Refused("not_allowed", kind="refund", disputed=True, state=row.state)
    card = _through_provider(tx, refund_id)
    state = "pending" if card or through_shopify(tx, refund_id) else "succeeded"
    tx.db.execute(update(Refund).where(Refund.store_id == tx.store_id, Refund.id == refund_id).values(
        state=state, settled_at=tx.now if state == "succeeded" else None))
    if card:
        queue_refund(tx, row.booking_id, refund_id)
    else:
        tx.last(issue, row.booking_id)
    tx.audit("execute_refund", subject="refund", subject_id=refund_id, booking_id=row.booking_id,
             before={"state": row.state}, after={"state": state}, amount=row.amount)
    return Done(find_by_id(tx, row.booking_id), facts={"refund_id": refund_id, "state": state})


def _disputed(tx: Tx, refund_id: int) -> bool:
    return tx.db.execute(select(RefundLine.id).join(
        Payment, (Payment.store_id == RefundLine.store_id) & (Payment.id == RefundLine.payment_id)).where(
            RefundLine.store_id == tx.store_id, RefundLine.refund_id == refund_id, undecided())).first() is not None


def _through_provider(tx: Tx, refund_id: int) -> bool:
    """Whether a part of it still has to go back through the store's payment account. In test mode noted card payments do too."""
    connected = payment_account.in_use(tx) is not None
    settled = select(RefundIntent.id).where(
        RefundIntent.store_id == RefundLine.store_id, RefundIntent.line_id == RefundLine.id, RefundIntent.state == "succeeded").exists()
    left = tx.db.execute(select(Payment.provider_ref, Intent.account_id).where(~blocked()).join(
        RefundLine, (RefundLine.store_id == Payment.store_id) & (RefundLine.payment_id == Payment.id)).outerjoin(
            Intent, (Intent.store_id == Payment.store_id) & (Intent.payment_id == Payment.id)).where(
                RefundLine.store_id == tx.store_id, RefundLine.refund_id == refund_id, Payment.method == "card", ~settled)).all()
    return any((connected or row.account_id) if row.provider_ref else (connected and settings().stripe_test_mode) for row in left)
