"""To the shop and the staff member: someone has booked."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    lead = _("{customer} has several new bookings, the first on {when}.") if len(s.changed) > 1 else _("{customer} has booked {service}.")
    lines = [lead.format(customer=s.customer, service=s.service, when=s.when())]
    if s.payload.get("conflict", s.booking["conflict"]):
        lines.append(_("This time overlaps another booking. Please look at your conflicts list."))
    return Content(subject=_("New booking: {service}, {when}").format(service=s.service, when=s.first()), heading=_("New booking"),
                   paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("See the booking")))
