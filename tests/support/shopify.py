"""Session tokens as Shopify signs them for the customer account and the admin."""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt

KEY, SECRET = "tests-client-id", "shpss_" + "t" * 32


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
