"""Keyed hashes and signed texts, each bound to one purpose. Configured once at start."""

from __future__ import annotations

import hashlib
import hmac
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
    return _serializer(purpose).dumps(value)


def unsign(purpose: str, text: str) -> Any | None:
    """The value behind a signed text, or None when it is not ours, altered, or meant for something else."""
    try:
        return _serializer(purpose).loads(text)
    except BadData:
        return None


def _serializer(purpose: str) -> URLSafeSerializer:
    keys = [*reversed(settings().secret_key_fallbacks), settings().secret_key]
    return URLSafeSerializer(keys, salt=f"opencals.{purpose}", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256})
