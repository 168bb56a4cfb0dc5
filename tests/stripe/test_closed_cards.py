"""A closed booking's card: only looked at (R4), kept while a fee may follow (A155), and removed in the account after that (R36)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.charge_card import charge_card
from booking.actions.mark_booking import complete_booking, no_show_booking
from booking.cards import chargeable
from models.session import reading
from sync.payments import settle
from tests.storefront.visitor import account, link, words
from tests.stripe.test_cards import begin, book, cards, of, save, secured, visitor  # noqa: F401  (fixtures)
from tests.stripe.till_pages import OTHER, type_card
from tests.support.world import MERCHANT

WITHIN, PAST = timedelta(days=13), timedelta(days=14, minutes=1)


def most(world, b) -> int:
    with reading(world.store_id) as tx:
        return chargeable(tx, world.read(b.ref)).most


def cancelled(world, ref):
    cancel_booking(world.store_id, MERCHANT, ref)


def missed(world, ref):
    no_show_booking(world.store_id, MERCHANT, ref, override=True)


def completed(world, ref):
    complete_booking(world.store_id, MERCHANT, ref)


@pytest.mark.parametrize("door", [link, account])
@pytest.mark.parametrize("close", [cancelled, missed, completed])
def test_no_form_and_no_way_to_change_it(world, till, visitor, secured, door, close):  # noqa: F811
    """R4: any POST is refused, also of a page opened before."""
    b = book(world, secured)
    visitor.sign_in()
    save(visitor, till, door(b, "card") if door is account else link(b, panel="payment"))
    card = of(world, b).id
    close(world, b.ref)
    visitor.get(door(b))
    assert "Visa ending in 4242" in words(visitor.page) and "Remove this card" not in visitor.page and "Replace the card" not in visitor.page
    for part, form in (("card", {"agree": "yes"}), ("card/remove", {"card": str(card)}), ("waitlist/leave", {})):
        visitor.post(door(b, part), 409, **form)
        assert "is closed" in words(visitor.page)
    assert cards(world) == [("visa", "4242", False, False)]


def test_a_missed_visits_fee_outlives_every_way_to_drop_its_card(world, till, visitor, secured):  # noqa: F811
    """Removed or replaced through another booking or the account, the card still stands for the fee."""
    b, free = book(world, secured), book(world, day=12)
    visitor.sign_in()
    save(visitor, till, account(b, "card"))
    card = of(world, b).id
    missed(world, b.ref)
    assert most(world, b) == 2500
    visitor.get(account(free))
    assert "Harbor Massage may still charge a fee to this card" in words(visitor.page) and "Remove this card" not in visitor.page
    visitor.post(account(free, "card/remove"), 409, card=str(card))
    visitor.get("/account/cards")
    assert "may still charge a fee" in words(visitor.page) and "Remove this card" not in visitor.page
    visitor.post("/account/cards", 409, card=str(card))
    save(visitor, till, account(free, "card"), OTHER)
    assert [row[2] for row in cards(world)] == [False, False] and most(world, b) == 2500
    charge_card(world.store_id, MERCHANT, b.ref, amount=2500, reason="no_show")
    settle(world.store_id)
    assert world.read(b.ref).paid == 2500
    visitor.get("/account/cards")
    visitor.post("/account/cards", card=str(card))
    assert [row[2] for row in cards(world)] == [True, False]


@pytest.mark.parametrize(("later", "status"), [(WITHIN, 409), (PAST, 303)])
def test_the_shop_has_a_fortnight_to_decide(world, till, visitor, secured, later, status):  # noqa: F811
    b = book(world, secured)
    visitor.sign_in()
    save(visitor, till, account(b, "card"))
    missed(world, b.ref)
    world.set_clock(world.now + later)
    visitor.get("/account/cards")
    visitor.post("/account/cards", status, card=str(of(world, b).id))
    assert cards(world)[0][2] is (status == 303)


def test_a_link_says_nothing_of_the_other_booking(world, till, visitor, secured):  # noqa: F811
    """A97: that its card is held elsewhere, not why."""
    b, other = book(world), book(world, secured, 12)
    visitor.sign_in()
    save(visitor, till, account(other, "card"))
    save(visitor, till, account(b, "card"), OTHER)
    card = of(world, b).id
    assert of(world, other).id == card
    missed(world, other.ref)
    visitor.get(link(b))
    assert "kept for another booking too" in words(visitor.page) and "fee to this card" not in words(visitor.page)
    visitor.post(link(b, "card/remove"), 409, card=str(card))
    assert "kept for another booking too" in words(visitor.page)


def test_a_card_form_opened_before_saves_nothing(world, till, visitor, bank, secured):  # noqa: F811
    b = book(world, secured)
    to = begin(visitor, link(b, panel="payment"))
    type_card(till, visitor.page)
    cancelled(world, b.ref)
    visitor.send(f"{to}/done")
    visitor.get(to)
    assert "Nothing was paid and nothing was saved." in words(visitor.page)
    settle(world.store_id)
    assert of(world, b) is None and world.sql("select 1 from card_consents") == [] and cards(world) == [("visa", "4242", True, True)]
    assert [made["customer"] for made in bank.all("payment_method")] == [None] and world.sql("select state, error from intents") == [("cancelled", "closed")]


def test_the_profile_leads_to_the_cards_there_are(world, till, visitor, secured):  # noqa: F811
    b = book(world)
    visitor.sign_in()
    visitor.get("/account/profile")
    assert "/account/cards" not in visitor.page
    save(visitor, till, account(b, "card"))
    visitor.get("/account/profile")
    assert "/account/cards" in visitor.page
    visitor.get("/account/cards")
    visitor.post("/account/cards", card="1")
    assert cards(world)[0][2] is False, "another's, or none"
    visitor.get("/account/cards")
    visitor.send("/account/cards", card=str(of(world, b).id))
    visitor.get("/account/cards?removed")
    assert "Your card is removed" in words(visitor.page) and "No card is saved." in words(visitor.page)
