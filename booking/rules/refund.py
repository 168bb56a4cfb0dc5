"""What comes back when a booking is cancelled (R19-R27, R33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from booking.rules.decision import Refused
from booking.rules.money import card_step, nearest, share_of, split
from booking.rules.policy import Policy
from booking.rules.refund_ways import summed, way_of
from booking.rules.terms import Terms, falls_behind, holds_until, improves, terms_of_tier, tier_at


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of the booking: what was taken, and what of it is already owed, pending or paid back.

    For method `credit`: `valid_until` is the end the store credit will have when it comes back, None for none. `disputed`: the
    customer's bank is looking at it, and nothing can go back to the card meanwhile; the shop owes it. `by_provider`: whether somebody
    can send money back to the card at all.
    """

    id: int
    amount: int
    refunded: int
    method: str
    valid_until: datetime | None = None
    disputed: bool = False
    by_provider: bool = True

    @property
    def left(self) -> int:
        return self.amount - self.refunded


class Dropped(NamedTuple):
    """The money of seats that left the party before: what the policy `kept` of it, and what was given `back` (R25, R30). What was kept
    is no part of the other seats' money."""

    kept: int = 0
    back: int = 0


NOBODY_LEFT = Dropped()


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """The outcome in minor units. amount + kept == what was left of the payments concerned; `credit` is the part of `amount`
    that comes back as store credit, valid until `credit_until` (None: for ever), a day of `zone`; with `at_shop` it is the
    online shop's own store credit, spent at its checkout. What goes back to a card is in steps that cards move, or all that
    is left of its payment (R25).

    `parts` are (payment id, amount); `credited` (payment id, end of the credit) those that come back as credit. `share` is the
    part of the money that comes back under the policy, for R33; `until` the instant up to which this outcome holds, None when
    nothing can get worse. `ways` are (way, amount) of the money; `before` is what was given back, or is owed, from earlier. Of the fee
    that is `fee_asked` for, `fee` is what the payments cover (R22).
    """

    outcome: str
    amount: int
    kept: int
    fee: int
    currency: str
    mode: str
    methods: tuple[str, ...]
    parts: tuple[tuple[int, int], ...]
    share: Fraction
    until: datetime | None = None
    credit: int = 0
    credited: tuple[tuple[int, datetime | None], ...] = ()
    credit_until: datetime | None = None
    zone: str = "UTC"
    at_shop: bool = False
    ways: tuple[tuple[str, int], ...] = ()
    before: int = 0
    fee_asked: int = 0

    @property
    def cash(self) -> int:
        return self.amount - self.credit

    def facts(self) -> dict[str, object]:
        """What a signed quote carries and messages show."""
        return {"outcome": self.outcome, "amount": self.amount, "kept": self.kept, "fee": self.fee, "currency": self.currency,
                "mode": self.mode, "methods": list(self.methods), "credit": self.credit,
                "credit_until": self.credit_until.isoformat() if self.credit_until else None, "zone": self.zone,
                "credit_at_shop": self.at_shop, "ways": [list(way) for way in self.ways], "before": self.before}


