"""Cards and fees in the merchant API (A91, A155)."""

from __future__ import annotations

import pytest

from booking.actions.mark_booking import no_show_booking
from booking.actions.tokens import create_token
from models.actor import SYSTEM
from sync.payments import settle
from tests.storefront.visitor import link
from tests.stripe.test_cards import book, save, secured, visitor  # noqa: F401  (fixtures)
from tests.support.world import MERCHANT, World


@pytest.fixture
def call(app, world):  # noqa: F811
    """`call(method, path, json=None, world=...)`: (status, body)."""
    client = app.test_client()
    tokens: dict[int, str] = {}

    def asked(method: str, path: str, body=None, *, shop: World = world, **headers):
        token = tokens.setdefault(shop.store_id, create_token(shop.store_id, SYSTEM, "t").facts["token"])
        answer = client.open(f"/api/merchant/v1{path}", method=method, json=body, headers={"Authorization": f"Bearer {token}"} | headers)
        return answer.status_code, answer.json

    return asked


def test_a_missed_booking_is_charged_and_seen(world, till, visitor, call, secured, owner_url):  # noqa: F811
    b = book(world, secured)
    save(visitor, till, link(b, panel="payment"))
    status, shown = call("GET", f"/bookings/{b.ref}/charges")
    assert (status, shown["may_charge"], shown["charges"], shown["card"]["last4"]) == (200, 2500, [], "4242")
    status, refused = call("POST", f"/bookings/{b.ref}/charge", {"amount": 2500, "reason": "no_show"})
    assert (status, refused["code"], refused["missing"]) == (409, "not_allowed", "state")
    no_show_booking(world.store_id, MERCHANT, b.ref, override=True)
    once = {"Idempotency-Key": "k1"}
    answers = [call("POST", f"/bookings/{b.ref}/charge", {"amount": 2500, "reason": "no_show"}, **once) for _ in range(2)]
    assert answers[0] == answers[1] and answers[0][0] == 201 and answers[0][1]["state"] == "open"
    settle(world.store_id)
    status, shown = call("GET", f"/bookings/{b.ref}/charges")
    assert [(c["state"], c["amount"]["amount"], c["reason"]) for c in shown["charges"]] == [("succeeded", 2500, "no_show")]
    told = call("POST", f"/bookings/{b.ref}/charge", {"amount": 1, "reason": "no_show"})[1]
    assert told["missing"] == "rule" and told["detail"].startswith("By the policy there is nothing to charge")
    other = World(owner_url)
    assert call("GET", f"/bookings/{b.ref}/charges", shop=other)[0] == 404
    assert call("POST", f"/bookings/{b.ref}/charge", {"amount": 1, "reason": "no_show"}, shop=other)[0] == 404
    assert call("GET", f"/customers/{b.customer_id}/cards", shop=other)[0] == 404


def test_the_shop_sees_brand_and_last_four_and_nothing_more(world, till, visitor, call):  # noqa: F811
    b = book(world)
    save(visitor, till, link(b, panel="payment"))
    status, body = call("GET", f"/customers/{b.customer_id}/cards")
    assert status == 200 and set(body["cards"][0]) == {"id", "brand", "last4", "exp_month", "exp_year", "expired", "created_at"}
    assert (body["cards"][0]["brand"], body["cards"][0]["last4"]) == ("visa", "4242")


@pytest.mark.parametrize("body", [{}, {"amount": 0, "reason": "no_show"}, {"amount": 1, "reason": "rude"}, {"amount": "1", "reason": "no_show"}])
def test_wrong_fields_are_named(world, till, call, body):
    b = book(world)
    assert call("POST", f"/bookings/{b.ref}/charge", body)[0] == 422
