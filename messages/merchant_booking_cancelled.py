"""To the shop and the staff member: a booking, or some of its seats, is cancelled."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    several = len(s.changed) > 1
    lead = _("{customer}: several bookings are cancelled, the first on {when}. The times are free again.") if several else _(
        "{customer}: {service}, {when} is cancelled. The time is free again.")
    lines = [lead.format(customer=s.customer, service=s.service, when=s.when(s.old))]
    fewer = s.booking["status"] in ("confirmed", "pending")
    if fewer:
        seats = s.booking["seats"]
        lines = [s.words.ngettext("{customer}: {service}, {when} now has {n} seat.", "{customer}: {service}, {when} now has {n} seats.", seats).format(
            customer=s.customer, service=s.service, when=s.when(), n=seats)]
    lines += s.reason()
    if cash := s.cash():
        lines.append(_("Refund: {amount}. You find it under refunds owed until it is carried out.").format(amount=cash))
    subject = _("Changed: {service}, {when}") if fewer else _("Cancelled: {service}, {when}")
    return Content(subject=subject.format(service=s.service, when=s.first() if several else s.when(s.old)),
                   heading=_("Seats cancelled") if fewer else _("Cancelled"), paragraphs=lines, manage=False, alarm=False,
                   buttons=s.dashboard(_("See the booking")))
