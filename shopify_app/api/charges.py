"""Fees for missed appointments and late cancellations, and the cards they go to (R22, A91, A155)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from booking.actions.charge_card import charge_card
from booking.cards import SavedCard, card_for, cards_of, fee_due
from booking.rules.decision import Refused
from models.booking_summary import find
from models.customer import Customer
from models.intent import Intent
from models.session import Tx, reading
from shopify_app.api.bookings import known_ref
from shopify_app.api.call import Call
from shopify_app.api.door import number, operation
from shopify_app.api.shapes import payments as s


def _card(card: SavedCard, now: datetime) -> s.CardOut:
    return s.CardOut(id=str(card.id), brand=card.brand, last4=card.last4, exp_month=card.exp_month, exp_year=card.exp_year,
                     expired=card.expired(now), created_at=card.created_at)


def _charge(row: Any) -> s.ChargeOut:
    return s.ChargeOut(id=str(row.id), amount={"amount": row.amount, "currency": row.currency}, reason=row.facts["reason"], state=row.state,
                       error=row.error, created_at=row.created_at)


@operation("GET", "/customers/{id}/cards", summary="The cards a customer keeps here", answer=s.CardsOut)
def list_cards(call: Call, id: str) -> Any:
    with reading(call.store_id) as tx:
        customer_id = number(id)
        if tx.db.execute(select(Customer.id).where(Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.erased_at.is_(None))).first() is None:
            raise Refused("not_found")
        return {"cards": [_card(card, tx.now) for card in cards_of(tx, customer_id)]}


@operation("GET", "/bookings/{ref}/charges", summary="Fees charged for a booking, and what may be charged", answer=s.ChargesOut)
def list_charges(call: Call, ref: str) -> Any:
    with reading(call.store_id) as tx:
        b = find(tx, known_ref(ref))
        if b is None:
            raise Refused("not_found")
        card = card_for(tx, b.id)
        rows = tx.db.execute(select(Intent).where(
            Intent.store_id == tx.store_id, Intent.booking_id == b.id, Intent.kind == "charge").order_by(Intent.created_at, Intent.id)).all()
        return {"card": None if card is None else _card(card, tx.now), "may_charge": 0 if card is None else min(card.most, fee_due(b)),
                "charges": [_charge(row) for row in rows]}


@operation("POST", "/bookings/{ref}/charge", summary="Charge the saved card for a missed or late cancelled booking", body=s.ChargeIn,
           answer=s.ChargeOut, status=201)
def post_charge(call: Call, ref: str) -> Any:
    def show(tx: Tx, done: Any) -> s.ChargeOut:
        return _charge(tx.db.execute(select(Intent).where(Intent.store_id == tx.store_id, Intent.id == done.facts["id"])).one())

    return call.act(charge_card, known_ref(ref), amount=call.body.amount, reason=call.body.reason, show=show)
