"""To the customer: a card is kept for the booking from now on, whoever saved it (R6, A91)."""

from __future__ import annotations

from booking.wording.cards import card_text
from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    text = _("{venue} keeps this card for your booking: {card}.").format(venue=s.venue, card=card_text(s.words, **s.payload["card"]))
    replaced = [_("It takes the place of the card kept before.")] if s.payload.get("replaced") else []
    return Content(subject=_("Card saved: {service}, {when}").format(service=s.service, when=s.when()), heading=_("A card was saved for your booking"),
                   paragraphs=[text, *replaced], sms=s.sms(text))
