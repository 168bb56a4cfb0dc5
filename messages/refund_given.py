"""To the customer: the shop gives money back on its own accord, with its reason (D26b)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    money, reason = s.money(), s.payload.get("reason")
    return Content(
        subject=_("Refund: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("{venue} gives you money back").format(venue=s.venue),
        paragraphs=[*([money] if money else []), *([_("Reason: {reason}").format(reason=s.quoted(reason))] if reason else [])],
        sms=s.sms(money or ""))
