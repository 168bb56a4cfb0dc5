"""To the shop: what was paid for a time that was gone by then did not get back to the customer (I17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    amount = s.words.money(s.payload["amount"], s.payload["currency"])
    lead = _("{amount} was paid for a time that was no longer free, so nothing was booked. The refund to the card did not go through.")
    where = _("The money is back with you. Please refund it to the customer another way. At Stripe it is payment {payment}.")
    return Content(
        subject=_("A payment could not be given back: {amount}").format(amount=amount), heading=_("A payment could not be given back"),
        paragraphs=[lead.format(amount=amount), where.format(payment=s.payload["payment"])],
        booking=False, manage=False, alarm=False)
