"""To the customer: the difference to a dearer time was paid, but the move could not be made any more; everything goes back (R26)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    returned = s.payload["returned"]
    amount = s.words.money(returned["amount"], s.booking["currency"])
    text = _("Your payment of {amount} for moving to {new} arrived when the move was no longer possible, so your booking was not moved.")
    sms = _("Your booking was not moved. Your payment of {amount} goes back to your card.")
    if returned.get("several"):
        text = _("Your payment of {amount} for moving to {new} arrived when the move was no longer possible, so your bookings were not moved.")
        sms = _("Your bookings were not moved. Your payment of {amount} goes back to your card.")
    return Content(
        subject=_("{venue}: your payment of {amount} goes back").format(venue=s.venue, amount=amount), heading=_("Your payment goes back"),
        paragraphs=[text.format(amount=amount, new=s.when(returned)), _("The whole amount goes back to your card. Banks take a few days to show it.")],
        sms=s.sms(sms.format(amount=amount)))
