"""HTTP to the calendar providers, and what may come of a call."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx

LARGEST = 20_000_000
LONGEST_WAIT = 3600.0


class AccountError(Exception):
    """A call that came to nothing, in words for the shop."""


class Later(AccountError):
    """Try again; not before `wait` seconds where the provider says so."""

    def __init__(self, says: str, wait: float = 0.0) -> None:
        super().__init__(says)
        self.wait = wait


class GrantEnded(AccountError):
    """We are let in no longer: only a new permission helps (`invalid_grant`, or a right that was taken away)."""


class CursorGone(AccountError):
    """What has changed since is not known there any more: everything has to be read anew."""


@lru_cache(maxsize=1)
def http() -> httpx.Client:
    """The process's connections. Redirects are not followed: nobody but the provider gets a token."""
    return httpx.Client(timeout=httpx.Timeout(20.0, connect=5.0), follow_redirects=False, trust_env=False, headers={"User-Agent": "Opencals"})


def send(name: str, method: str, url: str, **more: Any) -> tuple[int, dict[str, Any], httpx.Headers]:
    """(status, the JSON object of the answer, headers) for 2xx and 4xx. Later for anything that may pass."""
    try:
        with http().stream(method, url, **more) as answer:
            status, headers = answer.status_code, answer.headers
            if status == 429 or status >= 500:
                raise Later(f"{name} asks for patience ({status}).", _seconds(headers.get("Retry-After")))
            if 300 <= status < 400:
                raise Later(f"{name} gave an answer we cannot read ({status}).")
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > LARGEST:
                    raise Later(f"{name} gave an answer we cannot read (too large).")
    except httpx.HTTPError as error:
        raise Later(f"{name} does not answer ({type(error).__name__}).") from error
    return status, _object(name, bytes(body), status), headers


def _object(name: str, body: bytes, status: int) -> dict[str, Any]:
    """A refusal may have any body or none; an answer is an object."""
    try:
        found = httpx.Response(200, content=body).json() if body else {}
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    if status >= 400:
        return {}
    raise Later(f"{name} gave an answer we cannot read.")


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 0), 0.0), LONGEST_WAIT)
    except ValueError:
        return 0.0
