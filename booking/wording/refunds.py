"""What comes back, in words: before it is decided, right after, and as it is carried out (A84-A87, R21-R24)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from booking.rules.refund_ways import WAYS


class RefundWords:
    """The part of `Words` that speaks of refunds. A quote is what `RefundQuote.facts` made of it."""

    _: Callable[[str], str]
    money: Callable[[int, str], str]
    short_date_and_year: Callable[[datetime, str], str]

    def refund(self, quote: dict[str, Any], venue: str, *, done: bool = False) -> str:
        """What the customer gets back, before (`done` False) or after cancelling; each way it comes back by with its amount."""
        amount, currency, outcome = quote["amount"], quote["currency"], quote["outcome"]
        if outcome == "none":
            return self._nothing(quote)
        if outcome == "forfeit" or amount == 0:
            lost = self._("Your {amount} deposit can't be refunded per our policy.").format(amount=self.money(quote["kept"], currency))
            return " ".join([lost, *(self._kept(quote) if quote.get("fee") else [])])
        credit = quote.get("credit", amount if outcome == "credit" else 0)
        ways = {way: part for way, part in quote.get("ways") or [(_way(quote), amount - credit)] if part}
        said = {"given": self._("{amount} was refunded."), "card": self._("You'll be refunded {amount} to the card you paid with"),
                "gift_card": self._("You'll be refunded {amount} to your gift card."), "hand": self._("{venue} will refund you {amount} directly."),
                "moving": self._("{amount} is on its way back to you."), "owed": self._("You're owed {amount}. {venue} will refund it.")}
        sentences = [said[way].format(amount=self.money(ways[way], currency), venue=venue) for way in WAYS if way in ways]
        if credit:
            sentences.append(self.credit(quote, venue))
        sentences += self._kept(quote)
        return " ".join([*(sentence.rstrip(".") + "." for sentence in sentences[:-1]), sentences[-1]])

    def credit(self, quote: dict[str, Any], venue: str) -> str:
        """The credit of a refund, and until when it is valid (R21)."""
        credit = quote.get("credit", quote["amount"])
        if quote.get("credit_at_shop"):
            text = self._("You'll get {amount} as store credit in your account at {venue}. You can use it at checkout.")
        else:
            text = self._("You'll get {amount} as credit for your next visit at {venue}.")
        sentence = text.format(amount=self.money(credit, quote["currency"]), venue=venue)
        if quote.get("credit_until"):
            day = self.short_date_and_year(datetime.fromisoformat(quote["credit_until"]), quote["zone"])
            sentence += " " + self._("It is valid until {date}.").format(date=day)
        return sentence

    def _nothing(self, quote: dict[str, Any]) -> str:
        """Nothing is left to give back: nothing was paid, or it went back before (R21)."""
        if quote.get("before"):
            return self._("Nothing more comes back: {amount} of what you paid was refunded before, or is owed to you already.").format(
                amount=self.money(quote["before"], quote["currency"]))
        return self._("No payment was taken for this booking.")

    def _kept(self, quote: dict[str, Any]) -> list[str]:
        kept, rest = quote["kept"], self.money(quote["kept"], quote["currency"])
        if kept and quote.get("fee") == kept and not quote["amount"]:
            return [self._("{rest} is kept as a cancellation fee.").format(rest=rest)]
        if kept and quote.get("fee"):
            return [self._("{rest} is kept, including a cancellation fee of {fee}.").format(rest=rest, fee=self.money(quote["fee"], quote["currency"]))]
        return [self._("{rest} is kept per our policy.").format(rest=rest)] if kept else []


def _way(quote: dict[str, Any]) -> str:
    """Of a quote the release before wrote: it knew the ways, but not how much goes by each."""
    methods = quote.get("methods") or []
    if quote.get("mode") == "manual":
        return "owed"
    return methods[0] if methods in (["card"], ["gift_card"]) else "moving" if "card" in methods else "hand"
