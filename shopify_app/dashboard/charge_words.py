"""Saved cards and the fees charged to them, in the words of the shop (R22, A155)."""

from __future__ import annotations

from typing import Any

from booking.cards import SavedCard
from booking.wording import Words
from booking.wording.cards import card_text
from models.money_list import ListedCharge


def face(w: Words, card: SavedCard) -> str:
    return card_text(w, card.brand, card.last4, card.exp_month, card.exp_year)


def missing_text(w: Words, missing: str | None) -> str:
    """Why nothing can be charged; empty where nobody would expect it."""
    return {"consent": w._("The customer agreed to keeping this card, not to a fee for this booking: nothing can be charged to it."),
            "expired": w._("The card has expired. Nothing can be charged to it."),
            "rule": w._("By the policy there is nothing to charge, or nothing more than was charged already."),
            "card": w._("No card is saved for this booking."),
            "state": w._("A fee can be charged once an appointment was missed, or cancelled late by the customer.")}.get(missing or "", "")


def charge_line(w: Words, c: ListedCharge) -> dict[str, Any]:
    """A fee of the booking: `kind` is the look of its state, `why` what the bank said where it refused."""
    kind, state = {"open": ("pending", w._("Being charged")), "succeeded": ("plain", w._("Charged")), "failed": ("bad", w._("Not charged"))}[c.state]
    why = {"insufficient_funds": w._("There is not enough money on the card."), "expired_card": w._("The card has expired."),
           "authentication_required": w._("The bank wants the customer to confirm it, which only the customer can do.")}
    return {"amount": c.amount, "currency": c.currency, "at": c.created_at, "kind": kind, "state": state, "reason": reason_text(w, c.reason),
            "why": None if c.error is None else why.get(c.error, w._("The bank refused it."))}


def reason_text(w: Words, reason: str | None) -> str:
    return w._("Missed appointment") if reason == "no_show" else w._("Late cancellation")
