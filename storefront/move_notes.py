"""What a move means for the customer's money, told before it is confirmed (R26, R33)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from booking import facts
from booking.held_place import comes_back
from booking.rules import moves
from booking.rules.refund import given_back
from booking.rules.terms import sticky_after_move
from booking.wording import Words
from booking.wording.policies import latest_lines
from models.booking_summary import BookingSummary
from models.session import Tx
from storefront.door import Door
from storefront.zones import shown_zone


def move_notes(tx: Tx, b: BookingSummary, door: Door, price: int, pays: int = 0) -> list[str]:
    """What a move to a time that costs `price` means for money, approval and how far it can be put off (R17, R18, R26, R33). What comes
    of one time alone says `MoveTerms`. `pays`: what of the price is paid by card first, of which `paid_first` and `paid_together` say how."""
    return own_notes(tx, b, door.words, price, pays) + approval_notes(b, door, tx.now)


def own_notes(tx: Tx, b: BookingSummary, w: Words, price: int, pays: int = 0) -> list[str]:
    """The same without who decides: of the parts of a visit each has its own."""
    return price_notes(tx, b, w, price, pays) + terms_notes(tx, b, w)


def terms_notes(tx: Tx, b: BookingSummary, w: Words) -> list[str]:
    """What a move takes from a later refund, and how far it can be put off, whatever it costs (R18, R33)."""
    return sticky_notes(tx, b, w) + latest_lines(w, facts.effective_policy(b), b.original_starts_at, b.zone)


def approval_notes(b: BookingSummary, door: Door, now: datetime) -> list[str]:
    """Who decides about the move, and what becomes of the time the booking has until then (R17, R29)."""
    w, policy = door.words, facts.effective_policy(b)
    if b.status == "pending" and b.never_approved:
        return [w._("Your request is then for the new time. The time you asked for until now is free for others at once.")]
    if b.held is None and not (b.status == "confirmed" and moves.needs_approval(policy, first=False, starts_at=b.starts_at, zone=b.zone, now=now)):
        return []
    if b.held is None and not policy.release_old_slot_at_once:
        return [w._("{venue} confirms moves personally. Your present time stays yours until then.").format(venue=b.store_name)]
    if comes_back(b):
        old = w.when(datetime.fromisoformat(b.held["starts_at"]), shown_zone(b.location_kind, b.held["zone"], door.own_zone))
        return [w._("Until {venue} has answered, your booking for {old} stays yours.").format(venue=b.store_name, old=old)]
    return [given_up(b, w)]


def given_up(b: BookingSummary, w: Words) -> str:
    """Said before and after asking where the policy gives the old time up at once (R17)."""
    return w._("{venue} confirms moves personally and the time you had is given up at once. If {venue} says no, your booking ends and whatever you have paid comes back in full.").format(
        venue=b.store_name)


def visit_notes(parts: Sequence[BookingSummary], door: Door, now: datetime) -> list[str]:
    """The same for a visit, as its first part that waits says it: what is true of one is true of all, since they wait together (R32)."""
    return next((notes for b in parts if (notes := approval_notes(b, door, now))), [])


def dearer_note(w: Words, b: BookingSummary, price: int, difference: int, due: int, pays: int = 0) -> str:
    """What is to pay for a dearer time in all (`due`), but for what of that a card pays before the move."""
    text = w._("The new time costs {price}, {difference} more.") if pays or not due else w._(
        "The new time costs {price}, {difference} more. Still to pay at {venue}: {due}.")
    if not due:
        text += " " + w._("It is paid already.")
    if 0 < pays < due:
        text += " " + w._("Still to pay at {venue}: {due}.")
    return text.format(price=w.money(price, b.currency), difference=w.money(difference, b.currency), due=w.money(due - pays, b.currency), venue=b.store_name)


def paid_first(w: Words, amount: int, currency: str) -> list[str]:
    """What a card pays before a booking moves (R26)."""
    text = w._("You pay {amount} by card first; the new time is kept for you meanwhile, and your booking moves when the payment has gone through.")
    return [text.format(amount=w.money(amount, currency))] if amount else []


def paid_together(w: Words, amount: int, currency: str) -> list[str]:
    """The same for several that move together."""
    text = w._("You pay {amount} by card first; the new times are kept for you meanwhile, and your bookings move together when the payment has gone through.")
    return [text.format(amount=w.money(amount, currency))] if amount else []


def price_notes(tx: Tx, b: BookingSummary, w: Words, price: int, pays: int = 0) -> list[str]:
    """Sentences for a move to a time that costs `price`: what is to pay, and how, or what comes back."""
    due, over = moves.difference(facts.covered(b), price)
    money = w.money(price, b.currency)
    if price > b.price:
        return [dearer_note(w, b, price, price - b.price, due, pays)]
    if price < b.price:
        text = w._("The new time costs {price}, {difference} less.").format(price=money, difference=w.money(b.price - price, b.currency))
        payments = facts.load_payments(tx, b)
        over = min(over, sum(payment.left for payment in payments))
        if over:
            quote = given_back(over, payments, b.currency, facts.policies(b)[1].refund_mode, b.zone)
            text += " " + w.refund(quote.facts(), b.store_name) if quote.amount else ""
        return [text]
    return [w._("Your payment stays with the booking; nothing is charged again.")] if b.paid else []


def sticky_notes(tx: Tx, b: BookingSummary, w: Words) -> list[str]:
    """What the move takes from a later refund (R33)."""
    before = facts.sticky(b)
    terms = sticky_after_move(before, facts.terms_now(tx, b))
    if not b.paid or terms in (None, before):
        return []
    percent = int(terms.share * 100)
    if terms.credit and percent:
        return [w._("After this move at most {percent}% of what you paid can come back if you cancel later, as credit.").format(percent=percent)]
    return [w._("After this move at most {percent}% of what you paid can come back if you cancel later.").format(percent=percent)]
