"""To whoever asked to sign in, or to change an address: the typed code (R7, R8). Never a link that signs in."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    minutes = s.payload["minutes"]
    if s.payload.get("purpose") == "change_email":
        return _new_address(s)
    return Content(
        subject=_("{code} is your sign-in code for {venue}").format(code=s.payload["code"], venue=s.venue),
        heading=_("Your sign-in code"),
        paragraphs=[
            s.words.ngettext("Type this code on the page you have open. It is valid for {n} minute and works once.",
                             "Type this code on the page you have open. It is valid for {n} minutes and works once.", minutes).format(n=minutes),
            _("If you did not ask for it, you can ignore this mail. Never tell the code to anyone, not to us either.")],
        booking=False, manage=False, alarm=False, code=s.payload["code"])


def _new_address(s: Snapshot) -> Content:
    """The same code to an address that is to become the account's (R8)."""
    _ = s.words._
    return Content(
        subject=_("{code} confirms your new address at {venue}").format(code=s.payload["code"], venue=s.venue),
        heading=_("Confirm your new address"),
        paragraphs=[
            _("Type this code on the page you have open, and your account at {venue} uses this address from then on.").format(venue=s.venue),
            _("If you did not ask for it, you can ignore this mail. Never tell the code to anyone, not to us either.")],
        booking=False, manage=False, alarm=False, code=s.payload["code"])
