"""The calls we make, under a pinned API version, always in the account an object belongs to (I20)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import stripe

from booking.keys import settings
from booking.sealing import Unsealable, unseal
from gateways.stripe.amounts import to_stripe
from gateways.stripe.errors import Busy, understood
from models import payment_account
from models.payment_account import AccountRow
from models.session import Tx

API_VERSION = "2026-10-28.endive"
TIMEOUT_S = 10
log = logging.getLogger("opencals.payments")
METADATA = {"source": "opencals"}
GONE = ("failed", "canceled")
"""States of a refund that gives nothing back."""
Object = dict[str, Any]
"""An object of Stripe's API as plain data."""


def enabled() -> bool:
    """Whether this installation has Stripe keys."""
    return settings().stripe_secret_key is not None


@lru_cache(maxsize=4)
def _sdk(key: str, base: str | None) -> stripe.StripeClient:
    # Our own retries follow a look at what happened, so the SDK makes none.
    return stripe.StripeClient(key, stripe_version=API_VERSION, base_addresses={"api": base} if base else None, max_network_retries=0,
                               http_client=stripe.RequestsClient(timeout=TIMEOUT_S))


def sdk() -> stripe.StripeClient:
    """The installation's own client, for calls that concern no store's account yet."""
    key = settings().stripe_secret_key
    assert key is not None, "an account is opened only where there are keys"
    return _sdk(key, settings().stripe_api_base)


@dataclass(frozen=True)
class Account:
    """One account of a store: `id` is our row, `name` Stripe's `acct_...`; `takes`: whether it can take money, when last looked at."""

    id: int
    name: str
    ended: bool = False
    takes: bool = True

    @property
    def stripe(self) -> Stripe:
        return Stripe(sdk(), self.name)


def account_of(tx: Tx) -> Account | None:
    """The store's account of today; None without one, or without keys."""
    row = payment_account.in_use(tx) if enabled() else None
    try:
        return None if row is None else _open(tx, row)
    except Busy:
        return None


def account_by_id(tx: Tx, account_id: int) -> Account:
    return _open(tx, payment_account.by_id(tx, account_id))


def usable(tx: Tx, sealed: str | None) -> bool:
    """Whether the account sealed so can be reached from here."""
    if sealed is None or not enabled():
        return False
    try:
        _name(tx, sealed)
    except Busy:
        return False
    return True


def _open(tx: Tx, row: AccountRow) -> Account:
    return Account(row.id, _name(tx, row.sealed), row.ended, row.takes)


def _name(tx: Tx, sealed: str) -> str:
    try:
        return unseal(tx.store_id, payment_account.FIELD, sealed)
    except Unsealable as error:
        # A key left SECRET_KEY_FALLBACKS before `payments reseal` ran: everything waits until it is back.
        log.error("a payment account is sealed under a key that is not there", extra={"store": tx.store_id})
        raise Busy("account_unreadable") from error


@dataclass(frozen=True)
class Stripe:
    """One account's door. Amounts are minor units, currencies ISO 4217; `key` is the idempotency key."""

    sdk: stripe.StripeClient
    account: str

    def _options(self, key: str | None = None) -> Any:
        return {"stripe_account": self.account} | ({"idempotency_key": key} if key else {})

    def dispute(self, dispute_id: str) -> Object:
        with understood():
            return self.sdk.v1.disputes.retrieve(dispute_id, None, self._options()).to_dict()

    def make_customer(self, reference: str, key: str) -> Object:
        with understood():
            return self.sdk.v1.customers.create({"metadata": METADATA | {"customer": reference}}, self._options(key)).to_dict()

    def make_setup(self, customer: str, reference: str, key: str) -> Object:
        with understood():
            return self.sdk.v1.setup_intents.create({
                "customer": customer, "usage": "off_session", "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "metadata": METADATA | {"intent": reference}}, self._options(key)).to_dict()

    def setup(self, setup_id: str) -> Object:
        with understood():
            return self.sdk.v1.setup_intents.retrieve(setup_id, None, self._options()).to_dict()

    def cancel_setup(self, setup_id: str) -> Object:
        with understood():
            return self.sdk.v1.setup_intents.cancel(setup_id, None, self._options()).to_dict()

    def method(self, method_id: str) -> Object:
        with understood():
            return self.sdk.v1.payment_methods.retrieve(method_id, None, self._options()).to_dict()

    def detach(self, method_id: str) -> None:
        with understood():
            self.sdk.v1.payment_methods.detach(method_id, None, self._options())

    def make_payment(self, amount: int, currency: str, reference: str, key: str) -> Object:
        """A payment the customer completes in the page."""
        with understood():
            return self.sdk.v1.payment_intents.create({
                "amount": to_stripe(amount, currency), "currency": currency.lower(), "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "metadata": METADATA | {"intent": reference}}, self._options(key)).to_dict()

    def charge(self, amount: int, currency: str, customer: str | None, method: str, reference: str, key: str) -> Object:
        """Take money from a saved card while its holder is away."""
        with understood():
            given: Any = {"amount": to_stripe(amount, currency), "currency": currency.lower(), "payment_method": method, "confirm": True, "off_session": True,
                          "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                          "metadata": METADATA | {"intent": reference}} | ({"customer": customer} if customer else {})
            return self.sdk.v1.payment_intents.create(given, self._options(key)).to_dict()

    def payment(self, payment_id: str) -> Object:
        with understood():
            return self.sdk.v1.payment_intents.retrieve(payment_id, None, self._options()).to_dict()

    def payment_for(self, reference: str, *, customer: str | None = None, since: int | None = None) -> Object | None:
        """The payment made for one of our intents, if there is one: found by what we wrote on it, whatever became of the key.

        Looks at the customer's payments, or at those made since an instant; a clock decides nothing where a customer is known (I58).
        """
        with understood():
            asked: Any = {"limit": 100} | ({"customer": customer} if customer else {"created": {"gte": since}})
            for found in self.sdk.v1.payment_intents.list(asked, self._options()).auto_paging_iter():
                made = found.to_dict()
                if (made["metadata"] or {}).get("intent") == reference:
                    return made
        return None

    def cancel_payment(self, payment_id: str) -> Object:
        with understood():
            return self.sdk.v1.payment_intents.cancel(payment_id, None, self._options()).to_dict()

    def make_refund(self, payment_id: str, amount: int, currency: str, line: str, attempt: int, key: str) -> Object:
        with understood():
            return self.sdk.v1.refunds.create({"payment_intent": payment_id, "amount": to_stripe(amount, currency),
                                               "metadata": METADATA | {"line": line, "attempt": str(attempt)}}, self._options(key)).to_dict()

    def refunds_of(self, payment_id: str) -> list[Object]:
        """Every refund of the payment, by whomever."""
        with understood():
            return [made.to_dict() for made in self.sdk.v1.refunds.list({"payment_intent": payment_id, "limit": 100}, self._options()).auto_paging_iter()]

    def refund(self, refund_id: str) -> Object:
        with understood():
            return self.sdk.v1.refunds.retrieve(refund_id, None, self._options()).to_dict()

    def events_since(self, moment: int) -> list[Object]:
        """Events made at `moment` (epoch seconds) or later, oldest first."""
        with understood():
            found = self.sdk.v1.events.list({"created": {"gte": moment}, "limit": 100}, self._options()).auto_paging_iter()
            return [made.to_dict() for made in found][::-1]
