"""To the customer: the shop said yes (R17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    several = len(s.changed) > 1
    return Content(
        subject=_("Confirmed: {service}, {when}").format(service=s.service, when=s.first()),
        heading=_("{venue} has confirmed your time").format(venue=s.venue),
        paragraphs=[(_("Your bookings are confirmed, the first for {when}.") if several else _("Your booking for {when} is confirmed.")).format(
            when=s.when()), *s.difference()], policy=True, ics_method="REQUEST",
        sms=s.sms((_("Your bookings are confirmed, the first for {when}.") if several else _("{service} is confirmed for {when}.")).format(
            service=s.service, when=s.when())))
