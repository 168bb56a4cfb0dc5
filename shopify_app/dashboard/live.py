"""Screens that stay up to date: the page asks again every few seconds and gets 304 until something has changed (A131)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from flask import Response, request

from shopify_app.dashboard.door import Visit


def tag(visit: Visit, now: datetime, *shown: Any) -> str:
    """An ETag over everything the screen shows and who looks; a new one every ten minutes, for what depends on the time."""
    text = f"{visit.store_id} {visit.user.role} {visit.words.locale} {request.full_path} {int(now.timestamp()) // 600} {shown!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def unchanged(value: str) -> Response | None:
    """304 when the page that asks has this state already."""
    return tagged(Response(status=304), value) if request.if_none_match.contains(value) else None


def tagged(response: Response, value: str) -> Response:
    response.set_etag(value)
    return response
