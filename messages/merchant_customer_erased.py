"""To the shop: a customer's personal data was erased; open bookings stay, without a name (R45)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    open_ones = s.payload["appointments"]
    lines = [_("A customer's personal data was erased at their request. Past bookings keep their times and amounts, without a name.")]
    if open_ones:
        lines.append(_("These bookings are still open under the name “{name}”. They were not cancelled; please decide what becomes of them:").format(
            name=_("Redacted customer")))
    else:
        lines.append(_("There are no open bookings."))
    return Content(subject=_("A customer's data was erased"), heading=_("A customer's data was erased"), paragraphs=lines, booking=False,
                   manage=False, alarm=False, links=[(_("{service}, {when} ({ref})").format(
                       service=b["service"], when=s.when(b), ref=b["ref"]), f"{s.store['origin']}/admin/bookings/{b['ref']}") for b in open_ones])
