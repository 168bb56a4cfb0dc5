"""What the SHOP document says of a shop, in our terms."""

from __future__ import annotations

import re
from typing import Any

from booking.shopify.connection import ShopFacts
from gateways.shopify.wire import Drift

ACCOUNTS = {"NEW_CUSTOMER_ACCOUNTS": "new", "CLASSIC": "classic"}
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def shop_facts(data: dict[str, Any]) -> ShopFacts:
    """Raises Drift when something every shop has is missing. A storefront host that is no name counts as none."""
    try:
        shop, locales = data["shop"], data["shopLocales"]
        host = str(shop["primaryDomain"]["host"]).lower()
        return ShopFacts(
            shop["id"], shop["myshopifyDomain"], shop["name"], shop["email"], shop["currencyCode"], shop["ianaTimezone"],
            next((entry["locale"] for entry in locales if entry["primary"]), "en"), host if HOST.fullmatch(host) else None,
            ACCOUNTS.get(shop["customerAccountsV2"]["customerAccountsVersion"], "unknown"))
    except (KeyError, TypeError) as error:
        raise Drift(f"a shop without {error}") from error
