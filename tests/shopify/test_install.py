"""A shop comes, gives tokens, leaves, comes back; late words about earlier installations change nothing (I62, I64, R23, R45)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from flask import Flask

from app import create_app
from booking import keys
from models.session import database, use
from sandbox.shopify.seed import SCOPES
from sandbox.shopify.staff import OWNER
from tests.shopify.delivering import deliver
from tests.shopify.tokens import KEY, SECRET, admin_claims, customer_claims, signed
from tests.shopify.world import Connected
from tests.support.world import NOW, MERCHANT, set_clock


@pytest.fixture(scope="module")
def app(over, db) -> Flask:
    """The web application with our Shopify; it shares the module's database."""
    app = create_app(over.settings)
    yield app
    database().engine.dispose()
    use(db)
    keys.configure(over.settings)


@pytest.fixture
def fresh(over, owner_url):
    """A shop that has never seen the app."""
    set_clock(owner_url, NOW)
    over.shopify.now = lambda: NOW
    return over.new_shop(name="Fresh Studio", zone="Europe/Berlin", currency="EUR")


def of(shop, **other) -> str:
    return signed(admin_claims(iss=f"https://{shop.domain}/admin", dest=f"https://{shop.domain}", sub=OWNER) | other)


def open_app(app, shop, token=None):
    return app.test_client().post("/app/session", headers={"Authorization": f"Bearer {token or of(shop)}"})


def api(app, shop, path="/api/merchant/v1/shopify", method="GET", **more):
    return app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {of(shop)}"}, **more)


def read(store_id: int, statement: str):
    with database().reading(store_id) as tx:
        return tx.db.exec_driver_sql(statement).all()


def test_the_first_opening_makes_a_store(app, fresh):
    answer = open_app(app, fresh)
    assert answer.status_code == 200
    store_id = int(answer.json["store"])
    [row] = read(store_id, "select kind, name, zone, currency, shopify_domain, policy->'cancel'->>'refund_mode' from stores")
    assert row == ("shopify", "Fresh Studio", "Europe/Berlin", "EUR", fresh.domain, "manual")
    assert read(store_id, "select kind, subject from shopify_due") == [("import", "customers")]
    assert read(store_id, "select email, role from users") == [("shop@example.com", "owner")]
    home = api(app, fresh).json
    assert home["connection"]["state"] == "installed" and home["first_import"]["state"] == "none" and home["on_cancel"] == "tag_note"


def test_tokens_are_sealed_and_tied_to_their_place(app, fresh):
    store_id = int(open_app(app, fresh).json["store"])
    [(access, refresh)] = read(store_id, "select access_token, refresh_token from shopify_installs")
    real = list(fresh.access) + list(fresh.refresh)
    assert not any(token in access + refresh for token in real)


def test_opening_again_exchanges_nothing(app, fresh):
    open_app(app, fresh)
    before = dict(fresh.access)
    assert open_app(app, fresh).status_code == 200 and fresh.access == before


def test_more_scopes_are_fetched_when_the_app_needs_them(app, fresh):
    store_id = int(open_app(app, fresh).json["store"])
    with database().transaction(store_id, MERCHANT) as tx:
        tx.db.exec_driver_sql("update shopify_installs set scopes = 'read_customers'")
    before = len(fresh.access)
    open_app(app, fresh)
    assert len(fresh.access) == before + 1 and read(store_id, "select scopes from shopify_installs") == [(SCOPES,)]