def quote(policies: Sequence[Policy], starts_at: datetime, zone: str, now: datetime, payments: Sequence[Payment], currency: str,
          *, sticky: Terms | None = None, seats: int = 1, of_seats: int = 1, dropped: Dropped = NOBODY_LEFT, as_credit: bool = False,
          credit_days: int | None = None) -> RefundQuote:
    """The outcome of a customer's cancellation now; the kindest of `policies` counts (R20), never above `sticky` (R33), and their
    lowest fee.

    For a party that drops `seats` of `of_seats` the quote covers their part of the money, and of a fixed amount or a fee: seat by
    seat comes to the same as all at once (R25, R30). The fee reduces the refund and never makes it negative (R22). `as_credit` is
    the customer's choice of credit over money; new credit lasts `credit_days`, credit the booking was paid with comes back as
    credit until its own end (R21).
    """
    concerned = _concerned(payments, currency, seats, of_seats, dropped)
    party = sum(payment.left for payment in payments) + dropped.back
    mode = policies[-1].refund_mode
    if concerned == 0:
        return _nothing(currency, mode, payments, zone)
    new_until = None if credit_days is None else now + timedelta(days=credit_days)
    asked = fee_of_seats(policies, concerned, party, dropped)
    best: RefundQuote | None = None
    for policy in policies:
        terms = terms_of_tier(tier_at(policy, starts_at, zone, now)[0], party)
        until = holds_until(policy, starts_at, zone, now, party, sticky)
        share = terms.share if sticky is None else min(terms.share, sticky.share)
        gross = share_of(concerned, share)
        fee = min(asked, gross)
        candidate = replace(_spread(gross - fee, concerned, fee, currency, mode, payments, share, until, new_until, zone=zone,
                                    credit=terms.credit or as_credit or bool(sticky and sticky.credit)), fee_asked=asked)
        if best is None or improves((candidate.amount, candidate.cash), (best.amount, best.cash)) or (
                (candidate.amount, candidate.cash) == (best.amount, best.cash) and _longer(candidate, best)):
            best = candidate
    assert best is not None, "there is always at least one policy"
    return best


def fee_of_seats(policies: Sequence[Policy], concerned: int, party: int, dropped: Dropped) -> int:
    """The lowest fee of `policies`, and of it what falls to `concerned` of the party's money, after the seats that left before."""
    before = dropped.kept + dropped.back
    return min(share_of(policy.fee, Fraction(before + concerned, party)) - share_of(policy.fee, Fraction(before, party)) for policy in policies)


def merchant_quote(choice: str | int, payments: Sequence[Payment], currency: str, mode: str, *, seats: int = 1,
                   of_seats: int = 1, dropped: Dropped = NOBODY_LEFT, zone: str = "UTC") -> RefundQuote:
    """What a merchant decides instead of the policy: `full`, `none`, or an amount in minor units (capped at what is left).

    For a party that drops `seats` of `of_seats`, `full` is their part of the money (R25, R30).
    """
    left = sum(payment.left for payment in payments)
    if left == 0:
        return _nothing(currency, mode, payments, zone)
    concerned = _concerned(payments, currency, seats, of_seats, dropped)
    amount = concerned if choice == "full" else 0 if choice == "none" else min(int(choice), left)
    concerned = max(concerned, amount)
    share = Fraction(amount, concerned) if concerned else Fraction(1)
    return _spread(amount, concerned, 0, currency, mode, payments, share, None, zone=zone)


def given_back(amount: int, payments: Sequence[Payment], currency: str, mode: str, zone: str) -> RefundQuote:
    """`amount` on top of everything else, nothing being cancelled: goodwill, or the difference to a lower price (R26, D26b)."""
    left = sum(payment.left for payment in payments)
    return replace(_spread(amount, left, 0, currency, mode, payments, Fraction(1), None, zone=zone), kept=0)


def exactly(quote: RefundQuote, amount: int, field: str) -> RefundQuote:
    """The quote of an amount someone of the shop typed into `field`; Refused invalid where cards cannot move just that (R25)."""
    if quote.amount != amount:
        step = card_step(quote.currency)
        raise Refused("invalid", step=step, currency=quote.currency, errors=[
            {"field": field, "problem": f"must be a multiple of {step}: cards move {quote.currency} in such steps"}])
    return quote


def outcome_from(amount: int, kept: int, credit: int) -> str:
    """What an outcome, or several together, is called: `amount` comes back, `credit` of that as credit, and `kept` does not (R21)."""
    if amount == 0:
        return "forfeit" if kept else "none"
    return "credit" if credit == amount else "partial" if kept else "full"


