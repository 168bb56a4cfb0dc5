"""To the customer: the shop said no, or nothing in time; which of the two, and what that means (R17, D18)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    asked = s.when(s.old)
    if s.payload.get("because") == "offers_declined":
        lead = _("You have taken none of the times {venue} offered for your request for {asked}.").format(venue=s.venue, asked=asked)
    elif s.payload.get("because") == "offers_expired":
        lead = _("The times {venue} offered for your request for {asked} have run out.").format(venue=s.venue, asked=asked)
    elif s.payload.get("because") == "deadline":
        lead = _("{venue} has not answered your request for {asked} in time.").format(venue=s.venue, asked=asked)
    elif s.payload.get("because") == "taken_back":
        lead = _("You have taken back your request for {asked}.").format(asked=asked)
    else:
        lead = _("{venue} could not accept your request for {asked}.").format(venue=s.venue, asked=asked)
    money = s.money()
    if s.payload.get("restored"):
        outcome = _("Your booking for {when} stays as it was.").format(when=s.when())
        return Content(
            subject=_("Your booking stays: {service}, {when}").format(service=s.service, when=s.when()),
            heading=_("Your old time stays"), paragraphs=[lead, outcome, *([money] if money else [])], ics_method="REQUEST",
            sms=s.sms(f"{lead} {outcome} {money or ''}".strip()))
    if s.payload.get("lost"):
        lead += " " + _("Your old time can't come back, so your booking has ended.")
    return Content(
        subject=(_("Ended: {service}, {asked}") if s.payload.get("because", "").startswith("offers") else _("Not accepted: {service}, {asked}")).format(service=s.service, asked=asked),
        heading=_("Your request has ended") if s.payload.get("because", "").startswith("offers") else _("Your request was not accepted"), paragraphs=[lead, *([money] if money else [])], manage=False,
        links=[(_("Tell me when this time becomes free"), s.payload["again_url"])] if s.payload.get("again_url") else [],
        ics_method="CANCEL", sms=s.sms(f"{lead} {money or ''}".strip()))
