"""The rate limit: waited for, not run into; a refusal with 200 is no answer (I26)."""

from __future__ import annotations

import pytest

from gateways.shopify.admin import THROTTLED_TRIES, Admin
from gateways.shopify.documents import SHOP
from gateways.shopify.pace import Pace
from gateways.shopify.wire import Busy, Drift, Unauthorized, Unreachable
from sandbox.shopify import graph


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def at_the_limit(over):
    """A shop whose small bucket follows the test's clock, and a client that sleeps by it."""
    time, shop = Time(), over.new_shop()
    over.shopify.buckets[shop.domain] = graph.Bucket(60, 10, clock=lambda: time.now)
    token = shop.grant("read_customers")["access_token"]
    admin = Admin(over.settings.shopify_api_base, shop.domain, token, Pace(clock=lambda: time.now, sleep=time.sleep), sleep=time.sleep)
    return admin, time, shop, over


def test_many_calls_use_the_limit_up_without_a_storm(at_the_limit):
    admin, time, shop, over = at_the_limit
    number = 150
    for _ in range(number):
        assert admin.run(SHOP)["shop"]["myshopifyDomain"] == shop.domain
    calls = [call for call in over.shopify.calls if call["shop"] == shop.domain]
    cost = calls[-1]["cost"]
    ceiling = (number * cost - 60) / 10
    assert sum(call["throttled"] for call in calls) <= 2
    assert ceiling / time.now >= 0.9, f"{ceiling / time.now:.2f} of what the limit allows"


def test_a_refusal_inside_a_200_is_waited_out(at_the_limit):
    admin, time, shop, over = at_the_limit
    over.shopify.faults.order("shopify", "throttled", 2)
    assert admin.run(SHOP)["shop"]["myshopifyDomain"] == shop.domain
    assert len(time.slept) == 2


def test_waiting_has_an_end(at_the_limit):
    admin, _, _, over = at_the_limit
    over.shopify.faults.order("shopify", "throttled", THROTTLED_TRIES)
    with pytest.raises(Busy):
        admin.run(SHOP)


@pytest.mark.parametrize(("mode", "error"), [("5xx", Unreachable), ("timeout", Unreachable), ("down", Unreachable)])
def test_no_answer_is_no_answer(at_the_limit, mode, error):
    admin, _, _, over = at_the_limit
    over.shopify.faults.order("shopify", mode, 1)
    with pytest.raises(error):
        admin.run(SHOP)


def test_a_dead_token_is_told_apart(at_the_limit):
    admin, _, shop, _ = at_the_limit
    shop.access.clear()
    with pytest.raises(Unauthorized):
        admin.run(SHOP)


def test_a_document_shopify_no_longer_takes_is_drift(at_the_limit):
    admin, _, _, _ = at_the_limit
    with pytest.raises(Drift):
        admin.run("query Old { shop { nonsense } }")


def test_a_server_that_is_not_there(over):
    with pytest.raises(Unreachable):
        Admin("http://127.0.0.1:9/{shop}", "x.myshopify.com", "t", Pace()).run(SHOP)
