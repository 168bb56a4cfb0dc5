"""To the customer: the booking is made (A40, A46, A54)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    several = len(s.changed) > 1
    return Content(
        subject=_("Confirmed: {service}, {when}").format(service=s.service, when=s.first()),
        heading=_("Your bookings are confirmed") if several else _("Your booking is confirmed"),
        paragraphs=[_("Thank you for booking with {venue}. We look forward to seeing you.").format(venue=s.venue)],
        links=[(_("Save a card for this booking"), s.payload["card_url"])] if s.payload.get("card_url") else [],
        policy=True, ics_method="REQUEST",
        sms=s.sms((_("Your bookings are confirmed, the first for {when}.") if several else _("{service} is confirmed for {when}.")).format(
            service=s.service, when=s.when()), opt_out=True))
