"""To the shop: how a dispute ended (I17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _, told = s.words._, s.payload["dispute"]
    amount = s.words.money(told["amount"], s.booking["currency"])
    if told["status"] == "lost":
        line, heading = _("The bank has decided for {customer}: {amount} stays with them. The booking says so too."), _("A dispute is lost")
    elif told["status"] == "won":
        line, heading = _("The bank has decided for you: {amount} of {customer} comes back to you."), _("A dispute is won")
    else:
        line, heading = _("The question of the bank of {customer} about {amount} is closed. The money is yours."), _("A dispute is closed")
    lines = [line.format(customer=s.customer, amount=amount)]
    if told["owed"]:
        lines.append(_("You still owe the customer {amount} for this booking.").format(amount=s.words.money(told["owed"], s.booking["currency"])))
    return Content(subject=_("{what}: {service}, {when}").format(what=heading, service=s.service, when=s.when()), heading=heading, paragraphs=lines, manage=False, alarm=False,
                   buttons=s.dashboard(_("See the booking")))
