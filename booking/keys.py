"""Keyed hashes and signed texts, each bound to one purpose. Configured once at start."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from settings import Settings

_settings: Settings | None = None


def configure(settings: Settings) -> None:
    """Take the installation's keys (called by create_app, the worker and tests)."""
    global _settings
    _settings = settings


def settings() -> Settings:
    if _settings is None:
        raise RuntimeError("booking.keys.configure(settings) has not run")
    return _settings


def keyed_hash(purpose: str, *parts: object) -> str:
    """HMAC-SHA256 in hex over the parts, under the installation's key; different purposes never agree."""
    message = "\x1f".join(["opencals", purpose, *map(str, parts)]).encode()
    return hmac.new(settings().secret_key.encode(), message, hashlib.sha256).hexdigest()


def sign(purpose: str, value: Any) -> str:
    """A URL-safe signed text; readable by anyone, made only here."""
    return _serializer(purpose, settings().secret_keys).dumps(value)


def unsign(purpose: str, text: str) -> Any | None:
    """The value behind a signed text, or None when it is not ours, altered, or meant for something else."""
    if not text:
        return None
    try:
        return _serializer(purpose, settings().secret_keys).loads(text)
    except BadData:
        return None


@lru_cache(maxsize=100)
def _serializer(purpose: str, secret_keys: tuple[str, ...]) -> URLSafeSerializer:
    """Made once: making one costs more than reading a text with it."""
    return URLSafeSerializer(list(secret_keys), salt=f"opencals.{purpose}", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256})
