"""The dashboard inside the Shopify admin: opened by a session token, by role, for one shop, without any cookie (A148, I39, I48)."""

from __future__ import annotations

import re
import time
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app import create_app
from booking import keys
from booking.actions.stores import create_user
from models.actor import SYSTEM
from models.session import database, use
from sandbox.shopify.staff import OWNER, STAFF, UNPROVEN
from shopify_app.dashboard.door import SCREENS
from tests.dashboard.forms import form_at
from tests.dashboard.test_sign_in import paths
from tests.shopify.world import Connected
from tests.shopify.tokens import admin_claims, customer_claims, signed
from tests.support.world import at, set_clock

POLICY = "/settings/policy"


@pytest.fixture(scope="module")
def app(over, db) -> Flask:
    app = create_app(over.settings)
    yield app
    database().engine.dispose()
    use(db)
    keys.configure(over.settings)


@pytest.fixture
def store(over, app, owner_url) -> Connected:
    set_clock(owner_url, over.shopify.now())
    return Connected(over, owner_url)


def token(shop, user: str = OWNER, secret: str | None = None, **other) -> str:
    claims = admin_claims(iss=f"https://{shop.domain}/admin", dest=f"https://{shop.domain}", sub=user) | other
    return signed(claims, secret) if secret else signed(claims)


def stale(shop) -> str:
    now = int(time.time())
    return token(shop, exp=now - 60, nbf=now - 120, iat=now - 120)


class InFrame:
    """Somebody in the admin of a shop; `client` keeps whatever cookies it is given."""

    def __init__(self, app: Flask, shop, user: str = OWNER) -> None:
        self.client, self.shop, self.user = app.test_client(), shop, user
        self.base = f"/app/admin/{shop.domain}"

    def admit(self):
        return self.client.post("/app/session", headers={"Authorization": f"Bearer {token(self.shop, self.user)}"})

    def get(self, path: str, **query):
        return self.client.get(self.base + path, query_string={"id_token": token(self.shop, self.user), "embedded": "1"} | query)

    def send(self, path: str, fields: dict, **other):
        return self.client.post(self.base + path, data={"id_token": token(self.shop, self.user)} | fields, **other)


@pytest.fixture
def owner(app, store) -> InFrame:
    person = InFrame(app, store.shop)
    assert person.admit().json["role"] == "owner"
    return person


def fields_of(page: str, address: str) -> dict[str, list[str]]:
    return {name: values for name, values in form_at(page, address).items() if name != "csrf_token"}


def test_a_screen_opens_without_a_cookie_and_links_within_the_frame(owner, store):
    page = owner.get("/settings/portal")
    assert page.status_code == 200 and "Set-Cookie" not in page.headers and owner.client.get_cookie("visit") is None
    assert f'href="{owner.base}/settings/policy"' in page.text and 'href="/admin' not in page.text.replace("/admin/static", "")
    assert "<s-app-nav>" in page.text and "Sign out" not in page.text and 'name="csrf_token" value=""' in page.text


def test_a_policy_changed_in_the_frame_counts(owner, store):
    page = owner.get(POLICY)
    assert "data-save-bar" in page.text
    fields = fields_of(page.text, owner.base + POLICY) | {"cancel_n": ["3"], "cancel_unit": ["days"]}
    answer = owner.send(POLICY, fields)
    assert answer.status_code == 303 and urlsplit(answer.headers["Location"]).path == owner.base + POLICY and "Set-Cookie" not in answer.headers
    [(notice,)] = store.sql("select policy->'cancel'->>'notice' from stores")
    assert notice == "P3D"
    [(kind, channel, who)] = store.sql("select actor_kind, channel, actor_id from audit_entries where action = 'update_store' order by at desc limit 1")
    [(user,)] = store.sql("select id from users where shopify_user_id = %s", int(OWNER))
    assert (kind, channel, who) == ("user", "dashboard", str(user))
    shown = owner.client.get(answer.headers["Location"])
    assert shown.status_code == 200 and "Saved." in shown.text


