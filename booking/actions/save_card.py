"""Saved cards: add, replace, remove (R36, A60-A62, A90-A92, I20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from booking import limits, notices
from booking.actions.action import Done, action
from booking.actions.changing import locked
from booking.actions.intents import OpenIntent, close, find_intent, payer_of, write_intent
from booking.cards import card_for, cards_of, fee_due, held_for, needs_card, rests_on, shown_card
from booking.keys import keyed_hash
from booking.rules.decision import Refused
from models import payment_account
from models.actor import Actor
from models.base import new_id
from models.booking import Booking
from models.booking_summary import BookingSummary, find_by_id
from models.card import Card, CardConsent
from models.session import OutboxItem, Tx

LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Consent:
    """What the customer saw and agreed to, and from where; the address is kept as a keyed hash only."""

    text: str
    version: str
    ip: str


@dataclass(frozen=True, slots=True)
class Method:
    """A payment method as the provider tells it."""

    reference: str
    customer: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str


@action
def begin_card(tx: Tx, ref: str, *, consent: Consent, browser: str) -> Done:
    """Begin saving a card for a booking. `facts`: intent_id, secret of its page, account_id, customer_id, payer (or None)."""
    b = locked(tx, ref)
    account = payment_account.in_use(tx)
    if account is None or not account.takes:
        raise Refused("not_allowed", kind="card")
    if not b.holding:
        raise Refused("closed", state=b.status)
    limits.count(tx, "card", str(b.id), (20, limits.HOUR))
    by_link = tx.actor.kind == "link"
    old = shown_card(tx, b, by_link=by_link)
    intent_id, secret = write_intent(
        tx, "setup", browser=browser, lasts=LASTS, account_id=account.id, customer_id=b.customer_id, booking_id=b.id, card_id=old.id if old else None,
        facts={"text": consent.text, "version": consent.version, "most": fee_due(b), "by_link": by_link,
               "ip": keyed_hash("consent-ip", tx.store_id, consent.ip)})
    tx.audit("begin_card", booking_id=b.id, intent=intent_id)
    return Done(facts={"intent_id": intent_id, "secret": secret, "account_id": account.id, "customer_id": b.customer_id,
                       "payer": payer_of(tx, account.id, b.customer_id)})


@action
def save_card(tx: Tx, intent_id: int, method: Method) -> Done:
    """The provider has the card: it is active now, and the one it replaces is let go (R36). Repeating it changes nothing.

    A booking that was closed meanwhile keeps none (R4): the provider is told to let go of the card at once.
    """
    seen = find_intent(tx, intent_id)
    if seen is None or seen.booking_id is None:
        return Done()
    _lock(tx, seen.booking_id)
    intent = find_intent(tx, intent_id, lock=True)
    b = find_by_id(tx, seen.booking_id)
    assert intent is not None and b is not None
    if intent.state != "open":
        return Done(b)
    card_id = new_id()
    tx.db.execute(insert(Card).values(
        store_id=tx.store_id, id=card_id, customer_id=b.customer_id, account_id=intent.account_id, provider_customer=method.customer,
        provider_ref=method.reference, brand=method.brand, last4=method.last4, exp_month=method.exp_month, exp_year=method.exp_year,
        fingerprint=method.fingerprint, created_at=tx.now))
    if not b.holding:
        end_card(tx, card_id)
        close(tx, intent, "cancelled", error="closed")
        tx.audit("cancelled_intent", subject="intent", subject_id=intent_id, booking_id=b.id, kind="setup", error="closed")
        return Done(b)
    tx.actor = _who(intent)
    moved = [b.id] + ([] if intent.facts["by_link"] or intent.card_id is None else [o for o in rests_on(tx, intent.card_id) if o != b.id])
    for booking_id in moved:
        tx.db.execute(insert(CardConsent).values(
            store_id=tx.store_id, id=new_id(), card_id=card_id, customer_id=b.customer_id, booking_id=booking_id, source="manage_portal",
            text_version=intent.facts["version"], text=intent.facts["text"], most=_most(tx, booking_id, b, intent.facts["most"]),
            fingerprint=method.fingerprint, ip_hash=intent.facts["ip"], at=tx.now))
    replaced = intent.card_id is not None and _may_end(tx, intent.card_id, b, intent.facts["by_link"], set(moved))
    if replaced:
        end_card(tx, intent.card_id)
    close(tx, intent, "succeeded", card_id=card_id)
    tx.audit("save_card", booking_id=b.id, after={"card": str(card_id)}, before={"card": str(intent.card_id)} if intent.card_id else None)
    _tell(tx, "card_saved", b, card_id, replaced=replaced)
    return Done(b, facts={"card_id": card_id})


@action
def remove_card(tx: Tx, ref: str, card_id: int) -> Done:
    """Forget a card, from an open booking. Refused closed (R4), not_found for another's, and as `forget_card`."""
    b = locked(tx, ref)
    if not b.holding:
        raise Refused("closed", state=b.status)
    by_link = tx.actor.kind == "link"
    mine = [card_for(tx, b.id)] if by_link else [card_for(tx, b.id), *cards_of(tx, b.customer_id)]
    if card_id not in {card.id for card in mine if card is not None}:
        raise Refused("not_found")
    held = held_for(tx, card_id)
    _require_free(tx, card_id, [b.id])
    if by_link and set(held) - {b.id}:
        raise Refused("not_allowed", kind="card", elsewhere=True)
    _require_free(tx, card_id, held)
    end_card(tx, card_id)
    tx.audit("remove_card", booking_id=b.id, before={"card": str(card_id)})
    _tell(tx, "card_removed", b, card_id)
    return Done(b)


