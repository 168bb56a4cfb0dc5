"""To the customer: the link to their booking, again (A105, A101)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    return Content(
        subject=_("Your link: {service}, {when}").format(service=s.service, when=s.when()),
        heading=_("Here is the link to your booking"),
        paragraphs=[_("With it you can see and manage this booking without signing in. Anyone who has the link can do so too.")],
        alarm=False, sms=s.sms(_("Your link for {service}, {when}:").format(service=s.service, when=s.when())))
