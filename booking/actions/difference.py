"""The price difference of a move: shown first, then paid or the rest comes back (R26).

What a customer's move costs more is collected before it commits (`to_collect`) where three things are so. What the booking cost until
now has been paid, all of it: a booking with something still to pay, its deposit carried over in full or nothing paid at all, is settled
at the shop with the difference on top, and meets no payment form (D24). The store takes cards. And the booking moves by itself:
of a visit, or of several dates of a series, the difference stays due at the shop. It is the new price less the old one; of a move that
waits for the shop, less what was paid for it already. What cards cannot move (R25), or so
little that none is charged for it, stays due. Moves of the shop never ask.
"""

from __future__ import annotations

from typing import Any

from booking import facts
from booking.actions.changing import settle
from booking.keys import settings
from booking.rules import moves
from booking.rules.decision import Refused
from booking.rules.money import card_least, card_step
from booking.rules.policy import Policy
from booking.rules.refund import RefundQuote, given_back
from models import payment_account
from models.booking_summary import BookingSummary
from models.session import Tx


def price_of_move(policy: Policy, b: BookingSummary, offered: int, agreed: int | None) -> dict[str, Any]:
    """The price columns after a customer's move to a time that costs `offered` for the party.

    A dearer time needs the customer's agreement to exactly that price; any other `agreed` price is refused: quote_changed (R27).
    """
    price = moves.price_after(policy, b.price, offered)
    if agreed != price and (agreed is not None or price > b.price):
        raise Refused("quote_changed", kind="price", price=price, difference=price - b.price, currency=b.currency)
    return {"price": price, "due": after_move(b, price)[0]}


def after_move(b: BookingSummary, price: int) -> tuple[int, int]:
    """(what is still to pay, what is left over) of a booking that moves to a time of this price. Of one that waits both are counted from
    what it was before, with what was paid since (R17)."""
    if b.held is None:
        return moves.difference(b.price, price, b.due)
    due, over = moves.difference(b.held["price"], price, b.held.get("due", b.due))
    paid = _paid_meanwhile(b)
    return max(0, due - paid), over + max(0, paid - due)


def open_difference(b: BookingSummary, price: int) -> int:
    """What of a move to this price is paid by card before it, in minor units; 0 where something is due already, or nothing was paid."""
    if b.due or not b.paid or price <= b.price:
        return 0
    due = after_move(b, price)[0]
    amount = due - due % card_step(b.currency)
    return amount if amount >= card_least(b.currency) else 0


def to_collect(tx: Tx, b: BookingSummary, price: int) -> int:
    """The same where the store can take it now, else 0."""
    amount = open_difference(b, price) if settings().stripe_secret_key else 0
    account = payment_account.in_use(tx) if amount else None
    return amount if account is not None and account.takes else 0


def before_waiting(b: BookingSummary) -> dict[str, int]:
    """What a move that waits for the shop may have to go back to."""
    return {"price": b.price, "due": b.due, "paid": b.paid}


def due_before_waiting(b: BookingSummary) -> int:
    """What would be due had the waiting move not been asked for; payments made meanwhile count."""
    assert b.held is not None
    return max(0, b.held.get("due", b.due) - _paid_meanwhile(b))


def settle_difference(tx: Tx, before: BookingSummary, after: BookingSummary) -> RefundQuote | None:
    """Give back what a move to a cheaper time leaves over, once the move stands; None when nothing is, or less than cards move."""
    return None if after.held is not None else _give_back(tx, after, after_move(before, after.price)[1])


def settle_surplus(tx: Tx, waited: BookingSummary, back: BookingSummary) -> RefundQuote | None:
    """Give back what was paid for a dearer time while the move waited, now that it goes back to the old one (R17); None when nothing was."""
    assert waited.held is not None
    return _give_back(tx, back, _paid_meanwhile(waited) - waited.held.get("due", waited.due))


def _paid_meanwhile(b: BookingSummary) -> int:
    return b.paid - b.held.get("paid", b.paid)


def _give_back(tx: Tx, after: BookingSummary, over: int) -> RefundQuote | None:
    if over <= 0:
        return None
    payments = facts.load_payments(tx, after)
    over = min(over, sum(payment.left for payment in payments))
    if over <= 0:
        return None
    quote = given_back(over, payments, after.currency, facts.policies(after)[1].refund_mode, after.zone)
    if quote.amount == 0:
        return None
    settle(tx, after, quote, "difference")
    return quote
