"""To someone who waits for a seat: the shop has cancelled the class date, and the waiting ends with it (R34, R30)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    lead = _("{venue} had to cancel {service} on {when}. You no longer wait for it.").format(venue=s.venue, service=s.service, when=s.when())
    return Content(
        subject=_("Cancelled: {service}, {when}").format(service=s.service, when=s.when()), heading=_("This date has been cancelled"),
        paragraphs=[lead], links=[(_("Choose another time"), s.payload["book_url"])], manage=False, alarm=False, sms=s.sms(lead, opt_out=True))
