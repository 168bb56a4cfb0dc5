"""To someone who now waits: for what, in which place, and how to stop (R34, R6, D29)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    seat = s.payload["waits_for"] == "seat"
    place = s.payload["place"]
    if seat:
        lead = _("We tell you as soon as there is room in {service} on {when}.").format(service=s.service, when=s.when())
    else:
        lead = _("We tell you when {service} is possible earlier than {when}. Until you choose, your booking stays as it is.").format(
            service=s.service, when=s.when())
    return Content(
        subject=(_("On the waitlist: {service}, {when}") if seat else _("Waiting for an earlier time: {service}, {when}")).format(
            service=s.service, when=s.when()),
        heading=_("You are on the waitlist"),
        paragraphs=[lead, _("You are number {n} in line.").format(n=place),
                    s.words.ngettext(
            "One person at a time is asked, and we write at most once in {n} hour.", "One person at a time is asked, and we write at most once in {n} hours.",
            s.payload["rest_hours"]).format(n=s.payload["rest_hours"])],
        links=[(_("See your place, or stop waiting"), s.payload["entry_url"])], manage=False)
