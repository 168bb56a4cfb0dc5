"""App Bridge session tokens: who of which shop is asking (R9, I27, I39)."""

from __future__ import annotations

from booking import shopify_tokens
from booking.keys import settings
from booking.user_access import shop_user
from models.actor import Actor
from models.session import database, reading

RETRY_HEADER = "X-Shopify-Retry-Invalid-Session-Request"
"""On a 401: App Bridge gets a new token and asks once more."""


def looks_like_one(token: str) -> bool:
    """Three dotted parts, where Shopify is configured; what it says is for `merchant_of` to judge."""
    return bool(settings().shopify_secrets) and token.count(".") == 2


def merchant_of(token: str) -> tuple[int, Actor] | None:
    """(store id, the person) of a valid admin token of a shop where the app is installed and this person has been admitted."""
    try:
        caller = shopify_tokens.admin_caller(token, settings().shopify_api_key or "", settings().shopify_secrets)
    except shopify_tokens.BadToken:
        return None
    store_id = database().store_for_shop(caller.shop)
    if store_id is None:
        return None
    with reading(store_id) as tx:
        _, user = shop_user(tx, caller.user_id)
    return None if user is None else (store_id, Actor("user", "dashboard", user.user_id, user.role))
