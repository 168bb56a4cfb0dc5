"""The authorization code grant with PKCE (RFC 6749, RFC 7636), refreshing and giving back (RFC 7009)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from gateways.accounts.provider import Provider, place
from gateways.accounts.wire import AccountError, GrantEnded, Later, send

ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})


class NotAllowed(AccountError):
    """The person has agreed to less than reading the calendar needs."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """`refresh` is None where the provider keeps the one we have."""

    access: str
    refresh: str | None


def consent_url(provider: Provider, redirect_uri: str, state: str, verifier: str) -> str:
    """Where the person is asked. `verifier` stays with the browser that asks; its hash goes along (S256)."""
    return f"{place(provider, provider.authorize)}?" + urlencode({
        "client_id": provider.client_id, "redirect_uri": redirect_uri, "response_type": "code", "scope": provider.scope, "state": state,
        "code_challenge": challenge(verifier), "code_challenge_method": "S256"} | dict(provider.asks))


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def redeem(provider: Provider, code: str, redirect_uri: str, verifier: str) -> Tokens:
    """The tokens behind a code. GrantEnded: it is used or too old; NotAllowed: reading was not granted, or only for now."""
    answer = _token(provider, {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier})
    if provider.reads not in str(answer.get("scope", "")):
        raise NotAllowed("The permission to see when the calendar is busy was not given.")
    tokens = _tokens(provider, answer)
    if tokens.refresh is None:
        raise NotAllowed(f"{provider.name} has given access for an hour only.")
    return tokens


def refresh(provider: Provider, refresh_token: str) -> Tokens:
    """A fresh access token, with the next refresh token where there is one. GrantEnded when the person has taken access back."""
    asked = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _tokens(provider, _token(provider, asked if provider.key == "google" else asked | {"scope": provider.scope}))


def revoke(provider: Provider, refresh_token: str) -> None:
    """Give it back. One that is unknown there by now is fine (RFC 7009, 2.2)."""
    if provider.revoke is not None:
        status, answer, _ = send(provider.name, "POST", place(provider, provider.revoke), data={"token": refresh_token})
        if status >= 400 and answer.get("error") not in ("invalid_token", "invalid_grant", "unsupported_token_type"):
            raise Later(f"{provider.name} did not take a token back ({status}).")


def _token(provider: Provider, body: dict[str, str]) -> dict[str, Any]:
    status, answer, _ = send(provider.name, "POST", place(provider, provider.token), data=body | {
        "client_id": provider.client_id, "client_secret": provider.client_secret}, headers={"Accept": "application/json"})
    if status == 200:
        return answer
    error = str(answer.get("error", status))[:60]
    if error in ENDED:
        raise GrantEnded(f"{provider.name} lets us in no longer.")
    raise Later(f"{provider.name} refuses this installation ({error}).")


def _tokens(provider: Provider, answer: dict[str, Any]) -> Tokens:
    access, refresh_token = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access, str) or not access or not (refresh_token is None or isinstance(refresh_token, str)):
        raise Later(f"{provider.name} gave an answer we cannot read.")
    return Tokens(access, refresh_token or None)
