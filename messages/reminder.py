"""To the customer: the visit is near (R40, A109, A112)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    return Content(
        subject=_("Reminder: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("See you soon"),
        paragraphs=[_("This is a reminder of your booking with {venue} on {when}.").format(venue=s.venue, when=s.when())],
        alarm=False, sms=s.sms(_("Reminder: {service} on {when}.").format(service=s.service, when=s.when())))
