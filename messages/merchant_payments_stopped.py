"""To the shop: its account at Stripe takes no more money, and what to do (I17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    if s.payload["left"]:
        lines = [_("{venue} was disconnected at Stripe, so customers can no longer pay online or save cards here.").format(venue=s.venue),
                 _("If that was not meant, please connect it again.")]
    else:
        lines = [_("Stripe has stopped card payments of {venue}: it needs something from you first.").format(venue=s.venue),
                 _("Until then customers book without paying a deposit and can't save cards. Refunds are not affected.")]
    return Content(subject=_("Card payments have stopped"), heading=_("Card payments have stopped"), paragraphs=lines, booking=False, manage=False,
                   alarm=False, buttons=[(_("See what is needed"), f"{s.store['origin']}/admin/settings/payments")])
