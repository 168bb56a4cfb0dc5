"""To the shop and the staff concerned: a booking has another time or another person (R14)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    several = len(s.changed) > 1
    lead = _("{customer}: several bookings have moved, the first to {new}.") if several else _("{customer}: {service} is now {new}, with {staff}.")
    lines = [lead.format(customer=s.customer, service=s.service, new=s.when(), staff=s.booking["staff"])]
    if s.old and not several:
        lines.append(_("Before it was {old}, with {staff}.").format(old=s.when(s.old), staff=s.old["staff"]))
    lines += s.collected() + s.reason()
    if s.payload.get("conflict", s.booking["conflict"]):
        lines.append(_("This time overlaps another booking. Please look at your conflicts list."))
    return Content(subject=_("Moved: {service}, {when}").format(service=s.service, when=s.first()),
                   heading=_("Bookings have moved") if several else _("A booking has moved"),
                   paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("See the booking")))
