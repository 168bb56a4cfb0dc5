"""Signing in with Shopify, beside the typed code (R7, R9): out to the shop's customer accounts and back, bound to this browser.

Shopify knows one callback for all stores, on the app's host; the signed state says where it leads on. Coming back shows a button:
no GET signs anyone in (R5, D2), so an address somebody sends around opens nothing.
"""

from __future__ import annotations

import hmac
import logging
from typing import Any
from urllib.parse import urlencode

from flask import abort, g, make_response, redirect, render_template, request

from booking.access import StoreView, visitor
from booking.actions.sign_in_phone import phone_offered
from booking.keys import settings, sign, unsign
from booking.rules.decision import Refused
from booking.shopify.signing_in import Identity, ShopAccounts, shop_accounts, sign_in_with_shopify
from booking.wording import SHIPPED, Words, words_for
from gateways.shopify.accounts import Accounts, Attempt, SignInRefused
from gateways.shopify.wire import ShopifyError
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.cookies import forget_shopify_attempt, login_secret, remember_login, remember_shopify_attempt, shopify_attempt
from storefront.devices import device_name
from storefront.door import safe_next

GUEST = Actor("customer", "account")
LONGEST_CODE = 2048
log = logging.getLogger("opencals.shopify")


@bp.get("/account/login/shopify")
def shopify_start():  # noqa: ANN201
    """On to Shopify's own question; this browser keeps what the answer has to fit."""
    store, found, w = _offered()
    attempt = Attempt.new()
    try:
        question = _accounts(found).question(attempt, sign("customer-state", [g.store_id, _origin(), attempt.state]), w.locale)
    except ShopifyError as error:
        return _failed(store, w, error, safe_next(request.args.get("next")))
    response = redirect(question, 303)
    remember_shopify_attempt(response, [attempt.state, attempt.nonce, attempt.verifier, safe_next(request.args.get("next"))])
    return response


@bp.get("/app/customers/callback")
def shopify_callback():  # noqa: ANN201
    """From Shopify, on the app's host: to the store the state names, with what came."""
    state = unsign("customer-state", request.args.get("state", ""))
    if not isinstance(state, list) or len(state) != 3:
        return _bare(400)
    given = {name: request.args[name][:LONGEST_CODE] for name in ("code", "error") if name in request.args}
    return redirect(f"{state[1]}/account/login/shopify/return?{urlencode(given | {'state': request.args['state']})}", 303)


@bp.get("/account/login/shopify/return")
def shopify_return():  # noqa: ANN201
    """Back at the store: one button, if this browser is the one that went."""
    store, found, w = _offered()
    kept = _kept(request.args.get("state", ""))
    if kept is None or not request.args.get("code"):
        cancelled = kept is not None and request.args.get("error") == "access_denied"
        problem = w._("Signing in with Shopify was cancelled.") if cancelled else _again(w)
        return _login(store, w, problem, kept[3] if kept else "/account"), 200 if cancelled else 400
    return page("login_shopify.html", store, w, code=request.args["code"][:LONGEST_CODE], state=request.args["state"])


@bp.post("/account/login/shopify/return")
def shopify_finish():  # noqa: ANN201
    """Prove who it is and open the session."""
    store, found, w = _offered()
    kept = _kept(request.form.get("state", ""))
    if kept is None:
        with reading(g.store_id) as tx:
            _, person = visitor(tx, login_secret())
        # A second press of the button finds the session of the first.
        return redirect("/account", 303) if person else (_login(store, w, _again(w), "/account"), 400)
    try:
        proof = _accounts(found).prove(request.form.get("code", "")[:LONGEST_CODE], Attempt(*kept[:3]))
        done = sign_in_with_shopify(g.store_id, GUEST, Identity(proof.gid, proof.first_name, proof.last_name, proof.email, proof.email_verified),
                                    id_token=proof.id_token, device=device_name(request.user_agent.string))
    except ShopifyError as error:
        return _failed(store, w, error, kept[3])
    except Refused as refused:
        if refused.facts.get("kind") != "shopify_account":
            raise
        text = w._("Your Shopify account could not be matched with your bookings here: they may belong to another Shopify account. "
                   "Please sign in with a code, or contact {venue}.").format(venue=store.name)
        return _without_attempt(_login(store, w, text, kept[3]), 409)
    response = redirect(kept[3], 303)
    remember_login(response, done.facts["secret"])
    forget_shopify_attempt(response)
    return response


@bp.get("/app/customers/signed-out")
def shopify_signed_out():  # noqa: ANN201
    """From Shopify after signing out there: to the store's sign-in, where the answer says which."""
    origin = unsign("customer-signed-out", request.args.get("state", ""))
    return redirect(f"{origin}/account/login", 303) if isinstance(origin, str) else _bare(200)


def signed_out_page(id_token: str) -> str:
    """After signing out here: the way to sign out at Shopify too, which stays signed in otherwise."""
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
        found = shop_accounts(tx)
    try:
        farewell = found and _accounts(found).farewell(id_token, sign("customer-signed-out", _origin()))
    except ShopifyError:
        farewell = None
    return page("signed_out.html", store, words(store), farewell=farewell)


def _offered() -> tuple[StoreView, ShopAccounts, Words]:
    """404 where the store's shop does not offer this way in."""
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
        found = shop_accounts(tx)
    return store, found or abort(404), words(store)


def _accounts(found: ShopAccounts) -> Accounts:
    s = settings()
    return Accounts(s.shopify_api_key or "", s.shopify_api_secret or "", s.shopify_accounts_base, found.host, found.number, s.origin(f"app.{s.base_domain}"))


def _origin() -> str:
    """Where this browser is: a host that the database has given to this store (I43)."""
    return f"{request.scheme}://{request.host}"


def _kept(given: str) -> list[str] | None:
    """What this browser kept, if the state that came back is the one it left with, from this very store."""
    state, kept = unsign("customer-state", given), shopify_attempt()
    if not isinstance(state, list) or kept is None or state[:1] != [g.store_id]:
        return None
    return kept if hmac.compare_digest(str(state[-1]).encode(), kept[0].encode()) else None


def _failed(store: StoreView, w: Words, error: ShopifyError, target: str) -> Any:
    """Why it did not work, in the customer's words: what Shopify sent does not prove who they are, or Shopify does not answer."""
    log.warning("sign-in with Shopify failed", extra={"store": g.store_id, "error": f"{type(error).__name__} {error}"[:200]})
    if isinstance(error, SignInRefused):
        return _without_attempt(_login(store, w, _again(w), target), 400)
    text = w._("Shopify does not answer at the moment. Please try again in a minute, or sign in with a code.")
    return _without_attempt(_login(store, w, text, target), 503)


def _again(w: Words) -> str:
    return w._("Signing in with Shopify did not work: it took too long, or was begun in another browser. Please try again.")


def _login(store: StoreView, w: Words, problem: str, target: str) -> str:
    return page("login.html", store, w, next=target, email="", problem=None, shopify=True, shopify_problem=problem,
                by_phone=phone_offered())


def _without_attempt(body: str, status: int) -> Any:
    response = make_response(body, status)
    forget_shopify_attempt(response)
    return response


def _bare(status: int) -> Any:
    """A page without a store, in the browser's language."""
    w = words_for(request.accept_languages.best_match(list(SHIPPED)) if request.accept_languages else None)
    if status == 200:
        heading, text = w._("You are signed out"), w._("You can close this page.")
    else:
        heading, text = w._("Please try again"), w._("This page is part of signing in with Shopify and cannot be opened by itself. Please start again from your bookings.")
    return make_response(render_template("bare.html", w=w, heading=heading, text=text), status)
