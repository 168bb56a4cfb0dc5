"""To the shop: none of the offered times was taken, or the customer wants no other time any more (R17, R35)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    taken_back = s.payload.get("because") == "taken_back"
    lines = [_("{customer} has taken back the request to move {service}.").format(customer=s.customer, service=s.service) if taken_back else
             _("{customer} has taken none of the times you offered for {service}.").format(customer=s.customer, service=s.service)]
    if s.booking["status"] == "confirmed":
        lines.append(_("The booking stays on {when}.").format(when=s.when()))
    else:
        lines.append(_("The request has ended and its time is free again."))
    if cash := s.cash():
        lines.append(_("Refund: {amount}. You find it under refunds owed until it is carried out.").format(amount=cash))
    subject = _("Request taken back: {service}, {when}") if taken_back else _("Offers not taken: {service}, {when}")
    return Content(subject=subject.format(service=s.service, when=s.when(s.old)),
                   heading=_("A request was taken back") if taken_back else _("Your offers were not taken"), paragraphs=lines, manage=False, alarm=False,
                   buttons=s.dashboard(_("See the booking")))
