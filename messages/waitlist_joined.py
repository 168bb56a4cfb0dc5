"""To someone who now waits, or for another number of seats: for what, in which place, and how to stop (R34, R6, D29)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    seat, again = s.payload["waits_for"] == "seat", s.payload["waits_for"] == "again"
    place = s.payload["place"]
    if seat:
        lead = _("We tell you as soon as there is room in {service} on {when}.").format(service=s.service, when=s.when())
    elif again:
        lead = _("We tell you as soon as {service} on {when} with {staff} becomes free.").format(service=s.service, when=s.when(), staff=s.booking["staff"])
    else:
        lead = _("We tell you when {service} is possible earlier than {when}. Until you choose, your booking stays as it is.").format(
            service=s.service, when=s.when())
    return Content(
        booking=not again, subject=(_("On the waitlist: {service}, {when}") if seat or again else _("Waiting for an earlier time: {service}, {when}")).format(
            service=s.service, when=s.when()),
        heading=_("You are on the waitlist"),
        paragraphs=[*_number(s), lead, _("You are number {n} in line.").format(n=place),
                    s.words.ngettext(
            "One person at a time is asked, and we write at most once in {n} hour.", "One person at a time is asked, and we write at most once in {n} hours.",
            s.payload["rest_hours"]).format(n=s.payload["rest_hours"])],
        links=[(_("See your place, or stop waiting"), s.payload["entry_url"])], manage=False)


def _number(s: Snapshot) -> list[str]:
    """Who stood in line already and asked for another number of seats."""
    w, seats = s.words, s.booking["seats"]
    if s.payload.get("seats_before"):
        return [w.ngettext("You now wait for {n} place, no longer for {before}. You keep your place in line.",
                           "You now wait for {n} places, no longer for {before}. You keep your place in line.", seats).format(
                               n=seats, before=s.payload["seats_before"])]
    if s.payload.get("seats_stay"):
        return [w.ngettext("{n} place is held for you now. Please answer first; until then the number stays.",
                           "{n} places are held for you now. Please answer first; until then the number stays.", seats).format(n=seats)]
    return []
