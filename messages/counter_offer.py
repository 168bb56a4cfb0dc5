"""To the customer: the shop proposes other times; each has its own link that opens the page with it chosen (R35, A69, A93)."""

from __future__ import annotations

from datetime import datetime

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    offers = s.payload["offers"]
    until = s.words.when(datetime.fromisoformat(s.payload["until"]), s.zone)
    lead = s.words.ngettext("{venue} offers you another time for {service} instead of {asked}.",
                            "{venue} offers you other times for {service} instead of {asked}.", len(offers))
    held = s.payload.get("held")
    if held and not s.given_up():
        choose = _("Please choose by {when}. If none suits you, the page lets you decline; your booking then stays on {old}.").format(
            when=until, old=s.when(held))
    else:
        choose = _("Please choose by {when}. If none suits you, the page lets you decline; whatever you have paid comes back in full.").format(when=until)
    ends = {o["until"] for o in offers}
    buttons = [(_("Accept {when}, with {staff}").format(when=s.when(o), staff=o["staff"]) + ("" if len(ends) == 1 else " " + _(
        "(until {when})").format(when=s.words.when(datetime.fromisoformat(o["until"]), s.own_zone or o["zone"]))), o["url"]) for o in offers]
    return Content(
        subject=s.words.ngettext("Another time for your request: {service}", "Other times for your request: {service}", len(offers)).format(service=s.service),
        heading=s.words.ngettext("Another time for your request", "Other times for your request", len(offers)),
        paragraphs=[lead.format(venue=s.venue, service=s.service, asked=s.when()), choose],
        buttons=buttons, links=[(_("See your request, or decline"), s.payload["manage_url"])], manage=False, alarm=False,
        sms=" ".join([s.words.ngettext("{venue}: another time for your request.", "{venue}: other times for your request.", len(offers)).format(
            venue=s.venue[:60]), *(f"{s.when(o)} {o['url']}" for o in offers)]))
