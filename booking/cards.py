"""Saved cards as pages, actions and the shop read them (R36, I20)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import and_, exists, func, or_, select, text
from sqlalchemy.orm import aliased

from booking import facts
from booking.rules import terms
from booking.rules.charge import FEE_MAY_FOLLOW, card_expired, due_fee
from booking.rules.refund import RefundQuote
from models.booking import Booking
from models.booking_summary import BookingSummary, find_by_id
from models.card import Card, CardConsent
from models.intent import Intent
from models.payment_account import PaymentAccount
from models.session import Tx
from models.statement import NOW, Statement, param


class SavedCard(NamedTuple):
    """What is shown of a card. `most`: the largest fee agreed to for the booking it was asked about, 0 where it was not."""

    id: int
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    created_at: datetime
    most: int = 0

    def expired(self, now: datetime) -> bool:
        return card_expired(self.exp_year, self.exp_month, now)


_FACE = (Card.id, Card.brand, Card.last4, Card.exp_month, Card.exp_year, Card.created_at)


def card_for(tx: Tx, booking_id: int) -> SavedCard | None:
    """The card a booking rests on: the last one agreed to for it that is still kept."""
    row = tx.db.execute(select(*_FACE, CardConsent.most).join(
        CardConsent, and_(CardConsent.store_id == Card.store_id, CardConsent.card_id == Card.id)).where(
            Card.store_id == tx.store_id, Card.ended_at.is_(None), CardConsent.booking_id == booking_id,
        ).order_by(CardConsent.at.desc(), CardConsent.id.desc()).limit(1)).one_or_none()
    return None if row is None else SavedCard(*row)


class Kept(NamedTuple):
    """What a booking's page needs of payments: the store's account in sealed form where it takes money now, the card the booking rests
    on, and the other bookings that card is held for."""

    account: str | None
    card: SavedCard | None
    others: tuple[int, ...]


OPEN = Booking.closed_at.is_(None)
_FEE_MAY_FOLLOW = and_(Booking.closed_at > NOW - FEE_MAY_FOLLOW, or_(
    Booking.status == "no_show", and_(Booking.status == "cancelled", Booking.cancelled_by == "customer")))
HELD = or_(OPEN, _FEE_MAY_FOLLOW)
"""Bookings that hold a card: open ones, and those closed lately for which the shop may still charge a fee (A155)."""


def _kept() -> Any:
    """One JSON value of a booking, `{account, card}`, so that other statements can bring it along."""
    others = select(func.coalesce(func.jsonb_agg(Booking.id.distinct()), text("'[]'::jsonb"))).select_from(Booking).join(
        CardConsent, and_(CardConsent.store_id == Booking.store_id, CardConsent.booking_id == Booking.id)).where(
            Booking.store_id == Card.store_id, HELD, CardConsent.card_id == Card.id,
            Booking.id != param("booking")).correlate(Card).scalar_subquery()
    agreed = aliased(CardConsent)
    card = select(func.jsonb_build_array(*_FACE, agreed.most, others)).select_from(Card).join(
        agreed, and_(agreed.store_id == Card.store_id, agreed.card_id == Card.id)).where(
            Card.store_id == param("store"), Card.ended_at.is_(None), agreed.booking_id == param("booking"),
        ).order_by(agreed.at.desc(), agreed.id.desc()).limit(1).scalar_subquery()
    account = select(PaymentAccount.account_sealed).where(
        PaymentAccount.store_id == param("store"), PaymentAccount.ended_at.is_(None), PaymentAccount.charges_enabled).scalar_subquery()
    return func.jsonb_build_object("account", account, "card", card)


KEPT = _kept()
_KEPT_ALONE = Statement(select(KEPT))


def read_kept(body: dict[str, Any]) -> Kept:
    if body["card"] is None:
        return Kept(body["account"], None, ())
    *face, made, most, others = body["card"]
    return Kept(body["account"], SavedCard(*face, datetime.fromisoformat(made), most), tuple(others))


def kept_of(tx: Tx, booking_id: int) -> Kept:
    return read_kept(_KEPT_ALONE.first(tx, booking=booking_id)[0])


def cards_of(tx: Tx, customer_id: int) -> list[SavedCard]:
    """A customer's kept cards, newest first; those agreed to for guest bookings that came into the account are among them."""
    theirs = exists().where(
        CardConsent.store_id == Card.store_id, CardConsent.card_id == Card.id, Booking.store_id == CardConsent.store_id,
        Booking.id == CardConsent.booking_id, Booking.customer_id == customer_id)
    rows = tx.db.execute(select(*_FACE).where(
        Card.store_id == tx.store_id, Card.ended_at.is_(None), or_(Card.customer_id == customer_id, theirs),
    ).order_by(Card.created_at.desc(), Card.id)).all()
    return [SavedCard(*row) for row in rows]


