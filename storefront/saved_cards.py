"""The customer's saved cards, whatever bookings they were saved for: seen, and removed where nothing rests on them (R36, A91)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, redirect, request

from booking.access import SignedIn, StoreView
from booking.actions.save_card import forget_card
from booking.cards import cards_of, held_for, needs_card
from booking.rules.decision import Refused
from booking.wording import Words
from booking.wording.cards import card_text
from models.actor import Actor
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page, words
from storefront.door import require_login


@dataclass(frozen=True, slots=True)
class KeptCard:
    """`stays` says why it cannot be removed now."""

    id: int
    text: str
    expired: bool
    stays: str | None


@bp.get("/account/cards")
def saved_cards():  # noqa: ANN201
    with reading(g.store_id) as tx:
        return _show(tx, *require_login(tx))


@bp.post("/account/cards")
def forget_saved_card():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
    try:
        forget_card(g.store_id, Actor("customer", "account", person.customer_id), person.customer_id, given.opaque_id(request.form.get("card")))
    except Refused as refused:
        if refused.code != "not_found":  # removed in another tab: the list says so
            problem = words(store, person).refusal(refused.code, refused.facts, store.name)
            with reading(g.store_id) as tx:
                return _show(tx, store, person, problem=problem), 409
    return redirect("/account/cards?removed", 303)


def _show(tx: Tx, store: StoreView, person: SignedIn, *, problem: str | None = None) -> str:
    w = words(store, person)
    kept = [KeptCard(card.id, card_text(w, card.brand, card.last4, card.exp_month, card.exp_year), card.expired(tx.now), _stays(tx, card.id, store, w))
            for card in cards_of(tx, person.customer_id)]
    return page("saved_cards.html", store, w, person=person, cards=kept, problem=problem, removed=request.args.get("removed") is not None)


def _stays(tx: Tx, card_id: int, store: StoreView, w: Words) -> str | None:
    needed = next(filter(None, (needs_card(tx, booking_id, card_id) for booking_id in held_for(tx, card_id))), None)
    return w.card_stays({"needed": needed}).format(venue=store.name) if needed else None
