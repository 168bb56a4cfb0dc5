"""To the customer: the shop said yes (R17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    return Content(
        subject=_("Confirmed: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("{venue} has confirmed your time").format(venue=s.venue),
        paragraphs=[_("Your booking for {when} is confirmed.").format(when=s.when()), *s.difference()], policy=True, ics_method="REQUEST",
        sms=s.sms(_("{service} is confirmed for {when}.").format(service=s.service, when=s.when())))
