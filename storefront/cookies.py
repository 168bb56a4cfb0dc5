"""The sign-in cookie: the session's secret, signed with the time it was last seen (R7, I38)."""

from __future__ import annotations

import secrets
import time
from functools import lru_cache
from typing import Any

from flask import Response, g, request

from booking.keys import keyed_hash, settings, sign, unsign

IDLE_SECONDS = 30 * 86400
REFRESH_SECONDS = 86400
ATTEMPT_SECONDS = 900


def _name(base: str) -> str:
    return f"__Host-{base}" if settings().secure else base


def login_secret() -> str | None:
    """The secret of the browser's session, unless it was idle for 30 days."""
    body = _login()
    return body[0] if body else None


def remember_login(response: Response, secret: str) -> None:
    _set(response, "login", sign("login-cookie", [secret, int(time.time())]), IDLE_SECONDS)


def refresh_login(response: Response) -> None:
    """Move the idle limit on, at most once a day: the cookie says when it was last seen, the database is not written (R5)."""
    body = _login()
    if body and body[1] < time.time() - REFRESH_SECONDS:
        remember_login(response, body[0])


def _login() -> tuple[str, int] | None:
    """(secret, when it was last seen), read once a request."""
    if "login" not in g:
        body = _opened(request.cookies.get(_name("login"), ""), settings().secret_keys)
        kept = isinstance(body, list) and len(body) == 2 and body[1] >= time.time() - IDLE_SECONDS
        g.login = (body[0], body[1]) if kept else None
    return g.login


@lru_cache(maxsize=1_000)
def _opened(cookie: str, secret_keys: tuple[str, ...]) -> Any:
    """What a sign-in cookie holds: each page sends the same one, and its signature need be looked at once."""
    return unsign("login-cookie", cookie)


def forget_login(response: Response) -> None:
    response.delete_cookie(_name("login"), path="/", secure=settings().secure, httponly=True, samesite="Lax")


def challenge() -> str | None:
    """What ties a code to this browser."""
    return unsign("challenge-cookie", request.cookies.get(_name("challenge"), ""))


def remember_challenge(response: Response, value: str) -> None:
    _set(response, "challenge", sign("challenge-cookie", value), 900)


def shopify_attempt() -> list[str] | None:
    """What this browser keeps while it is at Shopify to sign in: state, nonce, verifier, where to go on; for a quarter of an hour."""
    body = unsign("shopify-attempt", request.cookies.get(_name("shopify-attempt"), ""))
    return body[:4] if isinstance(body, list) and len(body) == 5 and body[4] > time.time() - ATTEMPT_SECONDS else None


def remember_shopify_attempt(response: Response, values: list[str]) -> None:
    _set(response, "shopify-attempt", sign("shopify-attempt", [*values, int(time.time())]), ATTEMPT_SECONDS)


def forget_shopify_attempt(response: Response) -> None:
    response.delete_cookie(_name("shopify-attempt"), path="/", secure=settings().secure, httponly=True, samesite="Lax")


def browser(response: Response | None = None) -> str:
    """A keyed name of this browser, for holds; drawn on first use and kept where `response` is given."""
    value = unsign("browser-cookie", request.cookies.get(_name("browser"), ""))
    if value is None:
        value = secrets.token_urlsafe(16)
        if response is not None:
            _set(response, "browser", sign("browser-cookie", value), 86400)
    return "browser:" + keyed_hash("browser", value)[:32]


def _set(response: Response, base: str, value: str, seconds: int) -> None:
    response.set_cookie(_name(base), value, max_age=seconds, path="/", secure=settings().secure, httponly=True,
                        samesite="Lax")
