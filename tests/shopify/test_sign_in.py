"""Signing in with Shopify on the portal: PKCE, one browser, one shop, tokens that prove it; and whose bookings one sees then (R9, R7)."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask

from app import create_app
from booking import keys
from gateways.shopify import accounts as gateway
from models.session import database, use
from sandbox.shopify.seed import SCOPES
from tests.shopify.conftest import Connected
from tests.storefront.visitor import Visitor, words
from tests.support.world import NOW, at, set_clock

ADA = {"firstName": "Ada", "lastName": "Archer", "email": "ada@example.com", "verifiedEmail": True}


@pytest.fixture(scope="module")
def app(over, db) -> Flask:
    over.settings = replace(over.settings, shopify_accounts_base=over.shopify.base + "/shopify/accounts/{host}", sandbox_url=over.shopify.base)
    app = create_app(over.settings)
    yield app
    database().engine.dispose()
    use(db)
    keys.configure(over.settings)


@pytest.fixture
def store(over, app, owner_url) -> Connected:
    set_clock(owner_url, NOW)
    gateway._known.clear()
    found = Connected(over, owner_url)
    found.write("update shopify_installs set accounts = 'new', storefront_host = %s, scopes = %s", found.shop.domain, SCOPES)
    return found


@pytest.fixture
def ada(store) -> str:
    return store.shop.add_customer(**ADA)["id"]


class Caller(Visitor):
    """A browser that goes to Shopify and back."""

    def ask(self, **query) -> str:
        """The address of Shopify's question."""
        return self.get("/account/login/shopify", 303, query_string=query).headers["Location"]

    def answer(self, question: str, customer: str, fault: str = "", do: str = "") -> str:
        """Answer at Shopify; the address at the callback that the browser is sent to."""
        answered = httpx.post(question, data={"customer": customer, "fault": fault, "do": do})
        return answered.headers["Location"]

    def back(self, callback: str) -> str:
        """Through the callback on the app's host: the path at the store it leads to."""
        parts = urlsplit(callback)
        answer = self.client.get(f"{parts.path}?{parts.query}", base_url="http://app.localhost")
        assert answer.status_code == 303 and answer.headers["Location"].startswith(self.origin + "/account/login/shopify/return?"), answer.text
        return answer.headers["Location"].removeprefix(self.origin)

    def enter(self, customer: str, status: int = 303, fault: str = "", **query):
        self.get(self.back(self.answer(self.ask(**query), customer, fault)))
        return self.send("/account/login/shopify/return", status)


@pytest.fixture
def caller(app, store) -> Caller:
    return Caller(app, store)


def logins(store) -> int:
    return store.sql("select count(*) from customer_logins")[0][0]


def test_a_linked_customer_comes_in_and_goes_on_where_they_wanted(caller, store, ada, over):
    b = store.book(at(10, 15), email="ada@example.com")
    store.write("update customers set shopify_id = %s where id = %s", ada, b.customer_id)
    caller.get("/account/login?next=/account/profile")
    assert 'href="/account/login/shopify?next=/account/profile"' in caller.page and "Sign in with Shopify" in words(caller.page)
    question = caller.ask(next="/account/profile")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(question).query).items()}
    assert asked["scope"] == "openid email customer-account-api:full" and asked["code_challenge_method"] == "S256" and asked["response_type"] == "code"
    assert asked["redirect_uri"] == "http://app.localhost/app/customers/callback" and len(asked["nonce"]) >= 24
    back = caller.back(caller.answer(question, ada))
    assert logins(store) == 0
    caller.get(back)
    assert logins(store) == 0 and "Continue to your bookings" in words(caller.page)  # no GET signs anyone in
    assert caller.send("/account/login/shopify/return").headers["Location"] == "/account/profile"
    caller.get("/account/profile")
    assert f'href="https://{store.shop.domain}/account">It is changed in your Shopify account.' in caller.page, "R38"
    caller.get("/account")
    assert b.ref in caller.page
    told = over.shopify.accounts.asked[-1]
    assert told["basic"] and told["origin"] == "http://app.localhost" and told["grant_type"] == "authorization_code" and len(told["code_verifier"]) >= 43
    [(actor, channel, facts)] = store.sql("select actor_kind, channel, facts->>'via' from audit_entries where action = 'sign_in'")
    assert (actor, channel, facts) == ("customer", "account", "shopify")


def test_both_sides_have_verified_the_address(caller, store, ada):
    b = store.book(at(10, 15), email="ada@example.com")
    store.write("update customers set email_verified_at = opencals_now() where id = %s", b.customer_id)
    caller.enter(ada)
    caller.get("/account")
    assert b.ref in caller.page
    assert store.sql("select shopify_id from customers where id = %s", b.customer_id) == [(ada,)]
    assert store.sql("select count(*) from customers") == [(1,)]