@action
def forget_card(tx: Tx, customer_id: int, card_id: int) -> Done:
    """Forget a card of the signed-in customer. Refused not_found, and not_allowed with the reason `needed` while a booking ahead needs
    it (it can be replaced there) or a fee may follow."""
    if card_id not in {card.id for card in cards_of(tx, customer_id)}:
        raise Refused("not_found")
    _require_free(tx, card_id, held_for(tx, card_id))
    end_card(tx, card_id)
    tx.audit("remove_card", subject="customer", subject_id=customer_id, before={"card": str(card_id)})
    if (booking_id := _last_of(tx, customer_id, card_id)) is not None:
        b = find_by_id(tx, booking_id)
        assert b is not None, "bookings are never deleted"
        _tell(tx, "card_removed", b, card_id, of_account=True)
    return Done()


def _who(intent: OpenIntent) -> Actor:
    """Who began it (R41): the provider's word, which ends it, comes by a webhook as often as by their page."""
    return Actor("link", "link", intent.booking_id) if intent.facts["by_link"] else Actor("customer", "account", intent.customer_id)


def _tell(tx: Tx, topic: str, b: BookingSummary, card_id: int, **more: Any) -> None:
    """The owner hears of every change of a card, whoever made it (R6)."""
    face = tx.db.execute(select(Card.brand, Card.last4, Card.exp_month, Card.exp_year).where(Card.store_id == tx.store_id, Card.id == card_id)).one()
    notices.tell_customer(tx, topic, b, once=str(card_id), leaving=limits.leaving_from_link(tx, b, must=True), card=face._asdict(), **more)


def _last_of(tx: Tx, customer_id: int, card_id: int) -> int | None:
    """The customer's booking the card was last agreed to for."""
    return tx.db.execute(select(Booking.id).join(
        CardConsent, (CardConsent.store_id == Booking.store_id) & (CardConsent.booking_id == Booking.id)).where(
            Booking.store_id == tx.store_id, Booking.customer_id == customer_id, CardConsent.card_id == card_id,
        ).order_by(CardConsent.at.desc(), CardConsent.id.desc()).limit(1)).scalar()


def _require_free(tx: Tx, card_id: int, bookings: list[int]) -> None:
    for booking_id in bookings:
        if needed := needs_card(tx, booking_id, card_id):
            raise Refused("not_allowed", kind="card", needed=needed)


@action
def forget_detached(tx: Tx, reference: str) -> Done:
    """The provider no longer has this card, by whoever's hand."""
    row = tx.db.execute(select(Card.id).where(Card.store_id == tx.store_id, Card.provider_ref == reference).with_for_update()).one_or_none()
    if row is not None:
        tx.db.execute(update(Card).where(Card.store_id == tx.store_id, Card.id == row.id, Card.ended_at.is_(None)).values(ended_at=tx.now))
        tx.db.execute(update(Card).where(Card.store_id == tx.store_id, Card.id == row.id, Card.detached_at.is_(None)).values(detached_at=tx.now))
    return Done()


def _most(tx: Tx, booking_id: int, b: BookingSummary, most: int) -> int:
    """The fee named for the booking the card was saved for; for others the one they were agreed to before."""
    if booking_id == b.id:
        return most
    before = card_for(tx, booking_id)
    return before.most if before else 0


def _may_end(tx: Tx, old_id: int, b: BookingSummary, by_link: bool, moved: set[int]) -> bool:
    """A link lets go only of what was saved for its own booking; and nothing is let go that a fee may still be charged to."""
    open_ones = set(rests_on(tx, old_id))
    if open_ones - moved or any(needs_card(tx, booking_id, old_id) for booking_id in set(held_for(tx, old_id)) - open_ones):
        return False
    consents = set(tx.db.execute(select(CardConsent.booking_id).where(CardConsent.store_id == tx.store_id, CardConsent.card_id == old_id)).scalars())
    return not by_link or consents == {b.id}


def end_card(tx: Tx, card_id: int) -> None:
    """The card is used no more; the provider is told to let go of it."""
    ended = tx.db.execute(update(Card).where(
        Card.store_id == tx.store_id, Card.id == card_id, Card.ended_at.is_(None)).values(ended_at=tx.now).returning(Card.provider_ref)).scalar()
    if ended is not None:
        tx.outbox(OutboxItem("detach_card", "stripe", str(card_id), f"detach:{card_id}", {"card_id": str(card_id)}))


def _lock(tx: Tx, booking_id: int) -> None:
    tx.db.execute(select(Booking.id).where(Booking.store_id == tx.store_id, Booking.id == booking_id).with_for_update())
