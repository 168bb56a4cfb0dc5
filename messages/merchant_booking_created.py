"""To the shop and the staff member: someone has booked."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    lines = [_("{customer} has booked {service}.").format(customer=s.customer, service=s.service)]
    if s.booking["conflict"]:
        lines.append(_("This time overlaps another booking. Please look at your conflicts list."))
    return Content(subject=_("New booking: {service}, {when}").format(service=s.service, when=s.when()), heading=_("New booking"),
                   paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("See the booking")))
