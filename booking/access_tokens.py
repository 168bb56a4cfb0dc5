"""Bearer tokens of the merchant API: `oc_{store}_{secret}`. The store is named in the token itself (I27)."""

from __future__ import annotations

import hashlib
import re
import secrets

SHAPE = re.compile(r"oc_([0-9a-z]{1,13})_([A-Za-z0-9_-]{43})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def mint(store_id: int) -> tuple[str, str]:
    """(token, hash of its secret)."""
    secret = secrets.token_urlsafe(32)
    return f"oc_{_base36(store_id)}_{secret}", digest(secret)


def parse(token: str) -> tuple[int, str] | None:
    """(store id, hash) of a well-formed token, else None."""
    match = SHAPE.fullmatch(token)
    if match is None:
        return None
    store_id = int(match[1], 36)
    return (store_id, digest(match[2])) if store_id < 2**63 else None


def digest(secret: str) -> str:
    """SHA-256: the secret has 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
