"""To the customer: the move waits for the shop; the old time stays theirs, or is given up at once (R17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    until = s.instant("approval_deadline")
    if s.given_up():
        lead = _("You asked for {new}. Your old time, {old}, is given up: if {venue} says no, your booking ends and whatever you have paid comes back in full.")
        silence = _("Without an answer by {when} your booking ends as well.")
        short = _("Your new time {new} waits for approval. {old} is given up: without approval your booking ends.")
    else:
        lead = _("You asked for {new}. Until {venue} has answered, your booking for {old} stays yours.")
        silence = _("Without an answer by {when} you keep your old time.")
        short = _("Your new time {new} waits for approval. Until then {old} stays yours.")
    return Content(
        subject=_("Waiting for approval: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("Your new time waits for approval"),
        paragraphs=[
            lead.format(new=s.when(), old=s.when(s.old), venue=s.venue),
            *([silence.format(when=s.words.when(until, s.zone))] if until else []), *s.collected(),
            *([_("If {venue} says no, this amount comes back to you.").format(venue=s.venue)] if s.collected() and not s.given_up() else [])],
        sms=s.sms(short.format(new=s.when(), old=s.when(s.old))))
