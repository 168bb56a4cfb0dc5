"""To the customer: the shop charged the saved card, and why (R22)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    charged = s.payload["charged"]
    amount = s.words.money(charged["amount"], s.booking["currency"])
    if charged["reason"] == "no_show":
        line = _("{venue} charged {amount} to your saved card, as agreed, because the appointment was missed.")
    else:
        line = _("{venue} charged {amount} to your saved card, as agreed, because the booking was cancelled late.")
    text = line.format(venue=s.venue, amount=amount)
    return Content(subject=_("{venue} charged {amount} to your card").format(venue=s.venue, amount=amount), heading=_("Your card was charged"),
                   paragraphs=[text, _("If you think this is wrong, please contact {venue}.").format(venue=s.venue)], sms=s.sms(text))
