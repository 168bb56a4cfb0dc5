"""Signing in with a typed code (R7). GET never signs anyone in (D2)."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import g, make_response, redirect, request

from booking.access import visitor
from booking.actions.sign_in import Asker, new_challenge, request_login_code, sign_in, sign_out, sign_out_everywhere
from booking.actions.sign_in_phone import phone_offered, request_phone_login
from booking.rules.decision import Refused
from booking.shopify.signing_in import hint_of, shop_accounts
from booking.steady import steady
from booking.wording import Words
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.cookies import challenge, forget_login, login_secret, remember_challenge, remember_login
from storefront.devices import device_name
from storefront.door import require_login, safe_next
from storefront.login_shopify import signed_out_page

GUEST = Actor("customer", "account")


@bp.get("/account/login")
def login():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person = visitor(tx, login_secret())
        offered = shop_accounts(tx) is not None
    if person and not request.args.get("again"):
        return redirect(safe_next(request.args.get("next")), 303)
    return page("login.html", store, words(store), next=safe_next(request.args.get("next")), email="", problem=None, shopify=offered,
                by_phone=phone_offered())


@bp.post("/account/login")
@steady
def ask_for_code():  # noqa: ANN201
    """Send a code and go on to the code page: the same for every address and every number (I36)."""
    email, target = request.form.get("email", "")[:320], safe_next(request.form.get("next"))
    phone = phone_offered() and "@" not in email and any(c.isdigit() for c in email)
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
        offered = shop_accounts(tx) is not None
    w = words(store)
    fresh = new_challenge()
    try:
        (request_phone_login if phone else request_login_code)(
            g.store_id, GUEST, email, challenge=fresh, asker=Asker(request.remote_addr or ""), locale=w.locale)
    except Refused as refused:
        status = 429 if refused.code == "rate_limited" else 422
        return page("login.html", store, w, next=target, email=email, problem=_problem(refused, w, store.name), shopify=offered,
                    by_phone=phone_offered()), status
    response = redirect(f"/account/login/code?{urlencode({'next': target} | ({'by': 'phone'} if phone else {}))}", 303)
    remember_challenge(response, fresh)
    return response


@bp.get("/account/login/code")
def code_page():  # noqa: ANN201
    if challenge() is None:
        return redirect("/account/login", 303)
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
    return page("code.html", store, words(store), next=safe_next(request.args.get("next")), problem=None, by=request.args.get("by"))


@bp.post("/account/login/code")
def enter_code():  # noqa: ANN201
    target = safe_next(request.form.get("next"))
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
    w = words(store)
    code = "".join(c for c in request.form.get("code", "")[:40] if c.isdigit())
    try:
        done = sign_in(g.store_id, GUEST, code, challenge=challenge() or "-", device=device_name(request.user_agent.string))
    except Refused as refused:
        return page("code.html", store, w, next=target, problem=wrong_code(refused, w, store.name), by=request.form.get("by")), 422
    response = redirect(target, 303)
    remember_login(response, done.facts["secret"])
    return response


def _problem(refused: Refused, w: Words, venue: str) -> str:
    if refused.code != "invalid":
        return w.refusal(refused.code, refused.facts, venue)
    if phone_offered():
        return w._("Please enter an e-mail address, such as name@example.com, or a number with its country code, such as +1 212 555 0100.")
    return w._("Please enter an e-mail address, such as name@example.com.")


def wrong_code(refused: Refused, w: Words, venue: str) -> str:
    """Why a typed code was not taken, and how many tries are left."""
    problem = w.refusal(refused.code, refused.facts, venue)
    left = refused.facts.get("left")
    if left:
        return problem + " " + w.ngettext("You have {n} try left.", "You have {n} tries left.", left).format(n=left)
    return problem + " " + w._("Please ask for a new code.")


@bp.post("/account/logout")
def logout():  # noqa: ANN201
    secret = login_secret()
    response = redirect("/account/login", 303)
    if secret:
        with reading(g.store_id) as tx:
            hint = hint_of(tx, secret)
        sign_out(g.store_id, GUEST, secret)
        if hint:
            response = make_response(signed_out_page(hint))
    forget_login(response)
    return response


@bp.post("/account/logout-everywhere")
def logout_everywhere():  # noqa: ANN201
    with reading(g.store_id) as tx:
        _, person = require_login(tx)
    sign_out_everywhere(g.store_id, Actor("customer", "account", person.customer_id), person.customer_id)
    response = redirect("/account/login", 303)
    forget_login(response)
    return response
