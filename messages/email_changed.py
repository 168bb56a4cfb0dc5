"""To the old address: the account has another one now, and how to take that back (R8)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    return Content(
        subject=_("Your e-mail address at {venue} was changed").format(venue=s.venue),
        heading=_("Your e-mail address was changed"),
        paragraphs=[
            _("Your account at {venue} now uses {address}. Messages go there from now on.").format(venue=s.venue, address=s.payload["new_address"]),
            _("If this was not you, take it back within 7 days. That restores this address and ends every session."),
            _("If it was you, there is nothing to do.")],
        booking=False, manage=False, alarm=False, buttons=[(_("Undo the change"), s.payload["undo_url"])])
