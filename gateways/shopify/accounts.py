"""Signing in with Shopify: a shop's customer accounts as an OpenID provider (Customer Account API, PKCE with S256).

The shop's storefront says where the provider is, and a storefront is the merchant's. So every address is asked over https, on the
open internet, without following redirects; the issuer is the one of this very shop; and our client secret goes to Shopify's own hosts
only: elsewhere we are a public client, which PKCE is for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from booking.shopify_tokens import CUSTOMER
from gateways import calendars
from gateways.shopify.documents import API_VERSION
from gateways.shopify.wire import TIMEOUT, USER_AGENT, Busy, Drift, ShopifyError, Unreachable

SCOPE = "openid email customer-account-api:full"
ISSUER = "https://shopify.com/authentication/{number}"
KNOWN_SECONDS, MOST_KNOWN = 3600.0, 5_000
LARGEST, LONGEST_TOKEN, LEEWAY_SECONDS = 200_000, 16_384, 10
OF_SHOPIFY = re.compile(r"([a-z0-9-]+\.)*(shopify\.com|myshopify\.com)")
REQUIRED = ["iss", "aud", "sub", "exp", "iat", "nonce"]
ME = "query Me { customer { id firstName lastName emailAddress { emailAddress } } }"


class SignInRefused(ShopifyError):
    """The provider, or what it sent, does not prove who this is; `args[0]` says why, for the log."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The discovered addresses of one shop."""

    issuer: str
    authorize: str
    token: str
    jwks: str
    graphql: str
    end: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Who has signed in. `email` counts only where `email_verified`; `id_token` is the hint for signing out there."""

    gid: str
    first_name: str | None
    last_name: str | None
    email: str | None
    email_verified: bool
    id_token: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one browser keeps from the question to the answer."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Attempt:
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


_known: dict[tuple[str, int], tuple[float, Provider]] = {}
_keys: dict[str, tuple[float, dict[str, Any]]] = {}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Our app towards the customer accounts of one shop. `base` is a template with `{host}`; `origin` is where our callback answers."""

    key: str
    secret: str
    base: str
    host: str
    number: int
    origin: str

    @property
    def redirect_uri(self) -> str:
        return f"{self.origin}/app/customers/callback"

    def provider(self) -> Provider:
        """From the shop's own discovery documents, remembered for an hour."""
        known = _known.get((self.host, self.number))
        if known and known[0] > time.monotonic():
            return known[1]
        found = self._discover()
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[self.host, self.number] = (time.monotonic() + KNOWN_SECONDS, found)
        return found

    def _discover(self) -> Provider:
        root = f"{self.base.format(host=self.host)}/.well-known"
        openid, api = _ask("GET", f"{root}/openid-configuration"), _ask("GET", f"{root}/customer-account-api")
        try:
            found = Provider(openid["issuer"], openid["authorization_endpoint"], openid["token_endpoint"], openid["jwks_uri"],
                             str(api["graphql_api"]).replace("{version}", API_VERSION), openid.get("end_session_endpoint"))
        except KeyError as error:
            raise Drift(f"discovery without {error}") from error
        if found.issuer != ISSUER.format(number=self.number):
            raise Drift("the issuer is not this shop's")
        own = self.base.partition("{host}")[0]
        for address in (found.authorize, found.token, found.jwks, found.graphql, found.end or found.token):
            if not isinstance(address, str) or not (address.startswith("https://") or (own.startswith("http://") and address.startswith(own))):
                raise Drift("an address that is not https")
        return found

    def question(self, attempt: Attempt, state: str, locale: str) -> str:
        """Where the browser goes to be asked."""
        return _with(self.provider().authorize, {
            "response_type": "code", "client_id": self.key, "redirect_uri": self.redirect_uri, "scope": SCOPE, "state": state, "nonce": attempt.nonce,
            "code_challenge": attempt.challenge, "code_challenge_method": "S256", "locale": locale})

    def farewell(self, id_token: str, state: str) -> str | None:
        """Where the browser ends the session at Shopify too, if the provider has such a place."""
        end = self.provider().end
        return end and _with(end, {"id_token_hint": id_token, "post_logout_redirect_uri": f"{self.origin}/app/customers/signed-out", "state": state})

    def prove(self, code: str, attempt: Attempt) -> Proof:
        """Who the code speaks for. SignInRefused when it proves nobody; other ShopifyErrors when Shopify does not answer."""
        provider = self.provider()
        trusted = OF_SHOPIFY.fullmatch(urlsplit(provider.token).hostname or "") or self.base.startswith("http://")
        granted = _ask("POST", provider.token, data={
            "grant_type": "authorization_code", "client_id": self.key, "redirect_uri": self.redirect_uri, "code": code, "code_verifier": attempt.verifier},
            headers={"Origin": self.origin}, auth=(self.key, self.secret) if trusted else None)
        access, id_token = granted.get("access_token"), granted.get("id_token")
        if not isinstance(access, str) or not isinstance(id_token, str) or len(id_token) > LONGEST_TOKEN:
            raise Drift("tokens are missing")
        claims = self._claims(provider, id_token, attempt.nonce)
        answer = _ask("POST", provider.graphql, body={"query": ME}, headers={"Authorization": access, "Origin": self.origin})
        customer = (answer.get("data") or {}).get("customer") if isinstance(answer.get("data"), dict) else None
        if not isinstance(customer, dict) or not CUSTOMER.fullmatch(str(customer.get("id"))):
            raise SignInRefused("no customer behind the token")
        # The subject's form is the provider's own; one that is written as a customer has to be this one.
        if CUSTOMER.fullmatch(claims["sub"]) and claims["sub"] != customer["id"]:
            raise SignInRefused("two customers")
        return _proof(claims, customer, id_token)

    def _claims(self, provider: Provider, id_token: str, nonce: str) -> dict[str, Any]:
        """Verified claims of an id token. RS256 only; keys from the provider's own set, asked for anew once when one is unknown."""
        try:
            head = jwt.get_unverified_header(id_token)
            if head.get("alg") != "RS256":
                raise SignInRefused("alg")
            claims = jwt.decode(id_token, _key(provider.jwks, str(head.get("kid", ""))), algorithms=["RS256"], audience=self.key,
                                issuer=provider.issuer, leeway=LEEWAY_SECONDS, options={"require": REQUIRED})
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise SignInRefused(type(error).__name__) from error
        if claims["aud"] not in (self.key, [self.key]) or not isinstance(claims["sub"], str):
            raise SignInRefused("aud")
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise SignInRefused("nonce")
        return claims


