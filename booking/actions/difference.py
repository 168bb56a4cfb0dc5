"""The price difference of a move: shown first, then paid or the rest comes back (R26).

What a customer's move costs more is collected before it commits (`to_collect`) where two things are so. What the booking cost until
now has been paid, all of it: a booking with something still to pay, its deposit carried over in full or nothing paid at all, is settled
at the shop with the difference on top, and meets no payment form (D24). And the store takes cards. It is the new price less the old
one; of a move that waits for the shop, less what was paid for it already. What cards cannot move (R25), or so little that none is
charged for it, stays due. Moves of the shop never ask.

Of bookings that move together, the parts of a visit or dates of a series, each that costs more and is paid in full adds its difference to
one payment, and what a cheaper one leaves over comes back for itself. Where all of them together cost no more, nothing is collected:
what one costs more stays due at the shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from booking import facts
from booking.actions.changing import settle
from booking.keys import settings
from booking.rules import moves
from booking.rules.decision import Refused
from booking.rules.money import card_least, card_step, split
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
    return {"price": price, "due": moves.difference(facts.covered(b), price)[0]}


def open_difference(b: BookingSummary, price: int) -> int:
    """What of a move to this price is paid by card before it, in minor units; 0 where something is due already, or nothing was paid."""
    if b.due or not b.paid or price <= b.price:
        return 0
    due = moves.difference(facts.covered(b), price)[0]
    return due - due % card_step(b.currency)


def to_collect(tx: Tx, bookings: Sequence[BookingSummary], prices: Sequence[int]) -> list[int]:
    """The same for each of these, moved together to these prices, where the store can take the sum now; else nothing of any."""
    amounts = [open_difference(b, price) for b, price in zip(bookings, prices, strict=True)] if settings().stripe_secret_key else []
    dearer = sum(prices) > sum(b.price for b in bookings)  # never where there are none
    account = payment_account.in_use(tx) if dearer and sum(amounts) >= card_least(bookings[0].currency) else None
    return amounts if account is not None and account.takes else [0] * len(bookings)


def before_waiting(b: BookingSummary) -> dict[str, int]:
    """What a move that waits for the shop may have to go back to."""
    return {"price": b.price, "due": b.due, "paid": b.paid}


def fewer_before_waiting(b: BookingSummary, drops: int) -> dict[str, int]:
    """The same once `drops` seats have left while it waits: of what was paid meanwhile their part has left with them."""
    assert b.held is not None
    fewer = {name: of_those_who_stay(b.held[name], drops, b) for name in ("price", "due") if name in b.held}
    return fewer | {"paid": b.paid - of_those_who_stay(b.paid - b.held.get("paid", b.paid), drops, b)}


def of_those_who_stay(amount: int, drops: int, b: BookingSummary) -> int:
    """The part of the seats that stay (R25)."""
    return split(amount, [drops, b.seats - drops])[1]


def settle_difference(tx: Tx, before: BookingSummary, after: BookingSummary) -> RefundQuote | None:
    """Give back what a move leaves over once it stands, or goes back to the old time; None when nothing is, or less than cards move."""
    return None if after.held is not None else _give_back(tx, after, moves.difference(facts.covered(before), after.price)[1])


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
