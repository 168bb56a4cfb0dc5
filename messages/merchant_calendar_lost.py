"""To the shop: a staff member's calendar account lets us in no longer and has to be connected again."""

from __future__ import annotations

from messages.content import Content, Snapshot

NAMES = {"google": "Google Calendar", "microsoft": "Microsoft"}


def content(s: Snapshot) -> Content:
    _ = s.words._
    name, provider = s.payload["staff"], NAMES.get(s.payload["provider"], s.payload["provider"])
    lines = [_("We are no longer allowed to see when the calendar of {name} at {provider} is busy.").format(name=name, provider=provider),
             _("What was busy when we last looked still keeps bookings away. New entries there do not, until the calendar is connected again.")]
    return Content(subject=_("Please connect the calendar of {name} again").format(name=name), heading=_("A calendar has to be connected again"),
                   paragraphs=lines, booking=False, manage=False, alarm=False,
                   buttons=[(_("Connect it again"), s.store["origin"] + s.payload["path"])])
