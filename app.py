"""Wiring: which doors there are, who may use each, and what every answer carries. No business decisions live here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import commands
import operation
import storefront.errors
from booking import keys
from booking.rules.wall_time import use_packaged_zones
from hosts import Hosts
from models.session import Database, use
from operation import requests
from settings import Settings
from shopify_app.api import blueprint as merchant_api
from shopify_app.api import openapi
from shopify_app.calendar_return import blueprint as calendar_return
from shopify_app.dashboard.door import load_screens
from shopify_app.dashboard.elsewhere import at_desk
from shopify_app.embed import blueprint as shopify_embed
from storefront.api import api as customers
from storefront.api import blueprint as customer_api
from storefront.blueprint import load_pages
from sync import queue
from templating import Templates
from webhooks.deliveries import Deliveries
from webhooks.twilio import blueprint as twilio_webhooks

# The doors. `store host`: the page belongs to the store of the Host header. `any host`: the credential names the store.
DOORS = (
    (load_pages(), "store host", "customers: signed-in cookie or signed link, CSRF token on every write"),
    (load_screens(), "store host", "the shop's people: dashboard cookie, role of each screen, CSRF token on every write"),
    (customer_api, "any host", "Shopify customers: session token of the customer account, no cookies"),
    (merchant_api, "any host", "merchants: bearer token, no cookies"),
    (twilio_webhooks, "any host", "Twilio: signature over URL and parameters"),
    (shopify_embed, "any host", "the Shopify admin: session token, or the signed answer of the classic grant; framed by that shop only"),
    (calendar_return, "any host", "people coming back from Google and Microsoft: signed state; leads on to the shop's own host and does nothing else"),
)
# Before them all stands webhooks/deliveries.py: what Shopify and Stripe deliver, each with a signature over the raw body.
FILES = ("/static/", "/admin/static/")
UPLOADS, LARGEST_UPLOAD = re.compile(r"(/app/admin/[^/]+|/admin)/import|/api/merchant/v1/imports"), 6 * 1024 * 1024
PUBLIC = ("/healthz", "/readyz", "/metrics", "/webhooks/", "/app")

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = tuple((name.lower(), name, value) for name, value in (
    ("Content-Security-Policy", CONTENT_SECURITY), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"), ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cache-Control", "private, no-store"), ("X-Robots-Tag", "noindex")))
SECURE = (*ALWAYS, ("strict-transport-security", "Strict-Transport-Security", "max-age=31536000; includeSubDomains"))


class Site(Flask):
    """Flask, spared the question before each function of each request: none here is asynchronous."""

    jinja_environment = Templates

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The whole web application. Settings come from the environment unless given (tests)."""
    settings = settings or Settings.from_environment()
    use_packaged_zones()
    use(Database(settings.database_url, doorbell=queue.doorbell(settings.redis_url)))
    keys.configure(settings)

    app = Site(__name__, static_folder=None)
    app.config.update(
        SETTINGS=settings, SECRET_KEY=settings.secret_key, SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SESSION_COOKIE_NAME="__Host-visit" if settings.secure else "visit", SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax", MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=128 * 1024, MAX_FORM_PARTS=200, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False,
    )
    if settings.proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxy_hops, x_proto=settings.proxy_hops)
    app.wsgi_app = Deliveries(app.wsgi_app, [(name, value) for _, name, value in (SECURE if settings.secure else ALWAYS)], requests.begin, requests.note)
    operation.install(app)
    _find_store(app, Hosts(settings))
    app.before_request(_allow_files)
    csrf = CSRFProtect(app)
    openapi.include("customer", (customers.prefix, customers.operations, {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Session token of a Shopify customer-account extension"}))
    for blueprint, where, _ in DOORS:
        app.register_blueprint(blueprint)
        if where == "any host":
            csrf.exempt(blueprint)
    csrf.exempt("storefront.unsubscribe.unsubscribe")  # mail programs post there by themselves; the signed address says for whom
    storefront.errors.install(app, at_desk)
    commands.register(app)
    app.after_request(_headers)
    return app


def _find_store(app: Flask, hosts: Hosts) -> None:
    """Put the store of the Host header into `g.store_id`; an unknown host is 404 before anything else runs (A21, I43)."""

    @app.before_request
    def store_of_host() -> None:
        path = request.path
        if path.startswith("/api/"):
            g.store_id = None  # the credential names the store; without cookies an Origin says nothing (I27, I47)
            return
        if path.startswith(FILES):
            g.store_id = None  # the same for every store, and there while the database is not: error pages are dressed by them too
            return
        store_id = g.store_id = hosts.store_of(request.host)
        if store_id is None and not path.startswith(PUBLIC):
            abort(404)
        if request.method in ("GET", "HEAD", "OPTIONS") or store_id is None:
            return
        origin = request.headers.get("Origin")
        if origin not in (None, "null", f"{request.scheme}://{request.host}"):
            abort(403)  # I47: beside the CSRF token. `null` comes from privacy settings and carries no authority either way


def _allow_files() -> None:
    """Files to import may be larger than any form; asked before the form is read for its CSRF token."""
    if request.method == "POST" and UPLOADS.fullmatch(request.path):
        request.max_content_length = LARGEST_UPLOAD


def _headers(response: Response) -> Response:
    """What every answer says about caching, framing and sniffing (I45, I48, I49); pages may have set stricter values."""
    given = {name.lower() for name in response.headers.keys()}
    for known, name, value in SECURE if request.is_secure else ALWAYS:
        if known not in given:
            response.headers.add(name, value)
    return response
