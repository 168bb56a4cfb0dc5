"""To the shop: the provider could not give a refund back; it is owed again (R24, I17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    amount = s.words.money(s.payload["failed"]["amount"], s.booking["currency"])
    lines = [_("{amount} for {customer} could not be given back to the card.").format(amount=amount, customer=s.customer),
             _("The customer is still owed this amount. Please refund it another way, or try again.")]
    return Content(subject=_("A refund did not go through: {service}, {when}").format(service=s.service, when=s.when()),
                   heading=_("A refund did not go through"), paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("See the booking")))
