"""The embed's pages. GET shows, POST connects (R5); no cookies inside the frame, the session token proves who asks (I39, I48)."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Response, abort, jsonify, redirect, render_template, request

from booking.keys import settings, sign, unsign
from booking.rules.decision import Refused
from booking.shopify.team import ShopPerson, admit_shop_person
from booking.shopify_tokens import AdminCaller, BadToken
from booking.wording import words_for
from booking.wording.languages import pick
from gateways.shopify.oauth import GrantRefused
from gateways.shopify.wire import ShopifyError
from models.actor import Actor
from models.session import database
from shopify_app.dashboard.door import Visit
from shopify_app.dashboard.language import words_of
from shopify_app.embed.connecting import SCOPES, connect_by_code, connect_by_id_token, needs_grant, our_app
from shopify_app.embed.door import blueprint, caller_of, frame_of, framed_by, given_token, known_person, screens_of, shop_domain
from shopify_app.session_tokens import RETRY_HEADER

STATE_COOKIE = "shopify_state"
STATE_SECONDS = 600
log = logging.getLogger("opencals.shopify")


@blueprint.get("")
def home() -> Response:
    """The frame's first document: a shell without data. What it shows is asked for with a session token."""
    domain = shop_domain(request.args.get("shop"))
    if domain is None or not settings().shopify_secrets:
        abort(404)
    framed_by(domain)
    w = words_for(pick(request.args.get("locale")))
    frame = frame_of(domain, "")
    return Response(render_template("embed/home.html", frame=frame, menu=_menu(domain), url=lambda path: frame.base + path, w=w, _=w.gettext), mimetype="text/html")


@blueprint.get("/session-token")
def session_token() -> Response:
    """Only App Bridge: it reads where to go back to, and goes there with a fresh token."""
    domain, back = shop_domain(request.args.get("shop")), request.args.get("shopify-reload", "")
    # The token goes to this path: it is one of ours, on this host.
    if domain is None or not settings().shopify_secrets or not (back == "/app" or back.startswith(("/app?", "/app/"))) or "\\" in back:
        abort(404)
    framed_by(domain)
    w = words_for(pick(request.args.get("locale")))
    return Response(render_template("embed/session_token.html", frame=frame_of(domain, ""), w=w, _=w.gettext), mimetype="text/html")


@blueprint.post("/session")
def session() -> Any:
    """Connect the shop of the session token where that is needed, and let its person in: the store, their role, where the screens are."""
    token = given_token()
    try:
        caller = caller_of(token)
    except BadToken:
        return _again(401)
    by = Actor("user", "dashboard", caller.user_id, "shopify")
    try:
        if needs_grant(caller.shop):
            connect_by_id_token(caller.shop, token, by)
        if known_person(caller) is None:
            _admit(caller, token, by)
    except GrantRefused as refused:
        log.warning("token exchange refused", extra={"shop": caller.shop, "error": str(refused)})
        return _again(401)
    except ShopifyError as error:
        log.warning("the shop could not be connected", extra={"shop": caller.shop, "error": f"{type(error).__name__} {error}"[:200]})
        return jsonify(code="unavailable"), 503
    except Refused as refused:
        return jsonify(code="not_allowed", kind=refused.facts.get("kind")), 403
    known = known_person(caller)
    if known is None:
        return _again(401)
    store_id, _, user = known
    return jsonify(store=str(store_id), role=user.role, dashboard=screens_of(caller.shop))


def _admit(caller: AdminCaller, token: str, by: Actor) -> None:
    """Ask Shopify who this is, once; the dashboard remembers them."""
    store_id = database().store_for_shop(caller.shop)
    if store_id is None:
        return
    found = our_app().person(caller.shop, token)
    if found.user_id != caller.user_id:
        raise GrantRefused("another person answered")
    admit_shop_person(store_id, by, ShopPerson(found.user_id, found.name, found.email, found.email_verified, found.owner))


def _menu(domain: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The screens of whoever opens the home, where the admin has said who that is."""
    token = given_token()
    try:
        caller = caller_of(token)
    except BadToken:
        return []
    known = known_person(caller) if caller.shop == domain else None
    if known is None:
        return []
    store_id, store, user = known
    return Visit(store_id, store, user, words_of(store, user), frame_of(domain, token)).menu()


@blueprint.get("/install")
def install() -> Response:
    """The classic way in, for links from outside the admin: on to Shopify's own question."""
    domain = shop_domain(request.args.get("shop"))
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
    domain, w = shop_domain(given.get("shop")), words_for(pick(given.get("locale")))
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


def _callback_url() -> str:
    return settings().origin(f"app.{settings().base_domain}") + "/app/callback"
