"""To the shop: a customer's bank disputes a payment, or asks about it; until when to answer, and where (I17)."""

from __future__ import annotations

from datetime import datetime

from booking.wording.disputes import dispute_reason
from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _, told = s.words._, s.payload["dispute"]
    amount = s.words.money(told["amount"], s.booking["currency"])
    lines = [(_("The bank of {customer} asks about a payment of {amount}. No money has been taken back so far.") if told["inquiry"] else
              _("The bank of {customer} has taken back {amount}, until it is decided who is right.")).format(customer=s.customer, amount=amount),
             _("The reason given: {reason}.").format(reason=dispute_reason(s.words, told["reason"]))]
    if told["due_by"]:
        lines.append(_("Please answer at Stripe by {when}: without an answer the money is lost.").format(
            when=s.words.when(datetime.fromisoformat(told["due_by"]), s.booking["zone"])))
    if not told["refundable"]:
        lines.append(_("Until then Stripe refuses refunds of this payment."))
    return Content(subject=_("A payment is disputed: {service}, {when}").format(service=s.service, when=s.when()), heading=_("A payment is disputed"),
                   paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("See the dispute")))
