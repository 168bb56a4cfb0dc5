"""To the customer: the move waits for the shop; the old time stays theirs (R17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    until = s.instant("approval_deadline")
    return Content(
        subject=_("Waiting for approval: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("Your new time waits for approval"),
        paragraphs=[
            _("You asked for {new}. Until {venue} has answered, your booking for {old} stays yours.").format(
                new=s.when(), old=s.when(s.old), venue=s.venue),
            *([_("Without an answer by {when} you keep your old time.").format(when=s.words.when(until, s.booking["zone"]))] if until else [])],
        sms=s.sms(_("Your new time {new} waits for approval. Until then {old} stays yours.").format(new=s.when(), old=s.when(s.old))))
