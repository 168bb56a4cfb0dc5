"""To the customer: the shop has cancelled the class date a move that waits would have gone back to (R17, R30)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    old, until = s.when(s.payload["lost"]), s.instant("approval_deadline")
    lead = _("{venue} had to cancel {service} on {old}. Your request for {new} still waits for an answer.").format(
        venue=s.venue, service=s.service, old=old, new=s.when())
    lines = [lead, _("If it is not accepted, your booking ends and whatever you have paid comes back in full.")]
    if until:
        lines.append(_("You will hear from us by {when} at the latest.").format(when=s.words.when(until, s.zone)))
    return Content(
        subject=_("Cancelled: {service}, {when}").format(service=s.service, when=old), heading=_("Your old time is cancelled"),
        paragraphs=lines, ics_method="CANCEL", sms=s.sms(lead))
