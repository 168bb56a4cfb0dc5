"""Session tokens as Shopify makes them, for tests."""

from __future__ import annotations

import time
from typing import Any

import jwt

KEY, SECRET, OLD_SECRET = "app-key-1", "hush-" + "s" * 60, "hush-" + "o" * 60
SHOP = "harbor.myshopify.com"


def admin_claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": f"https://{SHOP}/admin", "dest": f"https://{SHOP}", "aud": KEY, "sub": "42", "sid": "aa11", "jti": "j-1",
            "exp": now + 60, "nbf": now, "iat": now} | other


def customer_claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"dest": SHOP, "aud": KEY, "sub": "gid://shopify/Customer/7", "jti": "j-2", "exp": now + 300, "nbf": now, "iat": now} | other


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm=algorithm)
