"""What a new time does to the ways out: said before a move where less comes back than now, more may be charged, or no change is
possible any more (R10, R19, R22, R33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from booking import cards, facts
from booking.held_place import kept_start
from booking.rules import moves, refund
from booking.rules.refunds_together import together
from booking.rules.terms import sticky_after_move
from booking.visiting import visit_decision
from booking.wording import Words
from models.booking_summary import BookingSummary
from models.session import Tx
from storefront.door import Door


class MoveTerms:
    """Bookings that would move together, each to a price of `prices`: one, or the parts of a visit. Read once, then asked of any
    number of times. `pays`: what of the price of each is paid by card before it moves (R26)."""

    def __init__(self, tx: Tx, parts: Sequence[BookingSummary], door: Door, prices: Sequence[int], pays: Sequence[int] = ()) -> None:
        self._tx, self._parts, self._door = tx, parts, door
        self._paid_then = [[refund.Payment(0, amount, 0, "card")] if amount else [] for amount in pays or [0] * len(parts)]
        self._money = [facts.load_money(tx, b) for b in parts]
        self._over = [_over(b, price, money) for b, price, money in zip(parts, prices, self._money, strict=True)]
        self._sticky = [sticky_after_move(facts.sticky(b), facts.terms_now(tx, b)) for b in parts]
        self._open = {kind for kind in ("reschedule", "cancel") if visit_decision(kind, parts, tx.now).allowed}
        now = [facts.quote_with(b, money, tx.now, facts.sticky(b)) for b, money in zip(parts, self._money, strict=True)]
        self._amount, self._cash = sum(quote.amount for quote in now), sum(quote.cash for quote in now)
        self._cards = [cards.card_for(tx, b.id) if b.service_deposit or facts.fee(b) else None for b in parts]
        self._charge = self._charged(parts, self._money, now)
        self._said: dict[tuple[refund.RefundQuote, ...], str] = {}

    def notes(self, starts_at: datetime) -> list[str]:
        """Of the first of them moved to `starts_at`, the others at their distance."""
        head = self._parts[0]
        if starts_at == kept_start(head) and (len(self._parts) > 1 or head.held["staff_id"] == head.staff_id):
            return [takes_back_note(head, self._door)]
        shift = starts_at - head.starts_at
        moved = [b._replace(starts_at=b.starts_at + shift) for b in self._parts]
        decided = {kind: visit_decision(kind, moved, self._tx.now) for kind in ("reschedule", "cancel")}
        allowed = {kind for kind, decision in decided.items() if decision.allowed}
        notes = _last_notes(self._open - allowed, allowed, self._door.words)
        if "cancel" in self._open & allowed and not any(facts.never_approved(b) for b in self._parts):
            then = [_without(money, given, paid) for money, given, paid in zip(self._money, self._over, self._paid_then, strict=True)]
            quotes = tuple(facts.quote_with(b, money, self._tx.now, sticky) for b, money, sticky in zip(moved, then, self._sticky, strict=True))
            notes += self._less(quotes, decided["cancel"].deadline) + self._more(moved, then, quotes)
        return notes

    def _more(self, moved: Sequence[BookingSummary], money: Sequence[facts.Money], quotes: Sequence[refund.RefundQuote]) -> list[str]:
        """What cancelling there may cost on a saved card, where that is more than now (R22)."""
        marked = [b._replace(**facts.sticky_marks(sticky)) for b, sticky in zip(moved, self._sticky, strict=True)]
        charge, w, b = self._charged(marked, money, quotes), self._door.words, self._parts[0]
        return [w._("If you cancel after this move, {venue} may charge up to {amount} to your saved card.").format(
            venue=b.store_name, amount=w.money(charge, b.currency))] if charge > self._charge else []

    def _charged(self, parts: Sequence[BookingSummary], money: Sequence[facts.Money], quotes: Sequence[refund.RefundQuote]) -> int:
        return sum(cards.fee_on(card, b, self._tx.now, sum(payment.left for payment in of.payments) - quote.cash)
                   for card, b, of, quote in zip(self._cards, parts, money, quotes, strict=True))

    def _less(self, quotes: tuple[refund.RefundQuote, ...], deadline: datetime | None) -> list[str]:
        """What cancelling gives back at the new time and until when, where that is less than now or less of it money."""
        w, zone, over = self._door.words, self._door.zone_of(self._parts[0]), [quote for quote in self._over if quote]
        amount, cash = sum(quote.amount for quote in quotes), sum(quote.cash for quote in quotes)
        if amount + sum(quote.amount for quote in over) >= self._amount and cash + sum(quote.cash for quote in over) >= self._cash:
            return []
        lasting = tuple(replace(quote, until=None) for quote in quotes)
        if lasting not in self._said:
            there = [facts.credited_where(self._tx, b, money.payments, quote) for b, money, quote in zip(self._parts, self._money, lasting, strict=True)]
            self._said[lasting] = " ".join([_lead(amount, cash, self._cash, w), w.refund(together(there).facts(), self._parts[0].store_name)])
        until = min((quote.until for quote in quotes if quote.until is not None), default=None)
        end = ""
        if amount and until is not None and (deadline is None or until <= deadline):
            end = w._("This holds until {when}.").format(when=w.when(until, zone))
        elif amount and deadline is not None:
            end = w._("Cancelling online ends {when}.").format(when=w.when(deadline, zone))
        return [f"{self._said[lasting]} {end}".rstrip()]


def takes_back_note(b: BookingSummary, door: Door) -> str:
    return door.words._("This takes back your request for {asked}. Your booking then stands as it did before.").format(
        asked=door.words.when(b.starts_at, door.zone_of(b)))


def _last_notes(lost: set[str], left: set[str], w: Words) -> list[str]:
    if lost == {"reschedule", "cancel"} or lost and not left:
        return [w._("The new time is so soon that it can't be changed or cancelled online afterwards.")]
    if lost == {"cancel"}:
        return [w._("The new time is so soon that it can't be cancelled online afterwards.")]
    return [w._("The new time is so soon that it can't be changed online afterwards.")] if lost else []


def _lead(amount: int, cash: int, before: int, w: Words) -> str:
    if not amount:
        return w._("If you cancel after this move, nothing comes back.")
    if cash == before:
        return w._("If you cancel after this move, you get less credit than now.")
    return w._("If you cancel after this move, you get less money back than now.") if cash else w._("If you cancel after this move, you get credit instead of money.")


def _over(b: BookingSummary, price: int, money: facts.Money) -> refund.RefundQuote | None:
    """What comes back by the move itself, to a cheaper time (R26)."""
    over = min(moves.difference(facts.covered(b), price)[1], sum(payment.left for payment in money.payments))
    return refund.given_back(over, money.payments, b.currency, facts.policies(b)[1].refund_mode, b.zone) if over > 0 else None


def _without(money: facts.Money, given: refund.RefundQuote | None, paid_then: list[refund.Payment]) -> facts.Money:
    """The money once the move is made: less what it gives back, and with what is paid for it."""
    parts = {} if given is None else dict(given.parts)
    left = [replace(payment, refunded=payment.refunded + parts.get(payment.id, 0)) for payment in money.payments]
    return money._replace(payments=left + paid_then)
