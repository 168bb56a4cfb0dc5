"""HTTP to Shopify, and what may come of a call. Every error says whether something may have happened over there."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
USER_AGENT = "opencals-customer-calendar"


class ShopifyError(Exception):
    """Any failure of a call. `wait` in seconds is what the answer asked for, 0 when it did not."""

    wait: float = 0.0


class Unreachable(ShopifyError):
    """No whole answer came: the call may or may not have had its effect. Look before doing it again."""


class Busy(ShopifyError):
    """Shopify asks for patience (429, 5xx, throttled for longer than we wait). Nothing happened, except behind a 5xx."""


class Unauthorized(ShopifyError):
    """The token is not accepted (401): refresh it, or the merchant has to open the app again."""


class ScopeMissing(ShopifyError):
    """The merchant has not granted what this call needs (403, ACCESS_DENIED)."""


class ShopUnavailable(ShopifyError):
    """The shop is frozen, locked or gone (402, 404, 423): pause."""


class Drift(ShopifyError):
    """An answer that does not have the agreed shape, or a document Shopify no longer accepts: nothing is applied."""


class UserErrors(ShopifyError):
    """Shopify understood and refused. `errors` are its {field, message, code}."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(str(error.get("message")) for error in errors)[:300])
        self.errors = errors

    def about(self, field: str) -> bool:
        return any(field in (error.get("field") or ()) for error in self.errors)


@lru_cache(maxsize=1)
def http() -> httpx.Client:
    """The process's connections to Shopify. Redirects are not followed: no address but Shopify's own gets a token."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers={"User-Agent": USER_AGENT})


def post(url: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    """POST JSON; statuses other than 2xx and 4xx of the OAuth kind become errors by `check`."""
    try:
        return http().post(url, json=body, headers=headers)
    except httpx.HTTPError as error:
        raise Unreachable(type(error).__name__) from error


def check(response: httpx.Response) -> None:
    """Raise for a status that is not 200."""
    status = response.status_code
    if status == 200:
        return
    if status == 401:
        raise Unauthorized("401")
    if status == 403:
        raise ScopeMissing("403")
    if status in (402, 404, 423):
        raise ShopUnavailable(str(status))
    if status == 429 or status >= 500:
        error = Busy(str(status)) if status == 429 else Unreachable(str(status))
        error.wait = _seconds(response.headers.get("Retry-After"))
        raise error
    raise Drift(f"status {status}")


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 0), 0.0), 600.0)
    except ValueError:
        return 0.0
