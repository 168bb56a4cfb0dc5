"""To the customer: their withdrawal has arrived, when, and what it says (R48)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    said, at = s.payload["declared"], s.words.exactly(s.instant("received_at"), s.payload["zone"])
    return Content(
        subject=_("Your withdrawal has arrived"),
        heading=_("Your withdrawal has arrived"),
        paragraphs=[
            _("{venue} received your declaration on {when}.").format(venue=s.venue, when=at),
            _("Number: {number}").format(number=s.payload["number"]),
            _("Name: {name}").format(name=said["name"]), _("Contract: {contract}").format(contract=s.quoted(said["contract"])),
            *([_("Your words: {text}").format(text=s.quoted(said["statement"]))] if said["statement"] else []),
            _("This confirms that it was received. {venue} will write to you about what follows from it.").format(venue=s.venue)],
        booking=False, manage=False, alarm=False)