@pytest.mark.parametrize("token", ["", "x.y.z", signed(customer_claims()), signed(admin_claims(), "k" * 45)])
def test_no_other_token_opens_it(app, fresh, token):
    answer = app.test_client().post("/app/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401 and answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"
    assert database().store_for_shop(fresh.domain) is None


def test_shopify_away_leaves_nothing_half_made(app, over, fresh):
    over.shopify.faults.order("shopify", "down", 1)
    assert open_app(app, fresh).status_code == 503 and database().store_for_shop(fresh.domain) is None
    assert open_app(app, fresh).status_code == 200


def test_a_token_of_another_shop_is_of_no_use(app, fresh):
    mixed = signed(admin_claims(dest=f"https://{fresh.domain}"))
    assert open_app(app, fresh, mixed).status_code == 401


def test_session_tokens_open_the_api_of_their_own_store(app, over, fresh):
    open_app(app, fresh)
    other = over.new_shop()
    open_app(app, other)
    names = {api(app, shop, "/api/merchant/v1/store").json["id"] for shop in (fresh, other)}
    assert len(names) == 2
    refused = app.test_client().get("/api/merchant/v1/store", headers={"Authorization": f"Bearer {signed(customer_claims(dest=fresh.domain))}"})
    assert refused.status_code == 401 and refused.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"


def test_the_person_is_in_the_audit(app, fresh):
    store_id = int(open_app(app, fresh).json["store"])
    api(app, fresh, method="PATCH", json={"on_cancel": "refund_line"})
    [(user,)] = read(store_id, f"select id from users where shopify_user_id = {OWNER}")
    assert read(store_id, "select action, actor_kind, actor_id, channel from audit_entries where action = 'choose_on_cancel'") == [
        ("choose_on_cancel", "user", str(user), "dashboard")]


def test_the_frame_is_for_that_shop_only(app, fresh):
    page = app.test_client().get(f"/app?shop={fresh.domain}&embedded=1")
    policy = page.headers["Content-Security-Policy"]
    assert re.search(r"frame-ancestors (.*)$", policy)[1].split()[:2] == [f"https://{fresh.domain}", "https://admin.shopify.com"]
    assert page.status_code == 200 and KEY in page.text and SECRET not in page.text and "Set-Cookie" not in page.headers
    for wrong in ("", "?shop=evil.example", "?shop=x.myshopify.com.evil.example", "?shop=a%0d%0ab.myshopify.com"):
        answer = app.test_client().get(f"/app{wrong}")
        assert answer.status_code == 404 and "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


class TestTheClassicGrant:
    def start(self, client, shop) -> dict[str, str]:
        """Through Shopify's question and back: the parameters of the callback."""
        asked = client.get(f"/app/install?shop={shop.domain}")
        assert asked.status_code == 303 and database().store_for_shop(shop.domain) is None
        back = httpx.post(asked.headers["Location"])
        assert back.status_code == 303
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))

    def test_it_connects_with_one_button(self, app, fresh):
        client = app.test_client()
        given = self.start(client, fresh)
        assert client.get("/app/callback", query_string=given).status_code == 200
        assert database().store_for_shop(fresh.domain) is None, "a GET connects nothing (R5)"
        done = client.post("/app/callback", query_string=given)
        assert done.status_code == 303 and done.headers["Location"].startswith("https://admin.shopify.com/store/")
        assert database().store_for_shop(fresh.domain) is not None

    @pytest.mark.parametrize("change", [{"hmac": "0" * 64}, {"code": "other"}, {"state": "forged"}, {"timestamp": "1600000000"}])
    def test_an_altered_answer_is_refused(self, app, fresh, change):
        client = app.test_client()
        given = self.start(client, fresh) | change
        assert client.post("/app/callback", query_string=given).status_code == 403
        assert database().store_for_shop(fresh.domain) is None

    def test_another_browser_cannot_finish_it(self, app, fresh):
        given = self.start(app.test_client(), fresh)
        assert app.test_client().post("/app/callback", query_string=given).status_code == 403

    def test_a_code_works_once(self, app, fresh):
        client = app.test_client()
        given = self.start(client, fresh)
        fresh_client = client.post("/app/callback", query_string=given)
        assert fresh_client.status_code == 303
        client.set_cookie("shopify_state", "x", path="/app")
        assert client.post("/app/callback", query_string=given).status_code == 403


class TestTokens:
    def test_an_old_pair_is_renewed_before_use(self, store):
        store.write("update shopify_installs set access_until = opencals_now()")
        before = set(store.shop.refresh)
        store.write("select shopify_mark('reconcile', 'customers')")
        store.sync()
        assert set(store.shop.refresh) != before and store.due() == []

    def test_a_token_refused_is_renewed_once(self, store):
        store.shop.access.clear()
        store.write("select shopify_mark('reconcile', 'customers')")
        store.sync()
        assert store.due() == [] and store.sql("select state from shopify_installs") == [("installed",)]

    def test_without_any_way_the_merchant_has_to_come(self, store, app):
        store.shop.access.clear()
        store.shop.refresh.clear()
        store.write("select shopify_mark('reconcile', 'customers')")
        store.sync()
        [(state, error)] = store.sql("select state, last_error from shopify_installs")
        assert state == "reconnect" and "open the app" in error
        calls = len(store.over.shopify.calls)
        store.sync()
        assert len(store.over.shopify.calls) == calls, "no calls until somebody opens the app"
        assert open_app(app, store.shop).status_code == 200
        store.sync()
        assert store.sql("select state, last_error from shopify_installs") == [("installed", None)] and store.due() == []

    def test_an_idle_shop_keeps_its_access(self, store):
        """Refresh tokens live 90 days: a shop with nothing to do is looked after all the same."""
        store.write("update shopify_installs set reconciled_at = opencals_now() + interval '1 year'")
        assert store.store_id not in database().due_shopify_stores()
        store.set_clock(store.now + timedelta(days=31))
        assert store.store_id in database().due_shopify_stores()


