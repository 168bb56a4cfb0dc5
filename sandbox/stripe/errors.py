"""Errors as Stripe words them."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """`status` is the HTTP status; `body` the `error` object."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"type": kind, "message": message} | {key: value for key, value in more.items() if value is not None}


def invalid(message: str, *, code: str | None = None, param: str | None = None, status: int = 400) -> StripeError:
    return StripeError(status, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, wanted: str) -> StripeError:
    """The answer for an id that is unknown under this account, whoever else may have it."""
    return invalid(f"No such {kind}: '{wanted}'", code="resource_missing", param="id", status=404)


def declined(code: str, message: str, *, decline_code: str | None = None) -> StripeError:
    return StripeError(402, "card_error", message, code=code, decline_code=decline_code)
