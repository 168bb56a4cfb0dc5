"""To the customer: paid, but the time was gone by then; everything goes back."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    amount = s.words.money(s.payload["amount"], s.payload["currency"])
    return Content(
        subject=_("{venue}: your payment of {amount} goes back").format(venue=s.venue, amount=amount),
        heading=_("Your payment goes back"),
        paragraphs=[_("Your payment of {amount} arrived after the time you chose was no longer free, so nothing was booked.").format(amount=amount),
                    _("The whole amount goes back to your card. Banks take a few days to show it.")],
        buttons=[(_("Choose another time"), s.payload["book_url"])], booking=False, manage=False, alarm=False)
