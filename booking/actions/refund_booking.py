"""Money back by the shop's own decision, and carrying out what is owed (R23, R24)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select

from booking import facts, notices
from booking.actions.action import Done, action
from booking.actions.changing import locked, queue_refund, reread, settle
from booking.actions.refund_parts import WAITS, lines_of, locked_refund, mark, tell_paid
from booking.actions.refund_parts import settle as follow
from booking.rules.decision import Refused
from booking.rules.refund import exactly, given_back
from booking.shopify.refunds import parts_at_shop, wanted
from models.booking_summary import find_by_id
from models.dispute import undecided
from models.payment import Payment
from models.refund import RefundLine
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
def execute_refund(tx: Tx, refund_id: int, *, by_hand: bool = False) -> Done:
    """Carry out what waits of a refund. Card money the provider took goes back there by an outbox command, money of an order through
    Shopify (state pending); once nothing of that kind is left, the shop says with this that it has handed over the rest (succeeded).

    `by_hand`: the shop has given all that waits back by itself, cards included, and nothing of it is ever sent (R23). Repeating it
    changes nothing: not_found or not_allowed; the latter with `disputed` while the customer's bank looks into the payment.
    """
    row = locked_refund(tx, refund_id)
    if row is None:
        raise Refused("not_found")
    lines = lines_of(tx, refund_id)
    waiting = [line for line in lines if line.state in WAITS]
    if row.state not in WAITS or not waiting:
        raise Refused("not_allowed", state=row.state)
    if _disputed(tx, refund_id):
        raise Refused("not_allowed", kind="refund", disputed=True, state=row.state)
    at_shop = parts_at_shop(tx, refund_id)
    through = [line for line in waiting if line.by_provider and not line.blocked]
    sent = [*through, *[line for line in waiting if line.id in at_shop]]
    if by_hand and at_shop & {part.part_id for part in wanted(tx, refund_id)} & {line.id for line in waiting}:
        raise Refused("not_allowed", state="pending")  # Shopify may have heard of it by now
    if not sent and not by_hand and any(line.state == "pending" for line in lines):
        raise Refused("not_allowed", state="pending")  # what is on its way was meant, not what only the shop can hand over
    given = [] if sent and not by_hand else waiting
    mark(tx, [line.id for line in given or sent], "succeeded" if given else "pending", by_hand=bool(given))
    if through and not given:
        queue_refund(tx, row.booking_id, refund_id)
    state = follow(tx, refund_id, row.booking_id)
    amount = _sum(given or sent)
    if given:
        tell_paid(tx, row.booking_id, {"hand": amount}, f"hand{min(line.id for line in given)}")
    tx.audit("execute_refund", subject="refund", subject_id=refund_id, booking_id=row.booking_id,
             before={"state": row.state}, after={"state": state}, amount=amount, by_hand=bool(given))
    return Done(find_by_id(tx, row.booking_id), facts={"refund_id": refund_id, "state": state})


def _sum(lines: Sequence[Row]) -> int:
    return sum(line.amount for line in lines)


def _disputed(tx: Tx, refund_id: int) -> bool:
    return tx.db.execute(select(RefundLine.id).join(
        Payment, (Payment.store_id == RefundLine.store_id) & (Payment.id == RefundLine.payment_id)).where(
            RefundLine.store_id == tx.store_id, RefundLine.refund_id == refund_id, undecided())).first() is not None
