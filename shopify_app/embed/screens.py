"""The dashboard inside the Shopify admin: every screen once more, opened by a session token instead of a cookie (A148, I39).

Who comes is the user the token names, once the shop's home has admitted them (`/app/session`); what they may see is decided by the
same table of roles. Without JavaScript the Shopify admin shows no app at all; the same screens at the store's own host need none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, jsonify, redirect, render_template, request

from booking.links import store_origin
from booking.shopify_tokens import BadToken, StaleToken
from booking.wording import words_for
from booking.wording.languages import pick
from models.session import reading
from shopify_app.dashboard.door import EVERYONE, SCREENS, Screen, Visit, answer_visit, load_screens
from shopify_app.dashboard.language import words_of
from shopify_app.embed.door import ask_again, blueprint, caller_of, frame_of, framed_by, given_token, known_person, path_without_token, screens_of, shop_domain
from shopify_app.session_tokens import RETRY_HEADER


OUTSIDE = {"connect_payments": "/settings/payments", "calendar_account": None, "calendar_answer": "/staff"}
"""Screens that lead on to pages of others, which let nobody frame them, or keep a cookie for the way back: name -> the screen at the
store's own host where to go on; None: the same one."""


def framed(entry: Screen) -> Callable[..., Any]:
    """The screen's view behind this door."""

    def answer(shop: str, **parts: Any) -> Any:
        visit = enter(shop)
        if not isinstance(visit, Visit):
            return visit
        return _outside(visit, entry) if entry.name in OUTSIDE and visit.may(entry.roles) else answer_visit(visit, entry, parts)

    return answer


def enter(shop: str) -> Visit | Any:
    """The visit of the person whose token this is, or the answer that leads there: a fresh token, the shop's home, a refusal."""
    domain = shop_domain(shop)
    if domain is None or domain != shop:
        abort(404)
    token = given_token()
    asks = request.method in ("GET", "HEAD") and "Authorization" not in request.headers
    try:
        caller = caller_of(token)
    except StaleToken:
        return ask_again(domain, path_without_token()) if asks else _refused(domain)
    except BadToken:
        return ask_again(domain, path_without_token()) if asks and not token else _refused(None)
    if caller.shop != domain:
        return _refused(None)
    framed_by(domain)
    known = known_person(caller)
    if known is None:
        home = {"shop": domain, "next": path_without_token().removeprefix(screens_of(domain)), "id_token": token}
        return redirect(f"/app?{urlencode(home)}", 303) if asks else _refused(domain)
    store_id, store, user = known
    return Visit(store_id, store, user, words_of(store, user), frame_of(domain, token))


def _refused(domain: str | None) -> Any:
    """401: App Bridge asks once more with a new token; a person reads that nothing has changed. `domain`: whose admin may show it."""
    if "Authorization" in request.headers:
        answer = jsonify(code="unauthorized")
    else:
        if domain:
            framed_by(domain)
        w = words_for(pick(request.args.get("locale")))
        answer = Response(render_template("embed/stale.html", w=w, _=w.gettext), mimetype="text/html")
    answer.status_code = 401
    answer.headers[RETRY_HEADER] = "1"
    return answer


def _outside(visit: Visit, entry: Screen) -> Any:
    path = OUTSIDE[entry.name] or request.path.removeprefix(screens_of(visit.frame.shop if visit.frame else ""))
    with reading(visit.store_id) as tx:
        address = f"{store_origin(tx, visit.store.slug)}/admin{path}"
    return visit.show("outside.html", here="", address=address)


def _nothing(visit: Visit, rest: str) -> Any:
    return visit.show("missing.html", here="", status=404)


load_screens()
for screen in (*SCREENS, Screen("/<path:rest>", ("GET", "POST"), EVERYONE, "nothing", _nothing)):
    blueprint.add_url_rule(f"/admin/<shop>{screen.path}", f"framed_{screen.name}", framed(screen), methods=list(screen.methods))
