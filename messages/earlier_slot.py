"""To someone who waits: an earlier time, a seat, or the time they had asked for, is held for them, and until when (R34, D29e, A96)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    offer = s.payload["offer"]
    new, until = s.when(offer), s.words.when(s.instant("until"), s.own_zone or offer["zone"])
    held = _("It is held for you until {when}. After that the next one in line is asked, and you are no longer on the waitlist.")
    if s.payload["waits_for"] == "seat":
        subject = _("A place is free: {service}, {when}").format(service=s.service, when=new)
        heading = _("A place has become free")
        lead = _("There is room again in {service} on {new}, with {staff}.").format(service=s.service, new=new, staff=offer["staff"])
        take = _("Take the place")
    elif s.payload["waits_for"] == "again":
        subject = _("Free again: {service}, {when}").format(service=s.service, when=new)
        heading = _("Your time has become free")
        lead = _("You had asked for {service} on {new}, with {staff}. This time has become free.").format(service=s.service, new=new, staff=offer["staff"])
        take = _("Take {when}").format(when=new)
    else:
        held = _("It is held for you until {when}. After that the next one in line is asked.")
        subject = _("An earlier time: {service}, {when}").format(service=s.service, when=new)
        heading = _("An earlier time has become free")
        lead = _("{new} with {staff} has become free. Your booking is on {old}.").format(new=new, staff=offer["staff"], old=s.when())
        take = _("Take {when}").format(when=new)
    return Content(
        subject=subject, heading=heading, buttons=[(take, offer["url"])],
        links=[(_("No, thanks"), offer["refuse_url"]), (_("Stop telling me about free times"), offer["stop_url"])],
        paragraphs=[lead, held.format(when=until)],
        booking=s.payload["waits_for"] != "again", manage=False, alarm=False,
        sms=" ".join([_("{venue}: {new} has become free. It is held for you until {until}.").format(venue=s.venue[:40], new=new, until=until),
                      _("Reply STOP to end text messages."), offer["url"]]))
