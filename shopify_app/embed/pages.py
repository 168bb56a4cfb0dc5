"""The embed's pages. GET shows, POST connects (R5); no cookies inside the frame, the session token proves who asks (I39, I48)."""

from __future__ import annotations

import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request

from booking.keys import settings, sign, unsign
from booking.shopify_tokens import SHOP, AdminCaller, BadToken, admin_caller
from booking.wording import words_for
from booking.wording.languages import pick
from gateways.shopify.oauth import GrantRefused
from gateways.shopify.wire import ShopifyError
from models.actor import Actor
from models.session import database
from shopify_app.embed.connecting import SCOPES, connect_by_code, connect_by_id_token, needs_grant, our_app
from shopify_app.session_tokens import RETRY_HEADER

blueprint = Blueprint("shopify_embed", __name__, url_prefix="/app", template_folder="templates", static_folder="static")
STATE_COOKIE = "shopify_state"
STATE_SECONDS = 600
log = logging.getLogger("opencals.shopify")


@blueprint.get("")
def home() -> Response:
    """The frame's document: a shell without data. What it shows is asked for with a session token."""
    domain = _domain(request.args.get("shop"))
    if domain is None or not settings().shopify_secrets:
        abort(404)
    w = words_for(pick(request.args.get("locale")))
    bridge = settings().shopify_bridge_url
    page = Response(render_template("embed/home.html", key=settings().shopify_api_key, bridge=bridge, w=w, _=w.gettext), mimetype="text/html")
    source = f"{urlsplit(bridge).scheme}://{urlsplit(bridge).netloc}"
    frame = " ".join(filter(None, (f"https://{domain}", "https://admin.shopify.com", settings().sandbox_url)))
    page.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' {source}; style-src 'self' {source}; img-src 'self' https: data:; font-src 'self' {source}; "
        f"connect-src 'self' {source} https://{domain}; form-action 'self'; base-uri 'none'; frame-ancestors {frame}")
    return page


@blueprint.post("/session")
def session() -> Any:
    """Connect the shop of the session token where that is needed; which store it is."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    try:
        caller = admin_caller(token, settings().shopify_api_key or "", settings().shopify_secrets)
    except BadToken:
        return _again(401)
    by = Actor("user", "dashboard", caller.user_id, "shopify")
    try:
        if needs_grant(caller.shop):
            connect_by_id_token(caller.shop, token, by)
    except GrantRefused as refused:
        log.warning("token exchange refused", extra={"shop": caller.shop, "error": str(refused)})
        return _again(401)
    except ShopifyError as error:
        log.warning("the shop could not be connected", extra={"shop": caller.shop, "error": f"{type(error).__name__} {error}"[:200]})
        return jsonify(code="unavailable"), 503
    return jsonify(store=str(_store_of(caller)))


@blueprint.get("/install")
def install() -> Response:
    """The classic way in, for links from outside the admin: on to Shopify's own question."""
    domain = _domain(request.args.get("shop"))
    if domain is None or not settings().shopify_secrets:
        abort(404)
    nonce = secrets.token_urlsafe(16)
    answer = redirect(our_app().permission_url(domain, SCOPES, _callback_url(), sign("shopify-state", [domain, nonce])), 303)
    answer.set_cookie(STATE_COOKIE, nonce, max_age=STATE_SECONDS, secure=settings().secure, httponly=True, samesite="Lax", path="/app")
    return answer


@blueprint.route("/callback", methods=["GET", "POST"])
def callback() -> Any:
    """Shopify sends the merchant back. The GET shows what would be connected, its button does it (R5)."""
    given = request.args.to_dict()
    domain, w = _domain(given.get("shop")), words_for(pick(given.get("locale")))
    state = unsign("shopify-state", given.get("state", ""))
    ours = isinstance(state, list) and state == [domain, request.cookies.get(STATE_COOKIE)]
    if domain is None or not ours or not our_app().callback_is_genuine(given):
        return render_template("embed/refused.html", w=w, _=w.gettext), 403
    if request.method == "GET":
        return render_template("embed/connect.html", shop=domain, w=w, _=w.gettext)
    try:
        connect_by_code(domain, given.get("code", ""), Actor("user", "dashboard", None, "shopify"))
    except ShopifyError as error:
        log.warning("the shop could not be connected", extra={"shop": domain, "error": f"{type(error).__name__} {error}"[:200]})
        return render_template("embed/refused.html", w=w, _=w.gettext), 502
    answer = redirect(f"https://admin.shopify.com/store/{domain.partition('.')[0]}/apps/{settings().shopify_api_key}", 303)
    answer.delete_cookie(STATE_COOKIE, path="/app")
    return answer


def _again(status: int) -> Any:
    """App Bridge gets a new token and asks once more."""
    answer = jsonify(code="unauthorized")
    answer.status_code = status
    answer.headers[RETRY_HEADER] = "1"
    return answer


def _store_of(caller: AdminCaller) -> int | None:
    return database().store_for_shop(caller.shop)


def _callback_url() -> str:
    return settings().origin(f"app.{settings().base_domain}") + "/app/callback"


def _domain(text: str | None) -> str | None:
    match = SHOP.fullmatch((text or "").lower())
    return match[1] if match else None