def test_frame_ancestors_are_this_shop_and_the_admin(owner, over):
    for path in ("", "/settings/policy", "/nowhere/at/all", "/services/999"):
        policy = owner.get(path).headers["Content-Security-Policy"]
        assert re.search(r"frame-ancestors (.*)$", policy)[1].split() == [f"https://{owner.shop.domain}", "https://admin.shopify.com", over.settings.sandbox_url]
    assert owner.get("/nowhere/at/all").status_code == 404 and owner.get("/services/999").status_code == 404


@pytest.mark.parametrize("which", ["forged", "customer", "no sid", "another shop", "another app", "garbage"])
@pytest.mark.parametrize("method", ["GET", "POST", "bearer"])
def test_other_tokens_open_nothing_and_show_no_frame(owner, over, which, method):
    shop = owner.shop
    other = over.new_shop()
    given = {
        "forged": token(shop, secret="k" * 45), "customer": signed(customer_claims(dest=shop.domain)), "no sid": token(shop, sid=None),
        "another shop": token(other), "another app": token(shop, aud="someone-else"), "garbage": "a.b.c"}[which]
    owner.client = owner.client.application.test_client()
    before = owner.base + POLICY
    if method == "GET":
        answer = owner.client.get(before, query_string={"id_token": given})
    elif method == "POST":
        answer = owner.client.post(before, data={"id_token": given, "own": "own"})
    else:
        answer = owner.client.get(before, headers={"Authorization": f"Bearer {given}"})
    assert answer.status_code == 401 and answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"] and "policy" not in answer.text.lower()


def test_a_stale_token_is_asked_for_anew(owner):
    answer = owner.client.get(owner.base + "/bookings", query_string={"id_token": stale(owner.shop), "q": "ada", "host": "aG9zdA"})
    target = urlsplit(answer.headers["Location"])
    asked = parse_qs(target.query)
    assert answer.status_code == 302 and target.path == "/app/session-token" and asked["shop"] == [owner.shop.domain] and asked["host"] == ["aG9zdA"]
    assert urlsplit(asked["shopify-reload"][0]).path == owner.base + "/bookings" and "id_token" not in asked["shopify-reload"][0]
    page = owner.client.get(answer.headers["Location"])
    assert page.status_code == 200 and "<script src=" in page.text and owner.shop.domain in page.headers["Content-Security-Policy"]
    sent = owner.client.post(owner.base + POLICY, data={"id_token": stale(owner.shop)})
    assert sent.status_code == 401 and "Nothing has changed" in sent.text
    fetched = owner.client.get(owner.base, headers={"Authorization": f"Bearer {stale(owner.shop)}"})
    assert fetched.status_code == 401 and fetched.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/account", "/application", "/app/\\evil", ""])
def test_the_token_page_goes_nowhere_else(owner, back):
    assert owner.client.get("/app/session-token", query_string={"shop": owner.shop.domain, "shopify-reload": back}).status_code == 404


def test_without_a_token_nothing_is_read_and_nothing_done(owner):
    assert owner.client.get(owner.base).status_code == 302
    assert owner.client.post(owner.base + POLICY, data={"own": "own"}).status_code == 401


def test_a_cookie_of_the_dashboard_opens_no_frame_and_a_token_no_page_at_the_store(owner, store):
    assert owner.client.get("/admin", query_string={"id_token": token(owner.shop)}, base_url=f"http://{store.slug}.localhost").status_code == 303


def test_the_owner_of_the_account_is_an_owner_and_staff_begin_small(app, owner, store):
    staff = InFrame(app, store.shop, STAFF)
    assert staff.get("").status_code == 303 and urlsplit(staff.get("").headers["Location"]).path == "/app"
    assert staff.admit().json["role"] == "staff"
    assert staff.get("").status_code == 200 and staff.get(POLICY).status_code == 403
    assert staff.send(POLICY, {"own": "own"}).status_code == 403
    api = staff.client.get("/api/merchant/v1/store", headers={"Authorization": f"Bearer {token(store.shop, STAFF)}"})
    assert api.status_code == 403 and api.json["code"] == "not_allowed"
    assert owner.client.get("/api/merchant/v1/store", headers={"Authorization": f"Bearer {token(store.shop)}"}).status_code == 200
    unknown = owner.client.get("/api/merchant/v1/store", headers={"Authorization": f"Bearer {token(store.shop, '777')}"})
    assert unknown.status_code == 401 and unknown.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"


