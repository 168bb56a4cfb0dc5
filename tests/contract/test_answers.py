"""What every answer carries, whoever asks and however it ends; who may write with a cookie (I38, I43, I47, I48, I49)."""

from __future__ import annotations

import re
from dataclasses import replace
from http.cookies import SimpleCookie

import psycopg
import pytest

from app import create_app
from models.session import database
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import Visitor, fields, link
from tests.support.world import World, at

EXEMPT = {"/unsubscribe/<token>"}
"""RFC 8058: mail programs post there by themselves."""

PUBLISHED = "/feedback.json"
"""What a shop shows to everybody on its own site."""


@pytest.fixture(scope="module")
def app(settings):
    yield create_app(settings)
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url):
    return World(owner_url)


def addresses(app, method, doors=("storefront.", "dashboard.")):
    """An address of every route of the two page doors, ids filled with a 1."""
    for rule in app.url_map.iter_rules():
        if method in rule.methods and rule.endpoint.startswith(doors) and rule.rule not in EXEMPT:
            yield re.sub(r"<path:\w+>", "store.css", re.sub(r"<(?!path)[^>]*>", "1", rule.rule))


def test_every_page_says_how_it_may_be_kept_framed_and_found(app, world):
    customer, owner, nobody = Visitor(app, world), Colleague(app, world), Visitor(app, world)
    customer.sign_in()
    owner.sign_in("owner")
    b = world.book(at(10, 15))
    asked = [(who, path) for who in (customer, owner, nobody) for path in addresses(app, "GET")]
    asked += [(nobody, link(b)), (nobody, "/nothing"), (nobody, "/manage/x?token=y"), (nobody, "/account/bookings/%FF"), (owner, "/admin/nothing")]
    walked = set()
    for who, path in asked:
        answer = who.client.get(path, base_url=who.origin)
        walked.add((path, answer.status_code))
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["X-Robots-Tag"] == "noindex", path
        if "/static/" in path or path == PUBLISHED:
            assert "Set-Cookie" not in answer.headers
            continue
        assert "no-store" in answer.headers["Cache-Control"], path
        assert "Cookie" in answer.headers.get("Vary", "") or not answer.mimetype.startswith("text/html"), path
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy and "'unsafe-inline'" not in policy, path
        assert not re.search(r"\son\w+=|<script>|style=\"|javascript:", answer.get_data(as_text=True)) or answer.mimetype != "text/html", path
    assert len(walked) > 100 and {200, 303, 404} <= {status for _, status in walked}


def test_errors_of_every_kind_carry_the_same(app, world):
    guest = Visitor(app, world)
    for answer in (guest.client.post("/account", base_url=guest.origin), guest.client.post("/account/login", base_url=guest.origin, data={"email": "x" * 300_000}),
                   guest.client.get("/account", base_url="http://nobody.localhost"), guest.client.delete("/book", base_url=guest.origin),
                   guest.client.get("/api/merchant/v1/store", base_url=guest.origin), guest.client.get("/api/nothing", base_url=guest.origin)):
        assert answer.status_code in (400, 401, 404, 405, 413)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"] and "no-store" in answer.headers["Cache-Control"]
        assert answer.status_code != 405 or answer.headers["Allow"]


def test_no_form_is_taken_without_its_token(app, world):
    """Signed in as customer and as owner, every route that writes: refused before anything runs."""
    customer, owner = Visitor(app, world), Colleague(app, world)
    customer.sign_in()
    owner.sign_in("owner")
    walked = 0
    for who in (customer, owner):
        for path in addresses(app, "POST"):
            answer = who.client.post(path, base_url=who.origin, data={"csrf_token": "forged", "name": "x"})
            assert answer.status_code == 400, (path, answer.status_code)
            walked += 1
    assert walked > 150


