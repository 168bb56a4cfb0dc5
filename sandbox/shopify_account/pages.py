"""`/shopify/account` and `/shopify/session-token`, on top of the sandbox's Shopify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_file

from sandbox.shopify.admin import id_token
from sandbox.shopify.shop import Shop
from sandbox.shopify.site import Shopify
from sandbox.shopify_account.tokens import customer_of, customer_token, shop_of

EXTENSIONS = Path(__file__).parents[2] / "extensions"
ADDRESS_IN_BUNDLE = "https://opencals-api.invalid"
PAGES = {"bookings": "Bookings", "orders": "Orders", "order": "Order", "profile": "Profile"}
# (extension, target) on each page, in the order they stand there.
PLACED = {
    "bookings": [("booking-page", "customer-account.page.render")],
    "orders": [("booking-blocks", "customer-account.order-index.block.render")],
    "order": [("booking-blocks", "customer-account.order-status.block.render"), ("booking-blocks", "customer-account.order.action.menu-item.render")],
    "profile": [("booking-blocks", "customer-account.profile.block.render")],
}
DIALOG = ("booking-blocks", "customer-account.order.action.render")
LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
RIGHT_TO_LEFT = ("ar",)
SHOWN = 60
SAMPLE_ORDER = "gid://shopify/Order/1"


def blueprint(shopify: Shopify, api: str) -> Blueprint:
    """`api` is where the product's API answers; the bundles learn it as they are served, as they would when deployed."""
    site = Blueprint("shopify_account", __name__, template_folder="templates", static_folder="static", static_url_path="/shopify/account/static")

    @site.post("/shopify/session-token")
    def session_token() -> Any:
        """`{"store", "customer"}` or `{"store", "user"}` -> `{"token"}`; customer null is a visitor who is not signed in."""
        body = request.get_json(silent=True)
        body = body if isinstance(body, dict) else {}
        if not isinstance(body.get("store"), str) or not ({"customer", "user"} & set(body)):
            return {"problem": 'send {"store": "demo-shop", "customer": "gid://shopify/Customer/1"} or {"store": "demo-shop", "user": true}'}, 400
        shop = shop_of(shopify, body["store"])
        if "user" in body:
            return {"token": id_token(shopify, shop)}
        return {"token": customer_token(shopify, shop, customer_of(shop, body["customer"]))}

    @site.get("/shopify/account")
    def account() -> str:
        """`store`, `customer`, `page`, `path` within the full page, `order`, `language`; `signed_in=0` for the link of an order mail."""
        args = request.args
        shop = shop_of(shopify, args.get("store", "demo-shop"))
        page = args.get("page", "bookings")
        people = dict(list(shop.customers.items())[:SHOWN])
        customer = customer_of(shop, args.get("customer")) or next(iter(people), None)
        state = {"store": shop.domain, "customer": customer, "page": page if page in PAGES else abort(404), "path": args.get("path", "/"),
                 "language": args.get("language") if args.get("language") in LANGUAGES else "en", "signedIn": args.get("signed_in") != "0", "order": args.get("order", SAMPLE_ORDER)}
        return render_template("shopify_account.html", shop=shop, people=people, state=state, pages={k: v for k, v in PAGES.items() if k != "order"},
                               placed=PLACED[page], dialog=DIALOG, languages=LANGUAGES, direction=_direction(state["language"]), orders=_orders(shop, customer), built=_bundle(PLACED[page][0][0]).exists())

    @site.get("/shopify/account/frame")
    def frame() -> str:
        extension, target, language = (request.args.get(name, "") for name in ("extension", "target", "language"))
        if (extension, target) not in {DIALOG, *(pair for pairs in PLACED.values() for pair in pairs)}:
            abort(404)
        facts = {"target": target, "extension": extension, "language": language, "texts": _texts(extension, language)}
        return render_template("shopify_frame.html", facts=json.dumps(facts).replace("<", "\\u003c"), extension=extension,
                               language=language if language in LANGUAGES else "en", direction=_direction(language))

    @site.get("/shopify/account/<extension>.js")
    def bundle(extension: str) -> Response:
        file = _bundle(extension)
        if extension not in {pair[0] for pairs in PLACED.values() for pair in pairs} or not file.exists():
            abort(404)
        return Response(file.read_text().replace(ADDRESS_IN_BUNDLE, api), mimetype="text/javascript", headers={"Cache-Control": "no-cache"})

    @site.get("/shopify/account/icon.svg")
    def icon() -> Response:
        return send_file(Path(__file__).parents[2] / "storefront" / "static" / "icon.svg")

    return site


def _direction(language: str | None) -> str:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def _bundle(extension: str) -> Path:
    return EXTENSIONS / "build" / f"{extension}.js"


def _texts(extension: str, language: str) -> dict[str, Any]:
    """The locale file of the extension; English where it has none, as at Shopify."""
    folder = EXTENSIONS / extension / "locales"
    file = folder / f"{language}.json"
    return json.loads((file if language.isalpha() and file.exists() else folder / "en.default.json").read_text())


def _orders(shop: Shop, customer: str | None) -> list[dict[str, Any]]:
    return [order for order in shop.orders.values() if order["customer"] == customer][::-1][:SHOWN]
