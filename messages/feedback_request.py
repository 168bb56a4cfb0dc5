"""To the customer, after the visit: how was it? (R37)"""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    return Content(
        subject=_("How was your visit at {venue}?").format(venue=s.venue),
        heading=_("How was your visit?"),
        paragraphs=[_("Thank you for coming. {venue} would like to know how it was: it takes a minute, and only {venue} reads it unless you say otherwise.").format(
            venue=s.venue)],
        manage=False, alarm=False, buttons=[(_("Leave feedback"), s.payload["feedback_url"])])
