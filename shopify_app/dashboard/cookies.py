"""The dashboard's sign-in cookie: host-only, signed, and never the customers' one (I38, I39)."""

from __future__ import annotations

import time

from flask import Response, current_app, request

from booking.keys import sign, unsign

IDLE_SECONDS = 14 * 86400


def user_secret() -> str | None:
    """The secret of the browser's session, unless it is older than two weeks."""
    body = unsign("user-cookie", request.cookies.get(_name("shop"), ""))
    if not isinstance(body, list) or len(body) != 2 or body[1] < time.time() - IDLE_SECONDS:
        return None
    return body[0]


def remember_user(response: Response, secret: str) -> None:
    _set(response, "shop", sign("user-cookie", [secret, int(time.time())]), IDLE_SECONDS)


def forget_user(response: Response) -> None:
    response.delete_cookie(_name("shop"), path="/", secure=current_app.config["SETTINGS"].secure, httponly=True, samesite="Lax")


def challenge() -> str | None:
    """What ties a code to this browser."""
    return unsign("user-challenge", request.cookies.get(_name("shop-challenge"), ""))


def remember_challenge(response: Response, value: str) -> None:
    _set(response, "shop-challenge", sign("user-challenge", value), 900)


def _name(base: str) -> str:
    return f"__Host-{base}" if current_app.config["SETTINGS"].secure else base


def _set(response: Response, base: str, value: str, seconds: int) -> None:
    response.set_cookie(_name(base), value, max_age=seconds, path="/", secure=current_app.config["SETTINGS"].secure, httponly=True,
                        samesite="Lax")
