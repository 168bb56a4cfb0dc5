"""Tokens of the Admin API: token exchange, refresh, and the classic grant for merchants who come by an install link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateways.shopify.wire import Drift, ShopifyError, check, post

if TYPE_CHECKING:
    import shopify

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"


class GrantRefused(ShopifyError):
    """Shopify does not accept the proof we brought (`invalid_subject_token`, `invalid_grant`...); `args[0]` is its code."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An expiring offline pair. Lifetimes in seconds from now."""

    access: str
    access_seconds: int
    refresh: str
    refresh_seconds: int
    scopes: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone of the shop, as Shopify names the user of a session token. `owner`: the owner of the shop's account."""

    user_id: int
    name: str
    email: str
    email_verified: bool
    owner: bool


@dataclass(frozen=True, slots=True)
class App:
    """Our app at Shopify; `base` is a template with `{shop}`."""

    key: str
    secret: str
    base: str

    def exchange(self, shop: str, id_token: str) -> Tokens:
        """An offline pair for a merchant's id token (managed installation)."""
        return self._grant(shop, {"grant_type": EXCHANGE, "subject_token": id_token, "subject_token_type": ID_TOKEN,
                                  "requested_token_type": OFFLINE, "expiring": 1})

    def person(self, shop: str, id_token: str) -> Person:
        """Who a merchant's id token speaks for. The online token that comes with the answer is not kept."""
        answer = self._ask(shop, {"grant_type": EXCHANGE, "subject_token": id_token, "subject_token_type": ID_TOKEN, "requested_token_type": ONLINE})
        try:
            user = answer["associated_user"]
            name = " ".join(filter(None, (user.get("first_name"), user.get("last_name"))))
            return Person(int(user["id"]), name, str(user["email"]), user.get("email_verified") is True, user.get("account_owner") is True)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Drift("no user with the online token") from error

    def refresh(self, shop: str, refresh_token: str) -> Tokens:
        """The next pair; the old refresh token dies with its use."""
        return self._grant(shop, {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def redeem(self, shop: str, code: str) -> Tokens:
        """The pair behind the code of the authorization code grant."""
        return self._grant(shop, {"code": code, "expiring": 1})

    def permission_url(self, shop: str, scopes: str, redirect_uri: str, state: str) -> str:
        """Where the merchant grants access."""
        url = self._session()(shop, "unstable").create_permission_url(scopes.split(","), redirect_uri, state)
        return url.replace(f"https://{shop}", self.base.format(shop=shop), 1)

    def callback_is_genuine(self, parameters: dict[str, str]) -> bool:
        """The HMAC over the other parameters holds, and they are less than a day old."""
        try:
            return bool(self._session().validate_params(dict(parameters)))
        except ValueError:
            return False

    def covers(self, granted: str, needed: str) -> bool:
        """Whether the granted scopes hold the needed ones; writing includes reading."""
        return _access(granted).covers(_access(needed))

    def _session(self) -> type[shopify.Session]:
        # Only the web grants access: the worker, which renews tokens, does not load the library.
        import shopify

        # The library keeps key and secret on the class: a class of our own leaves the shared one alone.
        return type("OurSession", (shopify.Session,), {"api_key": self.key, "secret": self.secret})

    def _grant(self, shop: str, body: dict[str, Any]) -> Tokens:
        answer = self._ask(shop, body)
        try:
            return Tokens(answer["access_token"], int(answer["expires_in"]), answer["refresh_token"],
                          int(answer["refresh_token_expires_in"]), answer.get("scope", ""))
        except (ValueError, KeyError, TypeError) as error:
            raise Drift("not an expiring token pair") from error

    def _ask(self, shop: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self.base.format(shop=shop)}/admin/oauth/access_token"
        response = post(url, {"client_id": self.key, "client_secret": self.secret} | body, {"Accept": "application/json"})
        if response.status_code in (400, 401, 403):
            raise GrantRefused(_code(response))
        check(response)
        try:
            answer = response.json()
        except ValueError as error:
            raise Drift("the answer is no JSON") from error
        if not isinstance(answer, dict):
            raise Drift("the answer is no object")
        return answer


def _code(response: Any) -> str:
    try:
        return str(response.json().get("error", response.status_code))[:60]
    except (ValueError, AttributeError):
        return str(response.status_code)


def _access(scopes: str) -> shopify.ApiAccess:
    """Scopes of the Customer Account API are unknown to the library and no matter of the Admin API."""
    import shopify

    return shopify.ApiAccess([scope for scope in scopes.split(",") if not scope.strip().startswith("customer_")])
