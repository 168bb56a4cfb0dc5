"""To someone who may use the shop's dashboard from now on (A148). Signing in takes a code sent to the same address."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    may = {"owner": _("You can do everything there, the team and its access included."),
           "manager": _("You can look after bookings, customers, services, staff and settings."),
           "staff": _("You can look after bookings and your time.")}[s.payload["role"]]
    return Content(
        subject=_("You are invited to the dashboard of {venue}").format(venue=s.venue),
        heading=_("Welcome to the team of {venue}").format(venue=s.venue),
        paragraphs=[may, _("Sign in with this e-mail address: we send you a six-digit code each time, there is no password.")],
        booking=False, manage=False, alarm=False, buttons=[(_("Open the dashboard"), s.payload["url"])])
