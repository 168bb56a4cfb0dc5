"""Secrets of other services, encrypted at rest: bound to their store and field, so a copied ciphertext opens nowhere else (I64).

Keys are derived from SECRET_KEY. SECRET_KEY_FALLBACKS still open what older keys sealed, so keys rotate without a stop.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from booking.keys import settings

VERSION = b"\x01"
KEY_ID, NONCE = 4, 12


class Unopenable(Exception):
    """The ciphertext was sealed for another store or field, altered, or with a key that is gone."""


def seal(store_id: int, field: str, text: str) -> bytes:
    """version | key id | nonce | AES-256-GCM of `text` under the newest key, with store and field as associated data."""
    key = _key(settings().secret_key)
    nonce = secrets.token_bytes(NONCE)
    return VERSION + key[0] + nonce + AESGCM(key[1]).encrypt(nonce, text.encode(), _bound(store_id, field))


def unseal(store_id: int, field: str, sealed: bytes) -> str:
    """The text that was sealed for this store and field; Unopenable otherwise."""
    head = len(VERSION) + KEY_ID
    for secret in (settings().secret_key, *settings().secret_key_fallbacks):
        key_id, key = _key(secret)
        if sealed[:head] == VERSION + key_id:
            try:
                return AESGCM(key).decrypt(sealed[head:head + NONCE], sealed[head + NONCE:], _bound(store_id, field)).decode()
            except InvalidTag:
                break
    raise Unopenable(field)


@lru_cache(maxsize=16)
def _key(secret: str) -> tuple[bytes, bytes]:
    """(key id, key)."""
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"opencals sealed v1").derive(secret.encode())
    return hashlib.sha256(b"id" + key).digest()[:KEY_ID], key


def _bound(store_id: int, field: str) -> bytes:
    return f"opencals|{store_id}|{field}".encode()
