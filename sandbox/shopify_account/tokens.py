"""Session tokens as the customer account gives them to extensions: signed with the app's secret, good for five minutes of real time."""

from __future__ import annotations

import re
import time
import uuid

import jwt
from flask import abort

from sandbox.shopify.shop import Shop, gid
from sandbox.shopify.site import Shopify

CUSTOMER = re.compile(r"gid://shopify/Customer/[1-9][0-9]*")


def shop_of(shopify: Shopify, store: str) -> Shop:
    """By the store's name as in demo.json, or by its domain."""
    return shopify.find(store if store.endswith(".myshopify.com") else f"{store}.myshopify.com")


def customer_of(shop: Shop, who: object) -> str | None:
    """A customer's id as Shopify writes it, from that, its number or an e-mail address; None for a visitor who is not signed in."""
    text = "" if who is None else str(who)
    if not text:
        return None
    if text.isdecimal():
        text = gid("Customer", int(text))
    if CUSTOMER.fullmatch(text):
        return text
    return next((known for known, c in shop.customers.items() if (c["email"] or "").lower() == text.lower()), None) or abort(404)


def customer_token(shopify: Shopify, shop: Shop, customer: str | None) -> str:
    """Without a customer the token has no `sub`: it says only which shop the page belongs to."""
    now = int(time.time())
    claims = {"dest": shop.domain, "aud": shopify.key, "jti": str(uuid.uuid4()), "iat": now, "nbf": now, "exp": now + 300}
    return jwt.encode(claims | ({"sub": customer} if customer else {}), shopify.secret, algorithm="HS256")
