"""Several outcomes as one: the dates of a series, the parts of a visit, and money of which an order gave a part back already (R24, R31, R43)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from booking.rules.money import split
from booking.rules.refund import NOBODY_LEFT, Dropped, Payment, RefundQuote, merchant_quote, outcome_from
from booking.rules.refund_ways import summed


def together(parts: Sequence[RefundQuote]) -> RefundQuote:
    """Several outcomes as one; `credit` says how much of the amount is credit, `ways` how each part of the money comes back."""
    amount, kept, credit = (sum(getattr(part, name) for part in parts) for name in ("amount", "kept", "credit"))
    untils = [part.until for part in parts if part.until is not None]
    ends = [part.credit_until for part in parts if part.credit_until is not None]
    methods = dict.fromkeys(method for part in parts if part.cash or credit == amount for method in part.methods)
    modes = {part.mode for part in parts if part.cash} or {part.mode for part in parts}
    return RefundQuote(
        outcome_from(amount, kept, credit), amount, kept, sum(part.fee for part in parts), parts[0].currency,
        "manual" if modes == {"manual"} else "automatic", tuple(methods), tuple(line for part in parts for line in part.parts),
        min(part.share for part in parts), min(untils, default=None),
        credit, tuple(line for part in parts for line in part.credited), min(ends, default=None), parts[0].zone,
        credit > 0 and all(part.at_shop for part in parts if part.credit),
        summed(way for part in parts for way in part.ways),
        sum(part.before for part in parts), sum(part.fee_asked for part in parts))


def with_given(payment_id: int, amount: int, payments: Sequence[Payment], currency: str, mode: str, *, seats: int, of_seats: int,
               zone: str, dropped: Dropped = NOBODY_LEFT) -> RefundQuote:
    """A cancellation of which `amount` of one payment has come back already, by the order it came with: that much of it and no more.
    What else was paid comes back as when the shop cancels (R30), but for its part of what was kept of seats that left before."""
    there = [payment for payment in payments if payment.id == payment_id]
    others = [payment for payment in payments if payment.id != payment_id]
    left = [sum(payment.left for payment in some) for some in (there, others)]
    kept = split(dropped.kept, left) if any(left) else (0, 0)
    given = merchant_quote(amount, there, currency, mode, seats=seats, of_seats=of_seats, dropped=Dropped(kept[0]), zone=zone)
    return together([replace(given, ways=(("given", given.amount),) if given.amount else ()),
                     merchant_quote("full", others, currency, mode, seats=seats, of_seats=of_seats, dropped=Dropped(kept[1]), zone=zone)])
