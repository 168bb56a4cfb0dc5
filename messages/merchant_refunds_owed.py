"""To the shop: refunds it has owed for three days (R23)."""

from __future__ import annotations

from datetime import datetime

from booking.wording.people import person
from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _, w = s.words._, s.words
    title = w.ngettext("{n} refund is still owed", "{n} refunds are still owed", len(s.payload["owed"])).format(n=len(s.payload["owed"]))
    lines = [_("{amount} for {customer}: {service}, {when} ({ref})").format(
        amount=w.money(one["amount"], one["currency"]), customer=person(w, one["customer"]) or _("a customer"), service=one["service"],
        when=w.when(datetime.fromisoformat(one["starts_at"]), one["zone"]), ref=one["ref"]) for one in s.payload["owed"]]
    return Content(subject=title, heading=title, paragraphs=[
        w.ngettext("This customer has waited for the money for three days or more. Carry the refund out with one click, or mark it as paid back.",
                   "These customers have waited for their money for three days or more. Carry the refunds out with one click, or mark them as paid back.",
                   len(s.payload["owed"])), *lines],
        buttons=[(_("Refunds owed"), s.store["origin"] + "/admin/refunds")], booking=False, manage=False, alarm=False)
