"""What one shop at Shopify holds, and the changes people and programs make to it. Every change says which webhooks it causes."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Change = Callable[[str, dict[str, Any]], None]


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


class Trouble(Exception):
    """Shopify's own refusal: becomes a userError. `args` are (field path, message[, code])."""


@dataclass
class Shop:
    """`owner`: (address, name) of the account's owner; `placed`: targets the merchant has put extensions at.

    Plain dictionaries with GraphQL's field names; money in minor units; instants as ISO 8601 to the second, as Shopify has it.
    """

    domain: str
    number: int
    name: str
    currency: str
    zone: str
    email: str
    locale: str = "en"
    accounts: str = "NEW_CUSTOMER_ACCOUNTS"
    owner: tuple[str, str] | None = None
    placed: tuple[str, ...] = ()
    plan_points: tuple[int, int] = (2000, 100)
    installed: bool = False
    scopes: str = ""
    access: dict[str, float] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    metafields: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    definitions: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    credit_accounts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    bulk: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    last: int = 9_100_000_000

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.changed: Change = lambda topic, payload: None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("lock", "changed", "now")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"credit_accounts": {}} | state)
        self.__post_init__()

    def instant(self) -> str:
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def new(self, kind: str) -> str:
        with self.lock:
            self.last += 1
            return gid(kind, self.last)

    # Customers

    def add_customer(self, **values: Any) -> dict[str, Any]:
        with self.lock:
            self._unique(None, values)
            at = self.instant()
            made = {"id": values.pop("id", None) or self.new("Customer"), "firstName": None, "lastName": None, "email": None, "phone": None,
                    "locale": self.locale, "verifiedEmail": False, "state": "DISABLED", "tags": [], "note": None, "createdAt": at,
                    "updatedAt": at} | values
            self.customers[made["id"]] = made
        self.changed("customers/create", self.customer_payload(made))
        return made

    def change_customer(self, customer_gid: str, **values: Any) -> dict[str, Any]:
        """Write the fields; nothing happens, and nobody is told, when they are as given already."""
        with self.lock:
            found = self.customers.get(customer_gid)
            if found is None:
                raise Trouble(["id"], "Customer does not exist")
            self._unique(customer_gid, values)
            values = {name: value for name, value in values.items() if found[name] != value}
            if not values:
                return found
            if "email" in values:
                values.setdefault("verifiedEmail", False)
            found.update(values, updatedAt=self.instant())
            payload = self.customer_payload(found)
        self.changed("customers/update", payload)
        return found

    def change_consent(self, customer_gid: str, channel: str, state: str, at: str | None = None) -> dict[str, Any]:
        """What somebody says about news by `email` or `sms`; nobody is told when it was said before."""
        address = {"email": "email", "sms": "phone"}[channel]
        with self.lock:
            found = self.customers.get(customer_gid)
            if found is None or not found[address]:
                raise Trouble(["input", "customerId"], f"Customer must have {'an email address' if channel == 'email' else 'a phone number'}")
            if state not in ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING"):
                raise Trouble(["input", f"{channel}MarketingConsent", "marketingState"], "The marketing state cannot be set")
            if (found.get(f"{channel}_news") or {}).get("state") == state:
                return found
            found[f"{channel}_news"] = {"state": state, "at": at or self.instant()}
            found["updatedAt"] = self.instant()
            said = {"state": state.lower(), "opt_in_level": "single_opt_in", "consent_updated_at": found[f"{channel}_news"]["at"]}
        number = number_of(customer_gid)
        if channel == "email":
            self.changed("customers_email_marketing_consent/update", {"customer_id": number, "email_address": found["email"], "email_marketing_consent": said})
        else:
            self.changed("customers_marketing_consent/update", {"id": number, "phone": found["phone"], "sms_marketing_consent": said})
        self.changed("customers/update", self.customer_payload(found))
        return found

    def remove_customer(self, customer_gid: str) -> None:
        with self.lock:
            gone = self.customers.pop(customer_gid)
        self.changed("customers/delete", {"id": number_of(gone["id"]), "admin_graphql_api_id": gone["id"]})

    def merge_customers(self, kept_gid: str, removed_gid: str) -> None:
        with self.lock:
            kept, removed = self.customers[kept_gid], self.customers.pop(removed_gid)
            for name in ("phone", "email", "firstName", "lastName"):
                kept[name] = kept[name] or removed[name]
            kept["updatedAt"] = self.instant()
            for place in [place for place in self.credit_accounts if place[0] == removed_gid]:
                self._join_credit(self.credit_accounts.pop(place), kept_gid)
            for order in self.orders.values():
                if order["customer"] == removed_gid:
                    order["customer"] = kept_gid
        self.changed("customers/merge", {"admin_graphql_api_customer_kept_id": kept_gid,
                                         "admin_graphql_api_customer_deleted_id": removed_gid, "status": "completed", "errors": []})

    def _join_credit(self, account: dict[str, Any], owner: str) -> None:
        place = (owner, account["currency"])
        kept = self.credit_accounts.setdefault(place, account | {"owner": owner, "transactions": []})
        kept["transactions"] += [one | {"account": place} for one in account["transactions"]]

    def _unique(self, own: str | None, values: dict[str, Any]) -> None:
        for name in ("email", "phone"):
            wanted = values.get(name)
            if wanted and any(c["id"] != own and (c[name] or "").lower() == wanted.lower() for c in self.customers.values()):
                raise Trouble([name], f"{name.title()} has already been taken")

    @staticmethod
    def customer_payload(c: dict[str, Any]) -> dict[str, Any]:
        """As REST webhooks carry it, with the fields our subscription includes."""
        return {"id": number_of(c["id"]), "admin_graphql_api_id": c["id"], "email": c["email"], "phone": c["phone"],
                "first_name": c["firstName"], "last_name": c["lastName"], "updated_at": c["updatedAt"], "state": c["state"].lower(),
                "verified_email": c["verifiedEmail"]}

    def by_identity(self, name: str, value: str) -> dict[str, Any] | None:
        return next((c for c in self.customers.values() if (c[name] or "").lower() == value.lower()), None)

    # The shop itself

    def token_holds(self, token: str) -> bool:
        until = self.access.get(token)
        return self.installed and until is not None and until > self.now().timestamp()

    def grant(self, scopes: str, seconds: int = 3600) -> dict[str, Any]:
        """A new pair. The refresh token before it dies with the first use of this one."""
        access, refresh = "shpat_" + secrets.token_hex(16), "shprt_" + secrets.token_hex(16)
        with self.lock:
            self.installed, self.scopes = True, scopes
            self.access[access] = self.now().timestamp() + seconds
            self.refresh[refresh] = scopes
        return {"access_token": access, "scope": scopes, "expires_in": seconds, "refresh_token": refresh, "refresh_token_expires_in": 7_776_000}

    def uninstall(self) -> None:
        with self.lock:
            self.installed = False
            self.access.clear()
            self.refresh.clear()
            self.metafields = {key: value for key, value in self.metafields.items() if not key[1].startswith("$app")}
        self.changed("app/uninstalled", {"id": self.number, "myshopify_domain": self.domain, "domain": self.domain, "name": self.name})


def number_of(any_gid: str) -> int:
    return int(any_gid.rsplit("/", 1)[1])
