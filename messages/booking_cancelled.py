"""To the customer: the booking, or part of a party, is cancelled, with the money outcome (A40, A88, R30)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    money = s.money()
    if s.booking["status"] != "cancelled":
        text = s.words.ngettext("Your booking for {when} now has {n} seat.", "Your booking for {when} now has {n} seats.", s.booking["seats"]).format(
            n=s.booking["seats"], when=s.when())
        return Content(
            subject=_("Changed: {service}, {when}").format(service=s.service, when=s.when()), heading=_("Seats cancelled"),
            paragraphs=[text, *([money] if money else [])], ics_method="REQUEST", sms=s.sms(f"{text} {money or ''}".strip()))
    by_store = s.payload.get("by") == "store"
    several = len(s.changed) > 1
    if several:
        lead = _("{venue} had to cancel several of your bookings, the first on {when}.") if by_store else _(
            "Several of your bookings are cancelled, the first on {when}.")
    else:
        lead = _("{venue} had to cancel your booking for {when}.") if by_store else _("Your booking for {when} is cancelled.")
    lead = lead.format(venue=s.venue, when=s.when())
    return Content(
        subject=_("Cancelled: {service}, {when}").format(service=s.service, when=s.first()),
        heading=_("Your bookings are cancelled") if several else _("Your booking is cancelled"), paragraphs=[lead, *([money] if money else [])],
        manage=False, ics_method="CANCEL", sms=s.sms(f"{lead} {money or ''}".strip()))
