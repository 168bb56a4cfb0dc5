"""Flask's own sessions: the visit's cookie, which each page of a visit sends again."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer


class Sessions(SecureCookieSessionInterface):
    """For one app, whose keys do not change while it runs: what reads and signs is made once, and a cookie's signature is looked at once.

    What a visit keeps is flat, the token of its forms."""

    def __init__(self) -> None:
        self._made: URLSafeTimedSerializer | None = None
        self._opened = lru_cache(maxsize=1_000)(self._open)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._made is None:
            self._made = super().get_signing_serializer(app)
        return self._made

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        serializer, cookie = self.get_signing_serializer(app), request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if serializer is None:
            return None
        if cookie:
            try:
                kept, signed_at = self._opened(serializer, cookie)
            except BadSignature:
                return self.session_class()
            if 0 <= time.time() - signed_at <= app.permanent_session_lifetime.total_seconds():
                return self.session_class(kept)
        return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if self.should_set_cookie(app, session):
            super().save_session(app, session, response)
        elif session.accessed and response.headers.get("Vary") != "Cookie":
            response.vary.add("Cookie")  # as Flask does each time; to read the header anew takes longer than all else here

    def _open(self, serializer: URLSafeTimedSerializer, cookie: str) -> tuple[dict[str, Any], float]:
        kept, signed_at = serializer.loads(cookie, return_timestamp=True)
        return kept, signed_at.timestamp()


def install(app: Flask) -> None:
    app.session_interface = Sessions()
