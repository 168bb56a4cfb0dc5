"""To the shop: someone has withdrawn from a contract (R48)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    said, at = s.payload["declared"], s.words.exactly(s.instant("received_at"), s.payload["zone"])
    return Content(
        subject=_("Withdrawal from a contract: {name}").format(name=said["name"]),
        heading=_("A customer has withdrawn from a contract"),
        paragraphs=[
            _("It arrived on {when}. Its receipt is acknowledged to {email}.").format(when=at, email=said["email"]),
            _("Name: {name}").format(name=said["name"]), _("Contract: {contract}").format(contract=s.quoted(said["contract"])),
            *([_("Their words: {text}").format(text=s.quoted(said["statement"]))] if said["statement"] else []),
            _("Booking: {ref}").format(ref=s.payload["ref"]) if s.payload["ref"] else _("No booking could be matched by itself."),
            _("Nothing was cancelled or refunded by this. Please see what the law asks of you; time limits may run.")],
        booking=False, manage=False, alarm=False,
        buttons=[(_("See the withdrawal"), f"{s.store['origin']}/admin/withdrawals#w-{s.payload['number']}"),
                 *([(_("See the booking"), f"{s.store['origin']}/admin/bookings/{s.payload['ref']}")] if s.payload["ref"] else [])])
