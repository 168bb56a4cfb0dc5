"""The signature of a webhook: base64 of HMAC-SHA256 over the raw body, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence


def signed(raw: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def is_genuine(raw: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets (the present one, or the one being rotated out) signed this body."""
    given = (header or "").encode("utf-8", "replace")
    return any([hmac.compare_digest(signed(raw, secret).encode(), given) for secret in secrets])