class TestLeaving:
    def leave(self, app, store: Connected, when=None) -> None:
        store.shop.uninstall()
        for webhook in store.webhooks("app/uninstalled"):
            deliver(app, store, webhook, triggered_at=when or store.now)

    def test_at_once_nothing_goes_out_and_no_session_works(self, app, store):
        store.book(NOW + timedelta(days=9, hours=3))
        self.leave(app, store)
        assert store.sql("select state, access_token, refresh_token from shopify_installs") == [("uninstalled", None, None)]
        assert store.sql("select * from shopify_due") == []
        assert api(app, store.shop).status_code == 401 and database().store_for_shop(store.shop.domain) is None
        calls = len(store.over.shopify.calls)
        store.book(NOW + timedelta(days=9, hours=5))
        store.sync()
        assert len(store.over.shopify.calls) == calls and store.sql("select * from shopify_due") == []

    def test_back_within_the_hour_it_is_the_same_store(self, app, store):
        b = store.book(NOW + timedelta(days=9, hours=3))
        self.leave(app, store)
        store.set_clock(store.now + timedelta(minutes=30))
        assert int(open_app(app, store.shop).json["store"]) == store.store_id
        assert store.sql("select state, installation from shopify_installs") == [("installed", 2)] and store.read(b.ref).status == "confirmed"

    def test_a_late_word_of_the_first_leaving_does_not_end_the_second_stay(self, app, store):
        left = store.now
        self.leave(app, store)
        store.set_clock(store.now + timedelta(minutes=30))
        open_app(app, store.shop)
        deliver(app, store, {"topic": "app/uninstalled", "payload": {"id": store.shop.number}}, triggered_at=left)
        store.sync()
        assert store.sql("select state from shopify_installs") == [("installed",)]

    def redact(self, app, store, triggered_at) -> None:
        payload = {"shop_id": store.shop.number, "shop_domain": store.shop.domain}
        deliver(app, store, {"topic": "shop/redact", "payload": payload}, triggered_at=triggered_at)
        store.sync()

    def test_after_two_days_the_store_is_erased_and_the_neighbour_is_not(self, app, store, over, owner_url):
        neighbour = Connected(over, owner_url)
        for one in (store, neighbour):
            one.book(NOW + timedelta(days=9, hours=3), paid=4000)
        self.leave(app, store)
        store.set_clock(store.now + timedelta(hours=48))
        self.redact(app, store, store.now)
        for table in ("stores", "bookings", "customers", "payments", "outbox", "audit_entries", "shopify_installs", "shopify_deliveries"):
            assert store.sql(f"select count(*) from {table}") == [(0,)], table
            assert neighbour.sql(f"select count(*) from {table}")[0][0] > 0 or table == "shopify_deliveries"

    def test_a_redact_of_the_first_stay_spares_the_second(self, app, store):
        """Left, back within the hour, and 48 hours later the first leaving's redact arrives (I62)."""
        self.leave(app, store)
        store.set_clock(store.now + timedelta(minutes=30))
        open_app(app, store.shop)
        b = store.book(NOW + timedelta(days=9, hours=3))
        store.set_clock(store.now + timedelta(hours=47))
        self.redact(app, store, store.now)
        assert store.read(b.ref) is not None and store.sql("select state from shopify_deliveries where topic = 'shop/redact'") == [("ignored",)]
        self.leave(app, store)
        self.redact(app, store, store.now + timedelta(minutes=1))
        assert store.read(b.ref) is not None, "gone a minute ago: this redact is still the first leaving's"

    def test_the_app_cannot_erase_a_connected_store(self, store):
        with pytest.raises(Exception, match="only a store whose shop has left"):
            store.write("select erase_store()")
