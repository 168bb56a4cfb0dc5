"""A Shopify store to test in, and session tokens as Shopify signs them for the customer account and the admin."""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import psycopg

from booking.shopify.connection import ShopFacts, TokenPair, connect_shop
from models.actor import SYSTEM
from models.booking_summary import BookingSummary
from tests.support.world import World

KEY, SECRET = "tests-client-id", "shpss_" + "t" * 64
ADA, BEA = "gid://shopify/Customer/7001", "gid://shopify/Customer/7002"


def claims_of_customer(shop: str, gid: str | None, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {"dest": shop, "aud": KEY, "iat": now, "nbf": now, "exp": now + 300, "jti": str(uuid.uuid4())}
    return found | ({"sub": gid} if gid else {}) | more


def claims_of_admin(shop: str, user: int = 42, **more: Any) -> dict[str, Any]:
    return claims_of_customer(f"https://{shop}", None) | {"iss": f"https://{shop}/admin", "sub": str(user), "sid": "s1"} | more


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


def customer_token(shop: str, gid: str | None, **more: Any) -> str:
    return signed(claims_of_customer(shop, gid, **more))


class ShopWorld(World):
    """A World that is a Shopify store; `sold` books for a customer whom Shopify knows."""

    def __init__(self, owner_url: str, shop: str | None = None, **store: Any) -> None:
        super().__init__(owner_url, **store)
        self.shop = shop or f"{self.slug}.myshopify.com"
        self.as_owner("update stores set kind = 'shopify', shopify_domain = %s where store_id = %s", self.shop, self.store_id)
        connect_shop(SYSTEM, ShopFacts(f"gid://shopify/Shop/{self.store_id}", self.shop, "Harbor Massage", "shop@example.com", "USD",
                                       "America/New_York", "en"), TokenPair("shpat_test", 3600, "shprt_test", 7_776_000, "read_customers"))

    def sold(self, starts_at, *, gid: str = ADA, email: str = "ada@example.com", **more: Any) -> BookingSummary:  # noqa: ANN001
        b = self.book(starts_at, email=email, **more)
        self.known_at_shopify(b.customer_id, gid)
        return b

    def known_at_shopify(self, customer_id: int, gid: str) -> None:
        known = self.sql("select id from customers where shopify_id = %s", gid)
        if known:
            self.as_owner("update bookings set customer_id = %s where store_id = %s and customer_id = %s", known[0][0], self.store_id, customer_id)
        else:
            self.as_owner("update customers set shopify_id = %s where store_id = %s and id = %s", gid, self.store_id, customer_id)

    def bought(self, b: BookingSummary, order: str) -> None:
        """Make the booking a line of an order at Shopify."""
        self.as_owner("insert into shopify_order_lines (store_id, line_gid, order_gid, order_name, booking_id, quantity, state, created_at)"
                      " values (%s, %s, %s, '#1001', %s, 1, 'booked', opencals_now())", self.store_id, f"gid://shopify/LineItem/{b.id}", order, b.id)

    def as_owner(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.owner_url.replace("+psycopg", "")) as connection:
            connection.execute("select set_config('app.store_id', %s, true)", (str(self.store_id),))
            connection.execute(statement, values)
