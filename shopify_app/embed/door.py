"""The embed's door: whose session token a request brings, and who may frame the answer (I39, I48).

Nothing here reads or sets a cookie. A document names its shop in the address and brings the token in its query (`id_token`, as the
Shopify admin and our own links send it) or in the form; a fetch brings it as a bearer, which App Bridge adds.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, g, redirect, request, session
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from booking.keys import settings
from booking.shopify_tokens import SHOP, AdminCaller, admin_caller
from booking.user_access import DashboardUser, shop_user
from booking.access import StoreView
from models.session import database, reading
from shopify_app.dashboard.door import Frame

USUAL = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; connect-src 'self'; "
         "form-action 'self'; base-uri 'none'")
blueprint = Blueprint("shopify_embed", __name__, url_prefix="/app", template_folder="templates", static_folder="static")
_FIELD = Markup('<input type="hidden" name="csrf_token" value="{}">')


def shop_domain(text: str | None) -> str | None:
    """`{name}.myshopify.com` from an address, or None."""
    match = SHOP.fullmatch((text or "").lower())
    return match[1] if match else None


def given_token() -> str:
    """The token of this request, empty where there is none. A bearer counts before what a form or an address says."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    return request.form.get("id_token", "") if request.method == "POST" else request.args.get("id_token", "")


def caller_of(token: str) -> AdminCaller:
    """BadToken for anything but a token of the admin; StaleToken for one that was good."""
    return admin_caller(token, settings().shopify_api_key or "", settings().shopify_secrets)


def known_person(caller: AdminCaller) -> tuple[int, StoreView, DashboardUser] | None:
    """(store id, store, user) of someone of a connected shop who has been admitted, else None."""
    store_id = database().store_for_shop(caller.shop)
    if store_id is None:
        return None
    with reading(store_id) as tx:
        store, user = shop_user(tx, caller.user_id)
    return None if user is None else (store_id, store, user)


def frame_of(domain: str, token: str) -> Frame:
    return Frame(domain, screens_of(domain), token, settings().shopify_api_key or "", settings().shopify_bridge_url, f"/app?{urlencode({'shop': domain})}")


def screens_of(domain: str) -> str:
    """Where this shop's screens begin."""
    return f"/app/admin/{domain}"


def framed_by(domain: str) -> None:
    """The answer to this request may stand in this shop's admin, and nowhere else."""
    g.frame_shop = domain


def ask_again(domain: str, path: str) -> Response:
    """To the page that only loads App Bridge, which comes back to `path` with a fresh token."""
    keep = {name: request.args[name] for name in ("host", "embedded", "locale") if name in request.args}
    return redirect(f"/app/session-token?{urlencode({'shop': domain, **keep, 'shopify-reload': path})}", 302)


def path_without_token() -> str:
    """The address of this request, without the token it came with."""
    rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "id_token"])
    return request.path + (f"?{rest}" if rest else "")


@blueprint.after_request
def say_who_frames(response: Response) -> Response:
    """`frame-ancestors` of this shop and the Shopify admin alone; pages without a shop keep the 'none' of all others."""
    domain = g.get("frame_shop")
    if domain:
        response.headers["Content-Security-Policy"] = _framed_policy(response.headers.get("Content-Security-Policy", USUAL), domain)
        response.vary.add("Authorization")
    return response


def _framed_policy(policy: str, domain: str) -> str:
    """A page's own policy, with App Bridge allowed where it runs scripts and the shop's admin around it, also around parts of it."""
    bridge = urlsplit(settings().shopify_bridge_url)
    source = f"{bridge.scheme}://{bridge.netloc}"
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";") if rule.strip()}
    if "script-src" in rules:
        for name, more in (("script-src", [source]), ("style-src", [source]), ("font-src", [source]), ("connect-src", [source, f"https://{domain}"])):
            rules[name] = [*rules.get(name, []), *more]
    around = ["'self'"] if "'self'" in rules.get("frame-ancestors", []) else []
    rules["frame-ancestors"] = [*around, f"https://{domain}", "https://admin.shopify.com", *filter(None, [settings().sandbox_url])]
    return "; ".join(" ".join([name, *values]) for name, values in rules.items())


@blueprint.app_template_global("csrf")
def form_field() -> Markup:
    """What every form carries against forgery. In the frame the session token is that, and there is no cookie to tie another to."""
    if g.get("frame_shop"):
        return _FIELD.format("")
    visit = session.get("csrf_token")
    return _signed(visit, str(current_app.secret_key)) if visit else _FIELD.format(generate_csrf())


@lru_cache(maxsize=5_000)
def _signed(visit: str, secret_key: str) -> Markup:
    """The field for a visit, which each of its pages asks for. It has no end of its own: the visit's cookie has."""
    return _FIELD.format(generate_csrf(secret_key))