def shown_card(tx: Tx, b: BookingSummary, *, by_link: bool, kept: Kept | None = None) -> SavedCard | None:
    """The booking's card; of an open one in the account also the customer's newest, since the account is theirs. A link shows its
    booking's only."""
    card = card_for(tx, b.id) if kept is None else kept.card
    if card is None and not by_link and b.holding:
        card = next(iter(cards_of(tx, b.customer_id)), None)
    return card


def fee_due(b: BookingSummary) -> int:
    """What the shop could charge for this booking by its rule today."""
    return due_fee(deposit=b.service_deposit, fee=facts.fee(b), seats=b.seats, kept=b.paid - b.refunded - b.owed, currency=b.currency)


class Chargeable(NamedTuple):
    """What the shop may charge to a booking's card now: at most `most` minor units, for `reason` (no_show, late_cancel).
    `missing` says why nothing: state, card, consent, expired or rule."""

    reason: str | None
    card: SavedCard | None
    most: int
    missing: str | None


def chargeable(tx: Tx, b: BookingSummary) -> Chargeable:
    late = b.status == "cancelled" and b.cancelled_by == "customer" and is_late(b, b.closed_at or tx.now)
    reason = "no_show" if b.status == "no_show" else "late_cancel" if late else None
    card = card_for(tx, b.id)
    missing = "state" if reason is None else "card" if card is None else "consent" if not card.most else "expired" if card.expired(tx.now) else None
    if card is None or missing is not None:
        return Chargeable(reason, card, 0, missing)
    on_its_way = tx.db.execute(select(func.coalesce(func.sum(Intent.amount), 0)).where(
        Intent.store_id == tx.store_id, Intent.booking_id == b.id, Intent.kind == "charge", Intent.state == "open")).scalar_one()
    most = min(fee_due(b), card.most) - int(on_its_way)
    return Chargeable(reason, card, max(0, most), None if most > 0 else "rule")


class Consent(NamedTuple):
    """What the customer agreed to for a booking, word for word."""

    text: str
    at: datetime


def consent_for(tx: Tx, booking_id: int, card_id: int) -> Consent:
    return Consent(*tx.db.execute(select(CardConsent.text, CardConsent.at).where(
        CardConsent.store_id == tx.store_id, CardConsent.booking_id == booking_id, CardConsent.card_id == card_id)).one())


def fee_after(tx: Tx, b: BookingSummary, quote: RefundQuote) -> int:
    """What the shop may charge to the booking's card if it is cancelled with this outcome: 0 without late hour, consent or good card.
    As `chargeable` will say then: money that seats left before have left with the shop counts too."""
    return fee_on(card_for(tx, b.id), b, tx.now, b.paid - b.refunded - b.owed - quote.cash)


def fee_on(card: SavedCard | None, b: BookingSummary, now: datetime, kept: int) -> int:
    """The same to this card, of a booking as it is or would be, where the shop keeps so much of what was paid."""
    if card is None or card.expired(now) or not is_late(b, now):
        return 0
    return min(card.most, due_fee(deposit=b.service_deposit, fee=facts.fee(b), seats=b.seats, kept=kept, currency=b.currency))


def is_late(b: BookingSummary, when: datetime) -> bool:
    """Whether a cancellation at that instant no longer gives everything back, paid or not: by the policy, or since it was late already
    when the customer moved it (R33). A request that was never approved has no terms (R29)."""
    marked = facts.sticky(b)
    return not b.never_approved and (marked is not None and marked.share < 1 or terms.terms_now(
        facts.policies(b), b.starts_at, b.zone, when, max(b.paid, b.service_deposit, 1)).share < 1)


def rests_on(tx: Tx, card_id: int) -> list[int]:
    """Open bookings a card was agreed to for, ascending."""
    return _agreed_for(tx, card_id, OPEN)


def held_for(tx: Tx, card_id: int) -> list[int]:
    """The bookings a card is held for, ascending."""
    return _agreed_for(tx, card_id, HELD)


def needs_card(tx: Tx, booking_id: int, card_id: int) -> Literal["ahead", "fee"] | None:
    """Why a booking needs this card, if it does: it lies ahead, and its rule knows a fee that what was paid does not cover; or it is
    over, and the shop may charge a fee for it."""
    b, card = find_by_id(tx, booking_id), card_for(tx, booking_id)
    if b is None or card is None or card.id != card_id:
        return None
    if b.holding:
        return "ahead" if fee_due(b) > 0 else None
    return "fee" if chargeable(tx, b).most > 0 else None


def _agreed_for(tx: Tx, card_id: int, which: Any) -> list[int]:
    return list(tx.db.execute(select(Booking.id).join(
        CardConsent, and_(CardConsent.store_id == Booking.store_id, CardConsent.booking_id == Booking.id)).where(
            Booking.store_id == tx.store_id, which, CardConsent.card_id == card_id).order_by(Booking.id)).scalars())