@pytest.mark.parametrize("origin", ["https://evil.example", "http://other.localhost", "http://evil.example:80", "https://", "file://"])
def test_a_form_sent_from_another_site_is_refused_even_with_the_token(app, world, origin):
    ada = Visitor(app, world)
    ada.sign_in()
    ada.get("/account/profile")
    form = fields(ada.page) | {"name": "Ada"}
    assert ada.client.post("/account/profile", base_url=ada.origin, data=form, headers={"Origin": origin}).status_code == 403
    assert ada.client.post("/account/profile", base_url=ada.origin, data=form, headers={"Origin": ada.origin}).status_code in (303, 422)


class TestSecure:
    """As in production: https, behind no proxy or one."""

    @pytest.fixture(scope="class")
    @classmethod
    def secure(cls, settings):
        yield replace(settings, scheme="https")
        database().engine.dispose()

    def test_cookies_are_bound_to_the_host(self, secure, owner_url):
        app = create_app(secure)
        visitor = Visitor(app, World(owner_url))
        visitor.origin = visitor.origin.replace("http:", "https:")
        kept = []
        for step in (lambda: visitor.get("/account/login"), lambda: visitor.send("/account/login", email="ada@example.com"),
                     lambda: visitor.get("/account/login/code"), lambda: visitor.send("/account/login/code", code=visitor.code("ada@example.com"))):
            kept += step().headers.getlist("Set-Cookie")
        names = {name for text in kept for name in SimpleCookie(text)}
        assert {"__Host-login", "__Host-visit", "__Host-challenge"} <= names
        for text in kept:
            for name, cookie in SimpleCookie(text).items():
                assert name.startswith("__Host-") and cookie["secure"] and cookie["httponly"] and cookie["path"] == "/" and not cookie["domain"], text
                assert cookie["samesite"] == "Lax", text
        answer = visitor.get("/account")
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")

    @pytest.mark.parametrize(("hops", "scheme"), [(0, "http"), (1, "https")])
    def test_forwarding_headers_count_only_from_the_configured_proxy(self, secure, owner_url, hops, scheme):
        client = create_app(replace(secure, proxy_hops=hops)).test_client()
        world = World(owner_url)
        host = f"{world.slug}.localhost"
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "203.0.113.9"}
        answer = client.get("/account/login", base_url=f"http://{host}", headers=headers)
        assert answer.status_code == 200 and "evil.example" not in answer.text
        assert ("Strict-Transport-Security" in answer.headers) == (scheme == "https")
        assert client.get("/account/login", base_url="http://evil.example", headers={"X-Forwarded-Host": host}).status_code == 404


def test_no_dashboard_page_writes_anything(app, world, postgres, database_name):
    """Reading any screen, in any role, by GET or HEAD, leaves every table as it was (I46)."""
    b = world.book(at(10, 15), paid=2500)
    world.session(world.add_service("Yoga", capacity=3, staff=[world.elena]), at(12, 15))
    owner, staff = Colleague(app, world), Colleague(app, world)
    owner.sign_in("owner")
    staff.sign_in("staff")
    ids = {"services": world.service, "staff": world.elena, "locations": world.location, "customers": b.customer_id, "classes": world.sql("select id from sessions")[0][0]}

    def real(path):
        return re.sub(r"/(\w+)/1(?=/|$)", lambda m: f"/{m[1]}/{b.ref if m[1] == 'bookings' else ids.get(m[1], 1)}", path)

    def contents():
        with psycopg.connect(postgres.admin_url(database_name)) as connection:
            names = [name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public' order by 1")]
            return {name: connection.execute(f'select md5(coalesce(string_agg(t::text, \'|\' order by t::text), \'\')) from "{name}" t').fetchone()[0] for name in names}

    before, opened = contents(), 0
    for who in (owner, staff):
        for path in map(real, addresses(app, "GET", ("dashboard.",))):
            for method in ("GET", "HEAD"):
                opened += who.client.open(path, method=method, base_url=who.origin).status_code == 200
    assert opened > 90 and contents() == before
    owner.fill(f"/customers/{b.customer_id}/edit", name="Ada Other")
    assert contents() != before
