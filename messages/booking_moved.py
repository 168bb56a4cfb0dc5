"""To the customer: the booking has a new time (A82, A113, A120)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    several = len(s.changed) > 1
    return Content(
        subject=_("New time: {service}, {when}").format(service=s.service, when=s.first()),
        heading=_("Your bookings have moved") if several else _("Your booking has moved"),
        paragraphs=[*([] if several else [_("Your new time is {new}. It was {old} before.").format(new=s.when(), old=s.when(s.old))]),
                    _("Your payment stays with the booking, and your link stays the same."), *s.difference()],
        policy=True, ics_method="REQUEST",
        sms=s.sms((_("Several of your bookings have moved, the first to {when}.") if several else _("{service} has moved to {when}.")).format(
            service=s.service, when=s.when())))
