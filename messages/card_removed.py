"""To the customer: a saved card is gone, whoever removed it (R6, A62)."""

from __future__ import annotations

from booking.wording.cards import card_text
from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    """From the account it is about no booking in particular."""
    _ = s.words._
    text = _("{venue} no longer keeps this card: {card}.").format(venue=s.venue, card=card_text(s.words, **s.payload["card"]))
    if s.payload.get("of_account"):
        return Content(subject=_("A saved card was removed"), heading=_("A saved card was removed"), paragraphs=[text], booking=False, manage=False,
                       sms=s.sms(text))
    return Content(subject=_("Card removed: {service}, {when}").format(service=s.service, when=s.when()), heading=_("A saved card was removed"),
                   paragraphs=[text], sms=s.sms(text))
