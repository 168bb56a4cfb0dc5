"""Who works in a shop's admin, as Shopify names them: the account's owner, somebody of the staff, and one whose address is not verified."""

from __future__ import annotations

from typing import Any

from sandbox.shopify.shop import Shop

OWNER, STAFF, UNPROVEN = "61000042", "61000043", "61000044"


def people(shop: Shop) -> dict[str, dict[str, Any]]:
    """`associated_user` of an online token, by the digits of a session token's `sub`."""
    address, name = shop.owner or (shop.email, f"Owner of {shop.name}")
    host = shop.email.partition("@")[2]
    return {
        OWNER: _user(OWNER, name, address, owner=True), STAFF: _user(STAFF, "Kit Rowe", f"kit@{host}"),
        UNPROVEN: _user(UNPROVEN, "Sam Vale", f"sam@{host}", verified=False)}


def _user(number: str, name: str, address: str, *, owner: bool = False, verified: bool = True) -> dict[str, Any]:
    first, _, last = name.partition(" ")
    return {"id": int(number), "first_name": first, "last_name": last, "email": address, "email_verified": verified, "account_owner": owner,
            "locale": "en", "collaborator": False}
