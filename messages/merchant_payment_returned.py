"""To the shop: a customer paid for a dearer time, but the move could not be made any more; the payment goes back by itself (R26)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    returned = s.payload["returned"]
    amount = s.words.money(returned["amount"], s.booking["currency"])
    lead = _("{customer} paid {amount} by card to move {service} to {new}, but the move was no longer possible. The booking was not moved.")
    if returned.get("several"):
        lead = _("{customer} paid {amount} by card to move several bookings to {new}, {service} among them, "
                 "but the move was no longer possible. None of them was moved.")
    lines = [lead.format(customer=s.customer, amount=amount, service=s.service, new=s.when(returned)),
             _("The whole amount goes back to the card by itself.")]
    return Content(subject=_("A payment goes back: {service}, {when}").format(service=s.service, when=s.when()),
                   heading=_("A payment goes back"), paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("See the booking")))
