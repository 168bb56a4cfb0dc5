"""Secrets at rest: authenticated encryption bound to store and field, keys derived from the installation's (I64)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from booking.keys import settings


class Unsealable(Exception):
    """The text was not sealed by this installation for this store and field."""


def seal(store_id: int, field: str, text: str) -> str:
    """`v1.key id.base64url`: AES-256-GCM under the newest key. The same text sealed twice looks different."""
    nonce, (kid, key) = secrets.token_bytes(12), _derived(settings().secret_key)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound(store_id, field))
    return f"v1.{kid}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(store_id: int, field: str, sealed: str) -> str:
    """The text. Raises Unsealable for anything altered, or copied from another store or field."""
    version, _, rest = sealed.partition(".")
    kid, _, body = rest.partition(".")
    for secret in (settings().secret_key, *settings().secret_key_fallbacks):
        known, key = _derived(secret)
        if version == "v1" and known == kid:
            try:
                raw = base64.urlsafe_b64decode(body)
                return AESGCM(key).decrypt(raw[:12], raw[12:], _bound(store_id, field)).decode()
            except (InvalidTag, ValueError):
                break
    raise Unsealable(field)


def marks(field: str, text: str) -> list[str]:
    """Keyed hashes by which the text can be found again without being stored: under the newest key first, then older ones."""
    return [hmac.new(_derived(secret)[1], f"mark|{field}|{text}".encode(), hashlib.sha256).hexdigest()
            for secret in (settings().secret_key, *settings().secret_key_fallbacks)]


def by_older_key(sealed: str) -> bool:
    """Whether it should be sealed anew: its key is on its way out."""
    return sealed.split(".")[1] != _derived(settings().secret_key)[0]


def _bound(store_id: int, field: str) -> bytes:
    return f"opencals|{store_id}|{field}".encode()


@lru_cache(maxsize=16)
def _derived(secret: str) -> tuple[str, bytes]:
    """(key id, 256-bit key). The id is a hash of the derived key, so it says nothing about the secret."""
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"opencals sealing v1").derive(secret.encode())
    return hashlib.sha256(b"id" + key).hexdigest()[:8], key
