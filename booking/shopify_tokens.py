"""Shopify session tokens: who a token speaks for, told by positive evidence (R9, I39).

The admin embed and the customer-account extension sign with the same secret and audience, so a signature alone proves neither.
Only tokens of merchants have `iss` at the shop's admin, `sid` and a user's digits in `sub`; a customer's `sub` is a customer GID.
Tokens live for one to five minutes of real time, so they are judged by the machine's clock.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt

LEEWAY_SECONDS = 10
LONGEST_TOKEN = 4096
SHOP = re.compile(r"(?:https://)?([a-z0-9][a-z0-9-]{0,98}\.myshopify\.com)/?")
CUSTOMER = re.compile(r"gid://shopify/Customer/[1-9][0-9]{0,18}")
USER = re.compile(r"[1-9][0-9]{0,18}")
_ALWAYS = ("dest", "aud", "exp", "nbf", "iat", "jti")
_OF_ADMIN = (*_ALWAYS, "iss", "sub", "sid")


class BadToken(Exception):
    """Not a token of the kind asked for: forged, expired, too early, for another app or shop, or of the other kind."""


class StaleToken(BadToken):
    """A token of ours that was good until a moment ago: a fresh one may be asked for."""


@dataclass(frozen=True, slots=True)
class AdminCaller:
    """A person of the shop in the Shopify admin. `shop` is `{name}.myshopify.com`."""

    shop: str
    user_id: int


@dataclass(frozen=True, slots=True)
class CustomerCaller:
    """A visitor of the customer account; without `customer_gid` nobody is signed in, and nothing may be shown."""

    shop: str
    customer_gid: str | None


def admin_caller(token: str, client_id: str, secrets: Sequence[str]) -> AdminCaller:
    """The merchant behind an App Bridge id token; BadToken for anything else. `secrets`: the present one, then older ones."""
    claims, shop = _claims(token, client_id, secrets, _OF_ADMIN)
    if claims["iss"] != f"https://{shop}/admin" or not claims["sid"] or not USER.fullmatch(claims["sub"]):
        raise BadToken("not a token of the admin")
    return AdminCaller(shop, int(claims["sub"]))


def customer_caller(token: str, client_id: str, secrets: Sequence[str]) -> CustomerCaller:
    """The customer behind a customer-account token; BadToken for anything else."""
    claims, shop = _claims(token, client_id, secrets, _ALWAYS)
    gid = claims.get("sub")
    if "sid" in claims or str(claims.get("iss", "")).rstrip("/").endswith("/admin") or (gid is not None and not CUSTOMER.fullmatch(gid)):
        raise BadToken("not a token of the customer account")
    return CustomerCaller(shop, gid)


def _claims(token: str, client_id: str, secrets: Sequence[str], required: Sequence[str]) -> tuple[dict[str, Any], str]:
    """Verified claims and the shop's domain. HS256 only; the audience is this app alone."""
    if not client_id or len(token) > LONGEST_TOKEN:
        raise BadToken("unusable")
    for secret in filter(None, secrets):
        try:
            claims = jwt.decode(token, secret, algorithms=["HS256"], audience=client_id, leeway=LEEWAY_SECONDS,
                                options={"require": list(required), "strict_aud": True})
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError as error:
            raise StaleToken("expired") from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise BadToken(type(error).__name__) from error
        if any(not isinstance(claims.get(name), str) for name in required if name in ("dest", "iss", "sub", "sid", "jti")):
            raise BadToken("a claim is not a text")
        match = SHOP.fullmatch(claims["dest"])
        if match is None:
            raise BadToken("dest")
        return claims, match[1]
    raise BadToken("signature")
