"""Customer accounts of the sandbox's shops as an OpenID provider: discovery, question, code, tokens, keys, who it is, signing out.

The question's page lets one choose who signs in, and what should be wrong with the answer: `FAULTS` names the ways.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Blueprint, abort, jsonify, redirect, render_template, request

if TYPE_CHECKING:
    from sandbox.shopify.shop import Shop
    from sandbox.shopify.site import Shopify

FAULTS = ("", "nonce", "aud", "iss", "expired", "alg none", "hs256", "other key", "unverified", "other address", "no customer", "other customer", "state")
SHOWN, KID = 60, "sandbox-1"


@lru_cache(maxsize=2)
def key_pair(name: str) -> rsa.RSAPrivateKey:
    """One key a process; "other" is one nobody has published."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def issuer_of(shop: Shop) -> str:
    return f"https://shopify.com/authentication/{shop.number}"


class Provider:
    """The codes and tokens given out. `codes`: code -> what was asked and who answered; used up by the token request."""

    def __init__(self, shopify: Shopify) -> None:
        self.shopify = shopify
        self.codes: dict[str, dict[str, Any]] = {}
        self.access: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []

    def install(self, site: Blueprint) -> None:
        root = "/shopify/accounts/<host>"
        for path, view, methods in (
                ("/.well-known/openid-configuration", self.discovery, ("GET",)), ("/.well-known/customer-account-api", self.api, ("GET",)),
                ("/authorize", self.question, ("GET", "POST")), ("/token", self.token, ("POST",)), ("/jwks", self.keys, ("GET",)),
                ("/graphql", self.graphql, ("POST",)), ("/logout", self.farewell, ("GET",))):
            site.add_url_rule(root + path, f"accounts_{view.__name__}", view, methods=list(methods))

    def _at(self, host: str, path: str) -> str:
        return f"{self.shopify.base}/shopify/accounts/{host}/{path}"

    def discovery(self, host: str) -> Any:
        if broken := self.shopify.broken():
            return broken
        shop = self.shopify.find(host)
        return jsonify(
            issuer=issuer_of(shop), authorization_endpoint=self._at(host, "authorize"), token_endpoint=self._at(host, "token"),
            jwks_uri=self._at(host, "jwks"), end_session_endpoint=self._at(host, "logout"), response_types_supported=["code"],
            id_token_signing_alg_values_supported=["RS256"], code_challenge_methods_supported=["S256"], scopes_supported=["openid", "email", "customer-account-api:full"])

    def api(self, host: str) -> Any:
        self.shopify.find(host)
        return jsonify(graphql_api=self._at(host, "graphql"))

    def keys(self, host: str) -> Any:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key_pair("own").public_key(), as_dict=True)
        return jsonify(keys=[public | {"kid": KID, "use": "sig", "alg": "RS256"}])

    def question(self, host: str) -> Any:
        """Who is there. The POST sends the browser back with a code."""
        shop, asked = self.shopify.find(host), request.args
        if asked.get("client_id") != self.shopify.key or asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256" or not asked.get("redirect_uri"):
            abort(400)
        if request.method == "GET":
            return render_template("shopify_customer_sign_in.html", shop=shop, people=list(shop.customers.values())[:SHOWN], faults=FAULTS)
        if request.form.get("do") == "cancel":
            return redirect(f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked.get('state', '')})}", 303)
        code, fault = "shcac_" + secrets.token_hex(12), request.form.get("fault", "")
        self.codes[code] = {"host": host, "customer": request.form["customer"], "fault": fault, "nonce": asked.get("nonce"), "challenge": asked.get("code_challenge"),
                            "redirect_uri": asked["redirect_uri"]}
        state = asked.get("state", "") + ("x" if fault == "state" else "")
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': state})}", 303)

    def token(self, host: str) -> Any:
        if broken := self.shopify.broken():
            return broken
        shop, form = self.shopify.find(host), request.form
        self.asked.append(dict(form) | {"basic": request.authorization is not None, "origin": request.headers.get("Origin")})
        kept = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if request.authorization and (request.authorization.username, request.authorization.password) != (self.shopify.key, self.shopify.secret):
            return {"error": "invalid_client"}, 401
        if kept is None or kept["host"] != host or kept["challenge"] != challenge or kept["redirect_uri"] != form.get("redirect_uri"):
            return {"error": "invalid_grant"}, 400
        access = "shcat_" + secrets.token_hex(12)
        fault = kept["fault"]
        other = next((gid for gid in shop.customers if gid != kept["customer"]), "gid://shopify/Customer/1")
        self.access[access] = "" if fault == "no customer" else other if fault == "other customer" else kept["customer"]
        return {"access_token": access, "token_type": "Bearer", "expires_in": 7200, "refresh_token": "shcrt_" + secrets.token_hex(12),
                "id_token": self._id_token(shop, kept, fault)}

    def _id_token(self, shop: Shop, kept: dict[str, Any], fault: str) -> str:
        now, customer = int(time.time()), shop.customers[kept["customer"]]
        claims = {"iss": issuer_of(shop), "aud": self.shopify.key, "sub": kept["customer"], "iat": now, "exp": now + 3600, "nonce": kept["nonce"],
                  "email": customer["email"], "email_verified": customer["verifiedEmail"]}
        claims |= {"nonce": {"nonce": "another"}, "aud": {"aud": "another-app"}, "iss": {"iss": "https://shopify.com/authentication/1"},
                   "expired": {"exp": now - 60, "iat": now - 3600}, "unverified": {"email_verified": False},
                   "other address": {"email": "someone.else@example.com"}}.get(fault, {})
        if fault == "alg none":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": KID})
        if fault == "hs256":
            return jwt.encode(claims, self.shopify.secret, algorithm="HS256", headers={"kid": KID})
        return jwt.encode(claims, key_pair("other" if fault == "other key" else "own"), algorithm="RS256", headers={"kid": KID})

    def graphql(self, host: str) -> Any:
        """The one question we ask. As at Shopify, the token stands there without "Bearer"."""
        shop = self.shopify.find(host)
        who = self.access.get(request.headers.get("Authorization", ""))
        if who is None:
            return {"errors": [{"message": "unauthorized"}]}, 401
        c = shop.customers.get(who)
        return {"data": {"customer": c and {"id": c["id"], "firstName": c["firstName"], "lastName": c["lastName"],
                                            "emailAddress": {"emailAddress": c["email"]} if c["email"] else None}}}

    def farewell(self, host: str) -> Any:
        self.shopify.find(host)
        if not request.args.get("id_token_hint"):
            abort(400)
        target = request.args.get("post_logout_redirect_uri")
        return redirect(f"{target}?{urlencode({'state': request.args.get('state', '')})}", 303) if target else "Signed out of Shopify."
