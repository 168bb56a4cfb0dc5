"""The store's account at Stripe through the merchant API: connected, looked at, left (A90, R36)."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import httpx

from booking import keys
from tests.stripe.test_api import call  # noqa: F401  (a fixture)
from tests.support.world import World

PATH = "/payment-account"


def test_connect_finish_at_stripe_look_and_leave(world, bank, call):  # noqa: F811
    status, told = call("GET", PATH)
    assert (status, told["connected"], told["available"], told["charges_enabled"], told["needs"]) == (200, False, True, None, None)
    assert call("POST", f"{PATH}/look", {})[0] == 404
    status, leads = call("POST", f"{PATH}/connect", {})
    assert status == 200 and leads["url"].startswith(f"{bank.url}/stripe/onboarding/")
    back = httpx.post(leads["url"], data={"outcome": "no_bank"}).headers["Location"]
    assert urlsplit(back).path == "/admin/settings/payments" and urlsplit(back).hostname.startswith(f"{world.slug}.")
    status, told = call("POST", f"{PATH}/look", {})
    assert (told["connected"], told["opened_here"], told["charges_enabled"], told["payouts_enabled"]) == (True, True, True, False)
    assert any("external_account" in one for one in [*told["needs"]["due"], *told["needs"]["past_due"]]) and told["looked_at"]
    again = call("POST", f"{PATH}/connect", {})[1]
    assert again["url"] != leads["url"] and len(bank.all("account", "")) == 1, "one account, however often it is begun"
    assert call("DELETE", PATH) == (204, None)
    assert not call("GET", PATH)[1]["connected"]
    assert world.sql("select actor_kind, actor_role from audit_entries where action = 'disconnect_payment_account'") == [("token", None)]


def test_stripe_away_changes_nothing(world, bank, call):  # noqa: F811
    bank.faults.order("stripe", "5xx", 10)
    status, told = call("POST", f"{PATH}/connect", {})
    assert (status, told["code"]) == (503, "unavailable") and not call("GET", PATH)[1]["connected"]


def test_where_no_cards_are_taken(world, paying, call):  # noqa: F811
    keys.configure(replace(paying, stripe_secret_key=None, stripe_publishable_key=None, stripe_webhook_secret=None))
    status, told = call("POST", f"{PATH}/connect", {})
    assert (status, told["code"], told["detail"]) == (409, "not_allowed", "This installation takes no card payments.")
    assert call("GET", PATH)[1]["available"] is False


def test_anothers_account_is_not_seen(world, bank, call, owner_url):  # noqa: F811
    httpx.post(call("POST", f"{PATH}/connect", {})[1]["url"], data={"outcome": "ready"})
    other = World(owner_url)
    assert not call("GET", PATH, shop=other)[1]["connected"] and call("DELETE", PATH, shop=other)[0] == 204
    assert call("GET", PATH)[1]["connected"]
