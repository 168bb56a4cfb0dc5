"""To the customer: the request has arrived and waits for the shop, or the shop has given it another time (R29)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    until = s.instant("approval_deadline")
    by_then = [_("You will hear from us by {when} at the latest.").format(when=s.words.when(until, s.zone))] if until else []
    if s.moved() and s.payload.get("by") == "store":
        lead = _("{venue} has moved your request from {old} to {new}. It still waits for approval.").format(
            venue=s.venue, old=s.when(s.old), new=s.when())
        return Content(
            subject=_("New time for your request: {service}, {when}").format(service=s.service, when=s.when()),
            heading=_("Your request has a new time"), paragraphs=[lead, *by_then], policy=True, sms=s.sms(lead))
    lines = [_("{venue} confirms each request personally. The time is kept for you until then.").format(venue=s.venue), *by_then, *s.collected()]
    return Content(
        subject=_("Request received: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("We have your request"), paragraphs=lines, policy=True,
        sms=s.sms(_("Your request for {service}, {when} has arrived and waits for approval.").format(service=s.service, when=s.when()), opt_out=True))
