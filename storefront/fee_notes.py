"""What a cancellation may still cost beyond what was paid, told before it is confirmed (R22, A85)."""

from __future__ import annotations

from collections.abc import Iterable

from booking.cards import fee_after
from booking.rules.refund import RefundQuote
from booking.wording import Words
from models.booking_summary import BookingSummary
from models.session import Tx


def fee_note(tx: Tx, going: Iterable[tuple[BookingSummary, RefundQuote]], w: Words) -> str:
    """The fee where what was paid does not cover it, and what the shop may charge to a saved card; "" for neither. `going` are the
    bookings that end: for seats that leave a party nothing is ever charged."""
    asked = kept = charge = 0
    b = None
    for b, quote in going:
        charge += fee_after(tx, b, quote)
        if quote.amount == 0 and 0 < quote.fee < quote.fee_asked:
            asked, kept = asked + quote.fee_asked, kept + quote.fee
    if b is None:
        return ""
    notes = []
    if asked:
        notes.append(w._("The cancellation fee is {fee}; {kept} of it is kept from what you paid.").format(
            fee=w.money(asked, b.currency), kept=w.money(kept, b.currency)))
    if charge:
        notes.append(w._("{venue} may charge up to {amount} to your saved card.").format(venue=b.store_name, amount=w.money(charge, b.currency)))
    return " ".join(notes)
