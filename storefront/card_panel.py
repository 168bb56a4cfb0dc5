"""The saved card of a booking, on its page and on one of its own: see, add, replace, remove (A60-A62, A66, A90-A92, R36)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, redirect, request

from booking.actions.save_card import Consent, remove_card
from booking.cards import Kept, SavedCard, fee_due, held_for, kept_of, needs_card, shown_card
from booking.rules.decision import Refused
from booking.wording.cards import CONSENT, card_text, consent_text
from gateways.stripe import cards as gate
from gateways.stripe.client import usable
from gateways.stripe.errors import Trouble
from models.session import Tx, reading
from storefront import given
from storefront.blueprint import bp, page
from storefront.cookies import browser
from storefront.door import Door, enter
from storefront.presenting import detail


@dataclass(frozen=True, slots=True)
class Panel:
    """`card` in words, or None. `stays` says why it cannot be removed now. `may_add`: add or replace. A closed booking's is only shown."""

    card_id: int | None
    card: str | None
    expired: bool
    consent: str
    may_add: bool
    may_remove: bool
    stays: str | None


def panel(tx: Tx, door: Door, kept: Kept | None = None) -> Panel | None:
    """What there is to say of the booking's card; None where the store takes none now. `kept`: what was read of it already."""
    b, w = door.b, door.words
    kept = kept or kept_of(tx, b.id)
    if not usable(tx, kept.account):
        return None
    card = shown_card(tx, b, by_link=door.by_link, kept=kept)
    others = () if card is None else kept.others if card == kept.card else [n for n in held_for(tx, card.id) if n != b.id]
    why = None if card is None or not b.holding else _why_it_stays(tx, door, card, kept, others)
    stays = w.card_stays(why).format(venue=b.store_name) if why else None
    return Panel(card.id if card else None, card_text(w, card.brand, card.last4, card.exp_month, card.exp_year) if card else None,
                 card is not None and card.expired(tx.now), consent_text(w, b.store_name, fee_due(b), b.currency), b.holding,
                 card is not None and b.holding and stays is None, stays)


def _why_it_stays(tx: Tx, door: Door, card: SavedCard, kept: Kept, others: Sequence[int]) -> dict[str, Any] | None:
    """What `remove_card` would refuse with. A link says of other bookings no more than that there are some."""
    if card == kept.card and fee_due(door.b) > 0:
        return {"needed": "ahead"}
    if door.by_link:
        return {"elsewhere": True} if others else None
    needed = next(filter(None, (needs_card(tx, booking_id, card.id) for booking_id in others)), None)
    return {"needed": needed} if needed else None


@bp.get("/account/bookings/<ref>/card")
@bp.get("/manage/<ref>/card")
def card_page(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        return _show(tx, enter(tx, ref))


@bp.post("/account/bookings/<ref>/card")
@bp.post("/manage/<ref>/card")
def begin_card(ref: str):  # noqa: ANN201
    """On to the page where the card is typed: an address that says nothing of the booking (I45)."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        w, b = door.words, door.b
        text = consent_text(w, b.store_name, fee_due(b), b.currency)
    response = redirect(door.url("card"), 303)
    if not request.form.get("agree"):
        return _again(ref, w._("Please tick the box to agree, then continue."), 422)
    try:
        secret = gate.begin(g.store_id, door.actor, ref, Consent(text, CONSENT, request.remote_addr or ""), browser(response))
    except Refused as refused:
        return _again(ref, w.refusal(refused.code, refused.facts, b.store_name), 409)
    except Trouble:
        return _again(ref, w._("The card service doesn't answer at the moment. Nothing has changed; please try again in a minute."), 503)
    response.headers["Location"] = f"/pay/{secret}"
    return response


@bp.post("/account/bookings/<ref>/card/remove")
@bp.post("/manage/<ref>/card/remove")
def forget_card(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
    try:
        remove_card(g.store_id, door.actor, ref, given.opaque_id(request.form.get("card")))
    except Refused as refused:
        return _again(ref, door.words.refusal(refused.code, refused.facts, door.b.store_name), 409)
    return redirect(door.url(done="card_removed"), 303)


def _again(ref: str, problem: str, status: int):  # noqa: ANN202
    with reading(g.store_id) as tx:
        return _show(tx, enter(tx, ref), problem=problem, status=status)


def _show(tx: Tx, door: Door, *, problem: str | None = None, status: int = 200):  # noqa: ANN202
    return page("card.html", door.store, door.words, person=door.person, door=door, b=detail(door, tx.now), card_panel=panel(tx, door),
                problem=problem), status