def _proof(claims: dict[str, Any], customer: dict[str, Any], id_token: str) -> Proof:
    """An address is verified when the token says so of the very address the account shows."""
    claimed = claims.get("email") if isinstance(claims.get("email"), str) else None
    email = (customer.get("emailAddress") or {}).get("emailAddress") or claimed
    verified = claims.get("email_verified") is True and claimed is not None and claimed.lower() == email.lower()
    return Proof(customer["id"], customer.get("firstName"), customer.get("lastName"), email, verified, id_token)


def _key(address: str, kid: str) -> Any:
    for fresh in (False, True):
        known = _keys.get(address)
        if fresh or not known or known[0] <= time.monotonic():
            if len(_keys) >= MOST_KNOWN:
                _keys.clear()
            known = _keys[address] = (time.monotonic() + KNOWN_SECONDS, _ask("GET", address))
        for key in jwt.PyJWKSet.from_dict(known[1]).keys:
            if key.key_id == kid and key.key_type == "RSA":
                return key
    raise SignInRefused("an unknown key")


def _with(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"


def _ask(method: str, url: str, *, data: dict[str, str] | None = None, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None,
         auth: tuple[str, str] | None = None) -> dict[str, Any]:
    """One request to an address a shop named; the JSON object of the answer."""
    try:
        address = calendars.checked(url)
    except calendars.Unreachable as error:
        raise Unreachable(str(error)) from error
    parts = urlsplit(url)
    host = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}", fragment="").geturl()
    try:
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client, client.stream(
                method, target, data=data, json=body, auth=auth, extensions={"sni_hostname": parts.hostname or ""},
                headers={"Host": parts.netloc, "Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT} | (headers or {})) as answer:
            content = bytearray()
            for piece in answer.iter_bytes(16_384):
                content += piece
                if len(content) > LARGEST:
                    raise Drift("the answer is too large")
            return _judged(answer.status_code, bytes(content))
    except httpx.HTTPError as error:
        raise Unreachable(type(error).__name__) from error


def _judged(status: int, content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if status in (400, 401, 403):
        raise SignInRefused(str(found.get("error") if isinstance(found, dict) else status)[:60])
    if status == 429 or status >= 500:
        raise Busy(str(status)) if status == 429 else Unreachable(str(status))
    if status != 200 or not isinstance(found, dict):
        raise Drift(f"status {status}")
    return found
