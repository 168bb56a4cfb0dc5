"""How a request of the extension comes in: a Shopify session token, and CORS on every answer (R9, I39).

The extension runs in a worker without an origin: preflights come first and carry no token, redirects and missing headers reach it
only as "failed to fetch". So every path here answers with `*`, errors included, takes no cookies and never redirects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import Blueprint, Response, g, request
from sqlalchemy import select

from booking.keys import settings
from booking.links import store_origin
from booking.rules.decision import Refused
from booking.shopify_tokens import BadToken, customer_caller
from booking.wording import Words
from jsonapi.call import Call
from jsonapi.operations import JsonApi
from jsonapi.problems import install as install_problems
from models.actor import Actor
from models.booking_summary import BookingSummary, find
from models.customer import Customer
from models.session import Tx, database, reading
from models.statement import Statement, param, text_param
from models.store import Store
from storefront.api.problems import refused, words
from storefront.door import kept_no_longer

PREFIX = "/api/customer/v1"
CORS = {
    "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE, OPTIONS", "Access-Control-Max-Age": "7200",
    "Access-Control-Expose-Headers": "Retry-After"}

blueprint = Blueprint("customer_api", __name__)
install_problems(blueprint, refused)


class Caller(NamedTuple):
    """A customer of the store, as the API shows them to themselves."""

    id: int
    name: str
    email: str | None
    phone: str | None
    locale: str | None
    zone: str | None
    preferences: dict[str, Any]


class Shop(NamedTuple):
    slug: str
    name: str
    zone: str
    locale: str


_BY_SHOPIFY_ID = Statement(select(*[getattr(Customer, name) for name in Caller._fields]).where(
    Customer.store_id == param("store"), Customer.shopify_id == text_param("gid"), Customer.erased_at.is_(None)), Caller)
_SHOP = Statement(select(Store.slug, Store.name, Store.zone, Store.locale).where(Store.store_id == param("store")), Shop)


@dataclass
class CustomerCall(Call):
    """A call of someone signed in at Shopify. `customer` is None for those this store has no bookings of."""

    customer: Caller | None = None
    shop: Shop = None  # type: ignore[assignment]
    origin: str = ""
    gid: str = ""
    words: Words = None  # type: ignore[assignment]

    def known(self) -> Caller:
        """The customer; to someone unknown here nothing exists."""
        if self.customer is None:
            raise Refused("not_found")
        return self.customer

    def _scope(self, kind: str) -> str:
        """A cursor is the customer's own."""
        return f"{self.principal}:{super()._scope(kind)}"

    def booking(self, tx: Tx, ref: str) -> BookingSummary:
        """A booking of this customer; unknown, foreign and no longer kept ones are equally not there (I28)."""
        b = find(tx, ref) if ref.isascii() and ref.isalnum() and len(ref) <= 40 else None
        if b is None or b.customer_id != self.known().id or kept_no_longer(b, tx):
            raise Refused("not_found")
        return b


def authenticate() -> CustomerCall:
    """Store and customer are those of the token and of nothing else the request says (I27). A token without `sub` shows nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        caller = customer_caller(token.strip() if scheme.lower() == "bearer" else "", settings().shopify_api_key or "", settings().shopify_secrets)
    except BadToken:
        raise Refused("unauthorized") from None
    store_id = database().store_for_shop(caller.shop)
    if store_id is None or caller.customer_gid is None:
        raise Refused("unauthorized")
    with reading(store_id) as tx:
        shop = _SHOP.first(tx)
        customer = find_caller(tx, caller.customer_gid)
        if shop is None:
            raise Refused("unauthorized")
        origin = store_origin(tx, shop.slug)
    g.store_id = store_id
    g.api_words, g.api_venue = words(customer.locale if customer else None, shop.locale, shop.zone), shop.name
    customer_id = customer.id if customer else None
    return CustomerCall(store_id, Actor("shopify_customer", "extension", customer_id), f"shopify-customer:{caller.customer_gid}",
                        customer=customer, shop=shop, origin=origin, gid=caller.customer_gid, words=g.api_words)


def find_caller(tx: Tx, gid: str) -> Caller | None:
    """The customer of this store whom Shopify knows by this id."""
    return _BY_SHOPIFY_ID.first(tx, gid=gid)


def _ours() -> bool:
    path = request.path
    return path.startswith(PREFIX) and (path == PREFIX or path[len(PREFIX)] == "/")


@blueprint.before_app_request
def preflight() -> Response | None:
    """OPTIONS is answered before anyone is asked who they are."""
    return Response(status=204) if request.method == "OPTIONS" and _ours() else None


api = JsonApi(blueprint, PREFIX, authenticate)
operation = api.operation


@blueprint.after_app_request
def cross_origin(response: Response) -> Response:
    if _ours():
        response.headers.extend({name: value for name, value in CORS.items() if name not in response.headers})
        response.headers.pop("Set-Cookie", None)
        response.vary.add("Accept-Language")
    return response
