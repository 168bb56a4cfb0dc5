"""To the customer: the rules of the zone have changed, the wall time has not; the calendar entry is brought up to date (R13)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _, there = s.words._, s.there()
    own = [_("Where you are: {when}").format(when=s.when()), _("The entry attached brings your calendar up to date.")]
    return Content(
        subject=_("Still on {when}: {service}").format(service=s.service, when=there),
        heading=_("The clocks change, your booking stays"),
        paragraphs=[
            _("The rules for local time in {zone} have changed. Your booking stays on {when}, local time there.").format(
                zone=s.booking["zone"].replace("_", " "), when=there),
            *(own if s.own_zone else [
                _("The entry attached brings your calendar up to date. If you live in another time zone, please check what time that is for you.")])],
        alarm=False, ics_method="REQUEST", sms=s.sms(_("Local time rules have changed: {service} stays on {when}.").format(
            service=s.service, when=there)))
