"""Signing in to the dashboard with a typed code (A148, R7). GET never signs anyone in (D2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, g, redirect, render_template, request

from booking.actions.sign_in import Asker, new_challenge
from booking.actions.sign_in_user import request_user_code, sign_in_user, sign_out_user
from booking.rules.decision import Refused
from booking.steady import steady
from booking.wording import Words
from models.actor import Actor
from models.session import reading
from shopify_app.dashboard.cookies import challenge, forget_user, remember_challenge, remember_user, user_secret
from shopify_app.dashboard.door import bp, enter, safe_next, store_of
from shopify_app.dashboard.language import words_of

GUEST = Actor("user", "dashboard")


@bp.get("/admin/login")
def login() -> Response:
    if enter() is not None:
        return redirect(safe_next(request.args.get("next")), 303)
    return _page("login.html", next=safe_next(request.args.get("next")), email="", problem=None)


@bp.post("/admin/login")
@steady
def ask_for_code() -> Response:
    """Mail a code and go on to the code page: the same for every address (I36)."""
    email, target = request.form.get("email", "")[:320], safe_next(request.form.get("next"))
    fresh = new_challenge()
    try:
        request_user_code(_store_id(), GUEST, email, challenge=fresh, asker=Asker(request.remote_addr or ""))
    except Refused as refused:
        w, name = _words()
        problem = w._("Please enter an e-mail address, such as name@example.com.") if refused.code == "invalid" else \
            w.refusal(refused.code, refused.facts, name)
        return _page("login.html", status=429 if refused.code == "rate_limited" else 422, next=target, email=email, problem=problem)
    response = redirect(f"/admin/login/code?{urlencode({'next': target})}", 303)
    remember_challenge(response, fresh)
    return response


@bp.get("/admin/login/code")
def code_page() -> Response:
    if challenge() is None:
        return redirect("/admin/login", 303)
    return _page("code.html", next=safe_next(request.args.get("next")), problem=None)


@bp.post("/admin/login/code")
def enter_code() -> Response:
    target = safe_next(request.form.get("next"))
    code = "".join(c for c in request.form.get("code", "")[:40] if c.isdigit())
    try:
        done = sign_in_user(_store_id(), GUEST, code, challenge=challenge() or "-")
    except Refused as refused:
        w, name = _words()
        problem = w.refusal("unauthorized", refused.facts, name)
        left = refused.facts.get("left")
        problem += " " + (w.ngettext("You have {n} try left.", "You have {n} tries left.", left).format(n=left) if left
                          else w._("Please ask for a new code."))
        return _page("code.html", status=422, next=target, problem=problem)
    response = redirect(target, 303)
    remember_user(response, done.facts["secret"])
    return response


def sign_in_again() -> Response:
    """The sign-in page for a form whose token was not good."""
    w, _name = _words()
    return _page("login.html", status=400, next="/admin", email="", problem=w._(
        "The page was open for too long, or cookies are switched off. Nothing has changed: open the page again."))


@bp.post("/admin/logout")
def logout() -> Response:
    secret = user_secret()
    if secret:
        sign_out_user(_store_id(), GUEST, secret)
    response = redirect("/admin/login", 303)
    forget_user(response)
    return response


def _store_id() -> int:
    if g.get("store_id") is None:
        abort(404)
    return g.store_id


def _words() -> tuple[Words, str]:
    with reading(_store_id()) as tx:
        store = store_of(tx)
    return words_of(store), store.name


def _page(template: str, *, status: int = 200, **facts: Any) -> Response:
    with reading(_store_id()) as tx:
        store = store_of(tx)
    w = words_of(store)
    body = render_template(f"dashboard/{template}", store=store, user=None, w=w, _=w.gettext, menu=[], here="", done=None, **facts)
    return Response(body, status, mimetype="text/html")