def test_an_invited_person_keeps_their_role_when_shopify_has_verified_the_address(app, owner, store):
    create_user(store.store_id, SYSTEM, email="kit@example.com", name="Kit", role="manager")
    staff = InFrame(app, store.shop, STAFF)
    assert staff.admit().json["role"] == "manager" and staff.get(POLICY).status_code == 200
    assert store.sql("select count(*) from users where email = 'kit@example.com'") == [(1,)]


def test_an_address_nobody_has_verified_lets_nobody_in(app, owner, store):
    create_user(store.store_id, SYSTEM, email="sam@example.com", name="Sam", role="owner")
    person = InFrame(app, store.shop, UNPROVEN)
    answer = person.admit()
    assert answer.status_code == 403 and answer.json == {"code": "not_allowed", "kind": "address"}
    assert store.sql("select shopify_user_id from users where email = 'sam@example.com'") == [(None,)] and person.get("").status_code == 303


def test_someone_let_go_stays_out(app, owner, store):
    staff = InFrame(app, store.shop, STAFF)
    staff.admit()
    [(user,)] = store.sql("select id from users where shopify_user_id = %s", int(STAFF))
    assert owner.send(f"/team/{user}/remove", {}).status_code == 303
    assert staff.get("").status_code == 303
    assert staff.admit().json == {"code": "not_allowed", "kind": "team"}


@pytest.mark.parametrize("user", [OWNER, STAFF])
def test_every_screen_answers_in_the_frame_by_role(app, owner, store, user):
    person = InFrame(app, store.shop, user)
    role = person.admit().json["role"]
    for entry in SCREENS:
        for method in entry.methods:
            path = paths(entry.path).removeprefix("/admin")
            answer = person.get(path) if method == "GET" else person.send(path, {})
            assert (answer.status_code == 403) is (role not in entry.roles), entry
            assert answer.status_code < 500 and answer.status_code != 405 and "Set-Cookie" not in answer.headers, entry
            assert "/login" not in answer.headers.get("Location", ""), entry


def test_what_leads_to_other_sites_goes_on_outside(owner, store):
    answer = owner.send("/settings/payments/connect", {})
    assert answer.status_code == 200 and f'href="http://{store.slug}.localhost/admin/settings/payments"' in answer.text
    again = owner.get(f"/staff/{store.elena}/calendar/google")
    assert again.status_code == 200 and f'href="http://{store.slug}.localhost/admin/staff/{store.elena}/calendar/google"' in again.text


def test_a_mail_shown_in_its_frame_still_runs_nothing(owner, store, over):
    screen = owner.get("/settings/messages/booking_confirmed/en")
    assert screen.status_code == 200 and "frame-src 'self'" in screen.headers["Content-Security-Policy"]
    mail = owner.send("/settings/messages/booking_confirmed/en/mail", {"booking": store.book(at(5, 15)).ref})
    rules = {rule.split()[0]: rule.split()[1:] for rule in mail.headers["Content-Security-Policy"].split("; ")}
    assert mail.status_code == 200 and rules["sandbox"] == [] and "script-src" not in rules and rules["default-src"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'self'", f"https://{owner.shop.domain}", "https://admin.shopify.com", over.settings.sandbox_url]


def test_files_to_import_may_be_large_in_the_frame_too(owner):
    answer = owner.client.post(owner.base + "/import", data={"id_token": token(owner.shop), "file": (BytesIO(b"x" * 600_000), "big.csv")})
    assert answer.status_code not in (413, 401)
