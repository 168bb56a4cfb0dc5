"""To the customer: the request has arrived and waits for the shop (R29)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    until = s.instant("approval_deadline")
    lines = [_("{venue} confirms each request personally. The time is kept for you until then.").format(venue=s.venue)]
    if until:
        lines.append(_("You will hear from us by {when} at the latest.").format(when=s.words.when(until, s.booking["zone"])))
    return Content(
        subject=_("Request received: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("We have your request"), paragraphs=lines, policy=True,
        sms=s.sms(_("Your request for {service}, {when} has arrived and waits for approval.").format(service=s.service, when=s.when()), opt_out=True))