@pytest.mark.parametrize(("fault", "here"), [("unverified", True), ("", False), ("other address", True)])
def test_an_address_one_side_has_not_verified_shows_nobody_elses_bookings(caller, store, ada, fault, here):
    """The address is unproven at Shopify, or was never proven here, or is not the one of the token."""
    b = store.book(at(10, 15), email="ada@example.com")
    if here:
        store.write("update customers set email_verified_at = opencals_now() where id = %s", b.customer_id)
    caller.enter(ada, fault=fault)
    caller.get("/account")
    assert b.ref not in caller.page and "no upcoming bookings" in words(caller.page)
    assert store.sql("select shopify_id from customers where id = %s", b.customer_id) == [(None,)]


def test_an_address_joined_to_another_shopify_account_is_a_case_for_the_merchant(caller, store, ada):
    b = store.book(at(10, 15), email="ada@example.com")
    store.write("update customers set email_verified_at = opencals_now(), shopify_id = 'gid://shopify/Customer/4' where id = %s", b.customer_id)
    caller.enter(ada, 409)
    assert "could not be matched" in words(caller.page) and b.ref not in caller.page and logins(store) == 0
    assert store.sql("select kind, customer_id, facts->>'reason' from shopify_tasks") == [("link_conflict", b.customer_id, "linked_to_another")]
    assert store.sql("select allowed, facts->>'why' from audit_entries where action = 'sign_in'") == [(False, "linked_to_another")]
    assert store.sql("select shopify_id from customers") == [("gid://shopify/Customer/4",)]


def test_someone_erased_does_not_come_back_by_this_door(caller, store, ada):
    from booking.shopify.gone import remember_erased
    from models.actor import SYSTEM
    from models.session import transaction

    with transaction(store.store_id, SYSTEM) as tx:
        remember_erased(tx, ada)
    caller.enter(ada, 409)
    assert logins(store) == 0 and store.sql("select count(*) from customers") == [(0,)]


@pytest.mark.parametrize("fault", ["nonce", "aud", "iss", "expired", "alg none", "hs256", "other key", "no customer", "other customer"])
def test_what_proves_nobody_opens_nothing(caller, store, ada, fault):
    store.shop.add_customer(firstName="Bea", email="bea@example.com", verifiedEmail=True)
    caller.enter(ada, 400, fault)
    assert "did not work" in words(caller.page) and logins(store) == 0 and store.sql("select count(*) from customers") == [(0,)]


def test_an_altered_state_leads_nowhere(caller, app, ada):
    callback = caller.answer(caller.ask(), ada, "state")
    answer = caller.client.get(callback, base_url="http://app.localhost")
    assert answer.status_code == 400 and "Location" not in answer.headers


def test_another_browser_cannot_finish_what_this_one_began(caller, app, store, ada):
    back = caller.back(caller.answer(caller.ask(), ada))
    caller.get(back)
    form = re.findall(r'name="(state|code)" value="([^"]*)"', caller.page)
    other = Caller(app, store)
    other.get(back, 400)
    other.post("/account/login/shopify/return", 400, **dict(form))
    other.ask()
    other.get(back, 400)
    other.get("/account/login")
    other.post("/account/login/shopify/return", 400, **dict(form))
    assert logins(store) == 0


def test_a_code_is_good_for_one_sign_in(caller, app, store, ada, over):
    question = caller.ask()
    callback = caller.answer(question, ada)
    caller.get(caller.back(callback))
    page = caller.page
    cookie = caller.client.get_cookie("shopify-attempt", domain=f"{store.slug}.localhost").value
    caller.send("/account/login/shopify/return")
    # A second press of the same button: this browser is in already.
    caller.page = page
    assert caller.send("/account/login/shopify/return").headers["Location"] == "/account"
    # All of it stolen and sent again: the provider gives nothing for a used code.
    thief = Caller(app, store)
    thief.client.set_cookie("shopify-attempt", cookie, domain=f"{store.slug}.localhost")
    thief.get(caller.back(callback))
    thief.send("/account/login/shopify/return", 400)
    assert logins(store) == 1


