"""To a telephone: the typed code that proves a number, or signs in with a proven one (R7, R38)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    if s.payload.get("purpose") == "login":
        text = _("{code} is your code to sign in at {venue}. Never tell it to anyone.").format(code=s.payload["code"], venue=s.venue)
    else:
        text = _("{code} is your code to confirm this number at {venue}. Never tell it to anyone.").format(code=s.payload["code"], venue=s.venue)
    return Content(subject=_("Your code for {venue}").format(venue=s.venue), heading=_("Your code"), paragraphs=[text], booking=False,
                   manage=False, alarm=False, code=s.payload["code"], sms=text)
