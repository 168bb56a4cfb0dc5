"""The shop's side of the sandbox to click in: the admin that frames the app, customers, orders, and the compliance deliveries."""

from __future__ import annotations

import base64
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import jwt
from flask import Blueprint, Response, abort, redirect, render_template, request

from sandbox.shopify import orders
from sandbox.shopify.shop import Shop, Trouble, number_of
from sandbox.shopify.site import Shopify
from sandbox.shopify.staff import OWNER, people

SHOWN = 40
PLACES = ("customer-account.page.render", "customer-account.order-status.block.render", "customer-account.order-index.block.render",
          "customer-account.profile.block.render", "customer-account.order.action.menu-item.render")
"""Where the extensions can stand; the first is an extension of its own."""


def install(site: Blueprint, shopify: Shopify, portal: str) -> None:
    """Add the pages to the sandbox's Shopify. `portal` is where the app answers."""

    def page(shop: Shop, problem: str = "") -> str:
        q = request.args.get("q", "").lower()
        found = [c for c in shop.customers.values() if q in f"{c['firstName']} {c['lastName']} {c['email']} {c['phone']}".lower()]
        return render_template(
            "shopify_admin.html", shop=shop, shops=shopify.shops.values(), problem=problem, q=q, frame=app_url(shop), customers=found[:SHOWN],
            people=people(shop), user=acting(shop), places=PLACES,
            orders=list(shop.orders.values())[::-1][:SHOWN], products=shop.products.values(), money=lambda amount: orders.text(shop, amount),
            fields=lambda c: {key[2]: value["value"] for key, value in shop.metafields.items() if key[0] == c["id"]}, total=len(shop.customers),
            captured=orders.captured, given_back=orders.given_back)

    def acting(shop: Shop) -> str:
        return request.args["user"] if request.args.get("user") in people(shop) else OWNER

    def app_url(shop: Shop) -> str:
        host = base64.urlsafe_b64encode(f"admin.shopify.com/store/{shop.domain.split('.')[0]}".encode()).rstrip(b"=").decode()
        return f"{portal}/app?" + urlencode({"shop": shop.domain, "host": host, "embedded": "1", "id_token": id_token(shopify, shop, acting(shop))})

    @site.get("/shopify/admin")
    def admin_home() -> str:
        wanted = request.args.get("shop") or next(iter(shopify.shops))
        return page(shopify.find(wanted))

    @site.get("/shopify/admin/token")
    def admin_token() -> Any:
        """What App Bridge's idToken() answers in the frame; asked by the admin page itself."""
        shop = shopify.find(request.args.get("shop", ""))
        return {"token": id_token(shopify, shop, acting(shop))}

    @site.get("/shopify/admin/extensions")
    def admin_extensions() -> Any:
        """What App Bridge's app.extensions() answers."""
        placed = shopify.find(request.args.get("shop", "")).placed
        return [{"handle": handle, "type": "ui_extension", "activations": [{"target": target} for target in placed if (target == PLACES[0]) is (handle == "booking-page")]}
                for handle in ("booking-page", "booking-blocks")]

    @site.get("/shopify/app-bridge.js")
    def app_bridge() -> Response:
        return Response(render_template("shopify_bridge.js"), mimetype="text/javascript")

    @site.post("/shopify/admin/<shop>/<do>")
    def admin_do(shop: str, do: str) -> Any:
        found, form = shopify.find(shop), request.form
        try:
            (DO.get(do) or abort(404))(shopify, found, form)
        except (Trouble, KeyError, ValueError, StopIteration) as trouble:
            return page(found, str(trouble.args[-1] if trouble.args else trouble)), 422
        return redirect(f"/shopify/admin?{urlencode({'shop': shop})}", 303)


def id_token(shopify: Shopify, shop: Shop, user: str = OWNER) -> str:
    """As App Bridge gives it: signed by the app's secret, good for a minute of real time."""
    now = int(time.time())
    return jwt.encode({"iss": f"https://{shop.domain}/admin", "dest": f"https://{shop.domain}", "aud": shopify.key, "sub": user,
                       "sid": uuid.uuid4().hex, "jti": uuid.uuid4().hex, "exp": now + 60, "nbf": now, "iat": now}, shopify.secret, algorithm="HS256")


def _customer(shopify: Shopify, shop: Shop, form: Any) -> None:
    shop.change_customer(form["id"], **{name: form[name].strip() or None for name in ("firstName", "lastName", "email", "phone") if name in form})


def _order(shopify: Shopify, shop: Shop, form: Any) -> None:
    product = shop.products[form["product"]]
    variant = product["variants"][0]
    attributes = {"_opencals_start": form["start"].strip()} if form.get("start") else {}
    orders.place(shop, form["customer"], [{"title": product["title"], "price": variant["price"], "variant": variant["id"],
                                           "quantity": int(form.get("quantity") or 1), "attributes": attributes}], paid=form.get("paid") == "1")


def _refund_line(shopify: Shopify, shop: Shop, form: Any) -> None:
    line = next(line for line in shop.orders[form["order"]]["lines"] if line["id"] == form["line"])
    orders.refund(shop, form["order"], lines=[(line["id"], line["quantity"] - line["refunded"])], amount=None)


def _redact(shopify: Shopify, shop: Shop, form: Any) -> None:
    c = shop.customers[form["id"]]
    shopify.tell(shop, form["topic"], {
        "shop_id": shop.number, "shop_domain": shop.domain, "orders_to_redact": [], "orders_requested": [], "data_request": {"id": int(time.time())},
        "customer": {"id": number_of(c["id"]), "email": c["email"], "phone": c["phone"]}})


def _accounts(shopify: Shopify, shop: Shop, form: Any) -> None:
    """The kind of customer accounts, and where the merchant has put the extensions."""
    shop.accounts = "CLASSIC" if form.get("accounts") == "CLASSIC" else "NEW_CUSTOMER_ACCOUNTS"
    shop.placed = tuple(target for target in PLACES if target in form.getlist("placed"))
    shop.changed("shop/update", {"id": shop.number, "myshopify_domain": shop.domain, "domain": shop.domain, "name": shop.name})


def _crowd(shopify: Shopify, shop: Shop, form: Any) -> None:
    """Invented customers, all at once and without telling anybody: what a first import meets."""
    at = shop.instant()
    with shop.lock:
        for number in range(int(form["number"])):
            made = shop.new("Customer")
            shop.customers[made] = {
                "id": made, "firstName": f"Guest {number_of(made)}", "lastName": "Example", "email": f"guest{number_of(made)}@example.com", "phone": None,
                "locale": shop.locale, "verifiedEmail": True, "state": "ENABLED", "tags": [], "note": None, "createdAt": at, "updatedAt": at}


DO = {
    "accounts": _accounts,
    "crowd": _crowd,
    "product": lambda shopify, shop, form: orders.add_product(shop, form["title"], int(form["price"])),
    "customer": _customer,
    "order": _order,
    "pay": lambda shopify, shop, form: orders.pay(shop, form["order"]),
    "cancel": lambda shopify, shop, form: orders.cancel(shop, form["order"], give_back=form.get("refund") == "1"),
    "refund": _refund_line,
    "remove-line": lambda shopify, shop, form: orders.remove_line(shop, form["order"], form["line"]),
    "merge": lambda shopify, shop, form: shop.merge_customers(form["kept"], form["removed"]),
    "privacy": _redact,
    "uninstall": lambda shopify, shop, form: shop.uninstall(),
    "shop-redact": lambda shopify, shop, form: shopify.tell(shop, "shop/redact", {"shop_id": shop.number, "shop_domain": shop.domain}),
}
