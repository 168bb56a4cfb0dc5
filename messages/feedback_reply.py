"""To the customer: the shop has answered their feedback (R37)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    return Content(
        subject=_("{venue} has answered your feedback").format(venue=s.venue),
        heading=_("{venue} has answered your feedback").format(venue=s.venue),
        paragraphs=[s.quoted(line) for line in s.payload["reply"].split("\n") if line.strip()], manage=False, alarm=False)
