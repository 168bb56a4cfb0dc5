"""To the shop and the staff concerned: the customer has taken an offered time (R35)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    lines = [_("{customer} has accepted {new} for {service}, with {staff}. The booking is confirmed.").format(
        customer=s.customer, new=s.when(), service=s.service, staff=s.booking["staff"])]
    if s.booking["conflict"]:
        lines.append(_("This time overlaps another booking. Please look at your conflicts list."))
    return Content(subject=_("Offer accepted: {service}, {when}").format(service=s.service, when=s.when()), heading=_("Your offer was accepted"),
                   paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("See the booking")))
