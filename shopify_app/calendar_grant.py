"""Connecting a calendar account: who asked for it travels through the provider in two halves, which meet again in the same browser.

The state parameter names store and attempt and is signed; the attempt's secrets (RFC 7636 verifier, whose calendar) stay sealed in a
cookie of the shop's host. Providers return to one registered address of the installation, which leads on to that host.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass

from booking.keys import settings, sign, unsign
from booking.sealing import Unsealable, seal, unseal

PATH = "/app/calendars"
SEALED_FOR = "calendar_attempt"
SECONDS = 900


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the browser keeps while the person is with the provider. `at` is the machine's time in seconds."""

    staff_id: int
    provider: str
    nonce: str
    verifier: str
    at: int


def return_address() -> str:
    """The redirect URI, to be registered at the providers as it is."""
    return settings().origin(f"app.{settings().base_domain}") + PATH


def begin(staff_id: int, provider: str) -> Attempt:
    return Attempt(staff_id, provider, secrets.token_urlsafe(24), secrets.token_urlsafe(48), int(time.time()))


def kept(store_id: int, attempt: Attempt) -> str:
    """For the cookie."""
    return seal(store_id, SEALED_FOR, json.dumps(asdict(attempt)))


def state(store_id: int, attempt: Attempt, *, own_host: bool) -> str:
    """For the way through the provider. `own_host`: the dashboard is open on the shop's own host name."""
    return sign("calendar-state", [store_id, own_host, attempt.nonce])


def read_state(text: str) -> tuple[int, bool, str] | None:
    """(store, own host, nonce) of a state we made."""
    found = unsign("calendar-state", text)
    return tuple(found) if isinstance(found, list) and len(found) == 3 else None


def resumed(store_id: int, cookie: str, text: str) -> Attempt | None:
    """The attempt this browser began with this state, at most a quarter of an hour ago."""
    found = read_state(text)
    try:
        attempt = Attempt(**json.loads(unseal(store_id, SEALED_FOR, cookie))) if found is not None else None
    except (Unsealable, ValueError, TypeError):
        return None
    if attempt is None or found[0] != store_id or not secrets.compare_digest(found[2], attempt.nonce):
        return None
    return attempt if 0 <= time.time() - attempt.at <= SECONDS else None