def test_the_attempt_of_one_shop_is_of_no_use_at_another(app, over, owner_url, store, ada):
    other = Connected(over, owner_url)
    other.write("update shopify_installs set accounts = 'new', storefront_host = %s, scopes = %s", other.shop.domain, SCOPES)
    here, there = Caller(app, store), Caller(app, other)
    path = here.back(here.answer(here.ask(), ada))
    there.ask()
    cookie = here.client.get_cookie("shopify-attempt", domain=f"{store.slug}.localhost").value
    there.client.set_cookie("shopify-attempt", cookie, domain=f"{other.slug}.localhost")
    there.get(path, 400)
    assert logins(other) == 0


def test_the_issuer_has_to_be_this_shops(caller, store, over, ada):
    """A storefront that names another shop's provider is not believed."""
    store.write("update shopify_installs set shop_gid = 'gid://shopify/Shop/1'")
    caller.get("/account/login/shopify", 503)
    assert "does not answer" in words(caller.page)


@pytest.mark.parametrize("change", ["accounts = 'classic'", "accounts = 'unknown'", "state = 'reconnect'", "storefront_host = null", "scopes = 'read_customers'"])
def test_it_is_offered_only_where_it_works(caller, store, change):
    store.write(f"update shopify_installs set {change}")
    caller.get("/account/login")
    assert "Shopify" not in words(caller.page)
    caller.get("/account/login/shopify", 404)
    caller.get("/account/login/shopify/return?code=c&state=s", 404)


def test_shopify_away_is_said_and_the_code_still_works(caller, store, over, ada):
    over.shopify.faults.order("shopify", "down", 1)
    caller.get("/account/login/shopify", 503)
    assert "does not answer" in words(caller.page) and "Send the code" in words(caller.page)
    over.shopify.faults.order("shopify", "down", 0)
    caller.get(caller.back(caller.answer(caller.ask(), ada)))
    over.shopify.faults.order("shopify", "down", 1)
    caller.send("/account/login/shopify/return", 503)
    over.shopify.faults.order("shopify", "down", 0)
    assert logins(store) == 0


def test_cancelled_at_shopify(caller, ada):
    caller.get(caller.back(caller.answer(caller.ask(), ada, do="cancel")))
    assert "was cancelled" in words(caller.page)


def test_signing_out_here_and_there(caller, store, ada):
    caller.enter(ada)
    [(sealed,)] = store.sql("select shopify_hint from customer_logins")
    assert sealed and not sealed.startswith("ey")
    caller.get("/account")
    caller.post("/account/logout", 200)
    assert store.sql("select ended_at is not null, shopify_hint from customer_logins") == [(True, None)]
    farewell = re.search(r'href="(http[^"]*logout[^"]*)"', caller.page)[1].replace("&amp;", "&")
    asked = parse_qs(urlsplit(farewell).query)
    assert asked["post_logout_redirect_uri"] == ["http://app.localhost/app/customers/signed-out"] and asked["id_token_hint"][0].startswith("ey")
    over_there = urlsplit(httpx.get(farewell).headers["Location"])
    end = caller.client.get(f"{over_there.path}?{over_there.query}", base_url="http://app.localhost")
    assert end.headers["Location"] == f"{caller.origin}/account/login"
    caller.get("/account", 303)
    bare = caller.client.get("/app/customers/signed-out", base_url="http://app.localhost")
    assert bare.status_code == 200 and "You are signed out" in bare.text


def test_who_came_with_a_code_signs_out_as_ever(caller, store):
    caller.sign_in()
    caller.get("/account")
    assert caller.post("/account/logout").headers["Location"] == "/account/login"


def test_the_secret_goes_to_shopifys_own_hosts_only(monkeypatch):
    """A merchant's host is asked as a public client."""
    sent = []

    def answer(method, url, **more):
        sent.append((url, more.get("auth")))
        raise gateway.SignInRefused("enough")

    monkeypatch.setattr(gateway, "_ask", answer)
    for token, auth in (("https://shopify.com/authentication/5/oauth/token", ("id", "secret")), ("https://x.myshopify.com/token", ("id", "secret")),
                        ("https://account.evil.example/token", None), ("https://shopify.com.evil.example/token", None), ("https://evilshopify.com/t", None)):
        found = gateway.Accounts("id", "secret", "https://{host}", "www.evil.example", 5, "https://app.example")
        gateway._known["www.evil.example", 5] = (float("inf"), gateway.Provider("i", "a", token, "j", "g", None))
        with pytest.raises(gateway.SignInRefused):
            found.prove("code", gateway.Attempt.new())
        assert sent.pop() == (token, auth)
    gateway._known.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1"])
def test_no_private_host_is_asked(over, app, host):
    from gateways.shopify.wire import Unreachable

    with pytest.raises(Unreachable):
        gateway.Accounts("id", "secret", "https://{host}", host, 5, "https://app.example").provider()
