"""Pages of stores that take cards cost no more statements than those of others (what to reach: at most four for list and link page)."""

from __future__ import annotations

from bench.pages import counted
from tests.storefront.visitor import Visitor, link, words
from tests.stripe.test_cards import save
from tests.support.world import at

MOST = 4


def statements(visitor: Visitor, path: str) -> int:
    visitor.get(path)
    with counted() as seen:
        visitor.get(path)
    return len(seen)


def test_list_and_link_page_keep_to_their_statements(made_app, world, till):
    secured = world.add_service("Secured", deposit=2500)
    plain, guaranteed = world.book(at(10, 15)), world.book(at(11, 15), service=secured, staff=world.elena)
    visitor = Visitor(made_app, world)
    assert statements(visitor, link(plain)) <= MOST and "Continue to the card form" in visitor.page
    save(visitor, till, link(guaranteed, panel="payment"))
    assert statements(Visitor(made_app, world), link(guaranteed)) <= MOST
    visitor.get(link(guaranteed))
    assert "Visa ending in 4242" in words(visitor.page) and "can't be removed now" in words(visitor.page)
    visitor.sign_in()
    assert statements(visitor, "/account") <= MOST
    assert statements(visitor, f"/account/bookings/{guaranteed.ref}") <= MOST + 1
