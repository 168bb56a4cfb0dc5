"""Twilio's REST API (2010-04-01): sending a message, finding one sent before, and the signature of its webhooks.

A message has no idempotency key there, so a repeat looks first whether the earlier try went through.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from booking.keys import settings

TIMEOUT = 15
UNSUBSCRIBED = 21610
"""Twilio's error for a number that has answered STOP."""
FINAL = frozenset({400, 403, 404, 422})


class NotSent(Exception):
    """Nothing went out. `final`: a repeat would be refused too; `code` is Twilio's error number."""

    def __init__(self, text: str, *, final: bool, code: int | None = None) -> None:
        super().__init__(text)
        self.final, self.code = final, code


class NoAnswer(Exception):
    """The line broke: it may have gone out."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message Twilio has taken: its id there, and its state."""

    sid: str
    state: str


def send(to: str, text: str, callback: str) -> Taken:
    """Hand one message over; `callback` hears of its delivery. Raises NotSent or NoAnswer."""
    answer = _call("POST", data={"To": to, "From": settings().sms_from or "", "Body": text, "StatusCallback": callback})
    return Taken(answer["sid"], answer["status"])


def find(to: str, text: str, known: Collection[str]) -> Taken | None:
    """A message with this text to this number whose id is not in `known`, among the 100 newest to it; None when there is none."""
    answer = _call("GET", params={"To": to, "From": settings().sms_from or "", "PageSize": "100"})
    return next((Taken(m["sid"], m["status"]) for m in answer["messages"] if m["body"] == text and m["sid"] not in known), None)


def _call(method: str, **what: Any) -> dict[str, Any]:
    s = settings()
    url = f"{s.sms_url}/2010-04-01/Accounts/{s.sms_account}/Messages.json"
    try:
        answer = httpx.request(method, url, timeout=TIMEOUT, auth=(s.sms_account or "", s.sms_token or ""), **what)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NotSent(type(error).__name__, final=False) from error
    except httpx.HTTPError as error:
        raise NoAnswer(type(error).__name__) from error
    if answer.status_code >= 400:
        code = _code(answer)
        raise NotSent(f"{answer.status_code} {code or ''}".strip(), final=answer.status_code in FINAL, code=code)
    return answer.json()


def _code(answer: httpx.Response) -> int | None:
    try:
        code = answer.json().get("code")
    except (ValueError, AttributeError):
        return None
    return code if isinstance(code, int) else None


def signature(token: str, url: str, parameters: Mapping[str, str]) -> str:
    """`X-Twilio-Signature`: HMAC-SHA1 under the account's token over the full URL and the sorted POST parameters, in base64."""
    message = url + "".join(f"{name}{parameters[name]}" for name in sorted(parameters))
    return base64.b64encode(hmac.new(token.encode(), message.encode(), hashlib.sha1).digest()).decode()


def is_genuine(url: str, parameters: Mapping[str, str], given: str) -> bool:
    """Whether a webhook was signed with our account's token."""
    token = settings().sms_token
    return bool(token) and hmac.compare_digest(signature(token or "", url, parameters).encode(), given.encode())