def worse(new: RefundQuote, seen: dict[str, Any]) -> bool:
    """Whether `new` is worse for the customer than the quote they saw (R27): less back, less of it as money, more kept, money that waits
    for the shop where it was to come by itself, or credit that ends sooner."""
    amount, credit = int(seen["amount"]), int(seen["credit"])
    if falls_behind((new.amount, new.cash), (amount, amount - credit)) or new.kept > int(seen["kept"]):
        return True
    if new.cash and new.mode == "manual" and seen["mode"] == "automatic":
        return True
    until = seen["credit_until"]
    return bool(credit and new.credit_until is not None and (until is None or new.credit_until < datetime.fromisoformat(until)))


def _longer(a: RefundQuote, b: RefundQuote) -> bool:
    return b.until is not None and (a.until is None or a.until > b.until)


def _concerned(payments: Sequence[Payment], currency: str, seats: int, of_seats: int, dropped: Dropped) -> int:
    """The seats' part of what is left; of card money alone in steps that cards move, so that all of the part can come back."""
    left = max(0, sum(payment.left for payment in payments) - dropped.kept)
    if seats == of_seats:
        return left
    part = split(left, [seats, of_seats - seats])[0]
    return min(left, nearest(part, card_step(currency))) if all(payment.method == "card" for payment in payments if payment.left) else part


def _nothing(currency: str, mode: str, payments: Sequence[Payment], zone: str) -> RefundQuote:
    return RefundQuote("none", 0, 0, 0, currency, mode, (), (), Fraction(1), zone=zone, before=sum(payment.refunded for payment in payments))


def _spread(amount: int, of: int, fee: int, currency: str, mode: str, payments: Sequence[Payment], share: Fraction,
            until: datetime | None, new_until: datetime | None = None, *, credit: bool = False,
            zone: str = "UTC") -> RefundQuote:
    """Pro rata over the payments by what is left of each (R24); `credit` turns all of it into credit, new one until `new_until`.

    Where cards move coarser steps the amount follows them, and so does a fee that reduced it (R22, R25).
    """
    wanted, amounts = amount, _parts(amount, of, payments, 1 if credit else card_step(currency))
    amount = sum(amounts)
    fee = max(0, fee + wanted - amount) if fee else 0
    parts = [(payment, part) for payment, part in zip(payments, amounts, strict=True) if part]
    credited = [(payment, part) for payment, part in parts if credit or payment.method == "credit"]
    as_credit = sum(part for _, part in credited)
    if any(payment.disputed for payment, _ in parts) and as_credit < amount:
        mode = "manual"
    methods = dict.fromkeys(payment.method for payment in payments if payment.left and (payment.method != "credit" or as_credit == amount))
    ends = tuple((payment.id, payment.valid_until if payment.method == "credit" else new_until) for payment, _ in credited)
    return RefundQuote(outcome_from(amount, of - amount, as_credit), amount, of - amount, fee, currency, mode, tuple(methods),
                       tuple((payment.id, part) for payment, part in parts), share, until, as_credit, ends,
                       min((end for _, end in ends if end is not None), default=None), zone,
                       ways=summed((way_of(payment, mode), part) for payment, part in parts if (payment, part) not in credited),
                       before=sum(payment.refunded for payment in payments))


def _parts(amount: int, of: int, payments: Sequence[Payment], step: int) -> list[int]:
    """`amount` over the payments by what is left of each. Card money moves in whole steps or with all that is left of it;
    other payments take what that leaves over as far as they reach, else the sum is the closest that can be given, at most `of`."""
    exact = split(amount, [payment.left for payment in payments])
    if all(payment.method != "card" or part % step == 0 or part == payment.left for payment, part in zip(payments, exact, strict=True)):
        return exact
    cards = [payment.left if payment.method == "card" else 0 for payment in payments]
    rest = [payment.left - card for payment, card in zip(payments, cards, strict=True)]
    given = nearest(sum(part for part, card in zip(exact, cards, strict=True) if card), step)
    given = min(sum(cards), given - step if given > of else given)
    by_card = cards if given == sum(cards) else [
        min(units * step, card) for units, card in zip(split(given // step, cards), cards, strict=True)]
    by_hand = split(min(max(0, amount - given), sum(rest)), rest)
    return [card + other for card, other in zip(by_card, by_hand, strict=True)]
