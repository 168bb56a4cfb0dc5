"""Nobody's input gives a 5xx or hangs, on any route, in any role (I53). The long walk: `dev.py bench campaign odd_input`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from urllib.parse import unquote_to_bytes

import pytest
from werkzeug.test import run_wsgi_app

from app import create_app
from bench.campaigns.odd_input import Answer, Person, Wire, attack, wrong
from booking.actions.cancel_booking import cancel_booking
from booking.actions.join_waitlist import join_waitlist
from models.session import database
from tests.api.conftest import token_for
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import Visitor, link
from tests.support import audit_pairs
from tests.support.shopify import ADA, KEY, SECRET, ShopWorld, customer_token
from tests.support.world import MERCHANT, at

COUNT, SEED = int(os.environ.get("ODD_REQUESTS", "600")), int(os.environ.get("ODD_SEED", "53"))


@pytest.fixture(scope="module")
def app(settings, owner_url):
    audit_pairs.install(owner_url)
    yield create_app(replace(settings, shopify_api_key=KEY, shopify_api_secret=SECRET))
    database().engine.dispose()


def in_process(app) -> Wire:
    """The application as its server calls it, bytes and all."""
    number = 0

    def send(method, target, headers, body):
        nonlocal number
        number += 1
        path, _, query = target.partition("?")
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": f"10.0.{number // 250 % 250}.{number % 250}",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body), "wsgi.errors": sys.stderr,
            "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, "wsgi.input_terminated": True}
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        chunks, status, found = run_wsgi_app(app, environ)
        return Answer(int(status.split()[0]), {k.lower(): v for k, v in found}, b"".join(chunks).decode(errors="replace"))

    return send


@pytest.fixture
def world(app, owner_url):
    world = ShopWorld(owner_url)
    b = world.sold(at(29, 15), paid=2500)
    gone = world.sold(at(11, 15), paid=2500)
    past = world.sold(world.now - timedelta(hours=30), override=True)
    cancel_booking(world.store_id, MERCHANT, gone.ref, refund="full")
    join_waitlist(world.store_id, world.customer(b), b.ref)
    yoga = world.add_service("Yoga", capacity=3, staff=[world.elena])
    world.session(yoga, at(12, 18))
    world.bookings = (b, gone, past)
    return world


def cookies(person):
    return {cookie.key: cookie.value for cookie in person.client._cookies.values()}


def test_every_route_answers_odd_input(app, world):
    wire, host = in_process(app), f"{world.slug}.localhost"
    visitor, owner = Visitor(app, world), Colleague(app, world)
    visitor.sign_in()
    owner.sign_in("owner")
    token = token_for(world)
    people = [
        Person("merchant", wire, "api.localhost", (), ("/api/merchant",), bearer=lambda: token),
        Person("extension", wire, "api.localhost", (), ("/api/customer",), bearer=lambda: customer_token(world.shop, ADA)),
        Person("guest", wire, host, ("/book", "/account/login", "/manage", "/withdraw", "/admin/login"), ("/",)),
        Person("customer", wire, host, ("/account", "/book"), ("/account", "/book", "/feedback"), cookies(visitor)),
        Person("link", wire, host, (link(world.bookings[0]),), ("/manage", "/pay", "/waitlist", "/feedback")),
        Person("owner", wire, host, ("/admin",), ("/admin",), cookies(owner))]
    doc = app.test_client().get("/api/openapi.json").json
    seen, problems = attack(people, app.url_map, doc, COUNT, SEED)
    assert problems == []
    assert seen[200] > COUNT / 20 and seen[303] > COUNT / 50, "most of the walk must come past the doors"


def test_the_walk_sees_what_is_wrong():
    """A guard on the guard: failures, machinery in the text, and problems that are not problem details."""
    page, data = {"content-type": "text/html"}, {"content-type": "application/json"}
    assert wrong(Answer(200, page, "fine"), "/book", 0.1) is None
    for answer, target, took in ((Answer(500, page, ""), "/book", 0.1), (Answer(200, page, ""), "/book", 60.0),
                                 (Answer(200, page, "psycopg.errors.X"), "/book", 0.1), (Answer(404, data, "{}"), "/api/x", 0.1)):
        assert wrong(answer, target, took)
