"""To the customer: what they were owed has come back, and how (A40, R23)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _, currency = s.words._, s.booking["currency"]
    said = {"card": _("{amount} was refunded to the card you paid with. Your bank may take some days to show it."),
            "shopify": _("{amount} was refunded the way you paid. Your bank may take some days to show it."),
            "hand": _("{venue} has refunded {amount} to you directly.")}
    lines = [said[way].format(amount=s.words.money(amount, currency), venue=s.venue) for way, amount in s.payload["given"]]
    if s.booking["owed"]:
        lines.append(_("You're still owed {amount}.").format(amount=s.words.money(s.booking["owed"], currency)))
    return Content(subject=_("Refunded: {service}, {when}").format(service=s.service, when=s.when()), heading=_("Your refund"),
                   paragraphs=lines, sms=s.sms(" ".join(lines)))
