"""Latin letters, numbers and addresses inside pages that run from right to left, and addresses that break (R46)."""

from __future__ import annotations

from booking.actions.services import update_service
from tests.storefront.visitor import link, words
from tests.support.world import MERCHANT, at

ARABIC = {"Accept-Language": "ar"}


def test_what_the_shop_writes_keeps_its_full_stop(world, visitor):
    update_service(world.store_id, MERCHANT, world.service, description="We confirm each request ourselves.")
    visitor.get("/book", headers=ARABIC)
    assert "<bdi>We confirm each request ourselves.</bdi>" in visitor.page


def test_a_masked_number_keeps_its_order(world, visitor):
    b = world.book(at(10, 15))
    visitor.get(link(b), headers=ARABIC)
    assert "\u2066••• 01\u2069" in visitor.page
    visitor.get(link(b))
    assert "••• 01" in words(visitor.page) and "\u2066" not in visitor.page


def test_addresses_break_after_the_at_sign(world, ada):
    world.book(at(10, 15))
    page = ada.get("/account/data").get_data(as_text=True)
    assert "<bdi>ada@<wbr>example.com</bdi>" in page and "<bdi>ada@example.com" not in page
