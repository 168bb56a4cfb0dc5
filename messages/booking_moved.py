"""To the customer: the booking has a new time (A82, A113, A120)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    return Content(
        subject=_("New time: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("Your booking has moved"),
        paragraphs=[_("Your new time is {new}. It was {old} before.").format(new=s.when(), old=s.when(s.old)),
                    _("Your payment stays with the booking, and your link stays the same."), *s.difference()],
        policy=True, ics_method="REQUEST",
        sms=s.sms(_("{service} has moved to {when}.").format(service=s.service, when=s.when())))
