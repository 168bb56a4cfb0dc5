"""The operations of the API: method, path, the SDK's parameter type, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from sandbox.stripe.accounts import Accounts
from sandbox.stripe.disputes import Disputes
from sandbox.stripe.errors import missing
from sandbox.stripe.events import Events, listed
from sandbox.stripe.methods import Methods
from sandbox.stripe.payments import Payments
from sandbox.stripe.refunds import Refunds
from sandbox.stripe.setups import Setups
from sandbox.stripe.state import State


class Stripe:
    """Everything this Stripe can do, over one state."""

    def __init__(self, state: State, events: Events) -> None:
        self.state, self.events = state, events
        self.methods = Methods(state, events)
        self.setups = Setups(state, events, self.methods)
        self.payments = Payments(state, events, self.methods)
        self.disputes = Disputes(state, events)
        self.refunds = Refunds(state, events, self.disputes)
        self.accounts = Accounts(state, events)

    def check_secret(self, account: str, wanted: str, secret: str) -> None:
        """Browsers reach only the intent whose client secret they hold."""
        intent = self.state.objects.get((account, wanted))
        if intent is None or not compare_digest(str(intent.get("client_secret", "")).encode(), str(secret).encode()) or not secret:
            raise missing("intent", wanted)

    def page(self, account: str, kind: str, p: dict[str, Any], *only: str) -> dict[str, Any]:
        """A list of a kind, by the filters named in `only`."""
        found = [made for _, made in self.state.each(account, kind) if all(p.get(name) in (None, made.get(name)) for name in only)]
        return listed(found, f"/v1/{kind}s", p)

    def events_page(self, account: str, p: dict[str, Any]) -> dict[str, Any]:
        wanted = set(p.get("types") or ([p["type"]] if p.get("type") else []))
        found = [made for _, made in self.state.each(account, "event") if not wanted or made["type"] in wanted]
        return listed(found, "/v1/events", p)


@dataclass(frozen=True)
class Operation:
    """`do(stripe, account, parameters, path, idempotency key, by_browser)`. `browser`: may be called with a publishable key."""

    method: str
    path: str
    name: str
    params: str
    do: Callable[[Stripe, str, dict[str, Any], dict[str, str], str | None, bool], Any]
    browser: bool = False


OPERATIONS = (
    Operation("POST", "/v1/customers", "create_customer", "CustomerCreateParams", lambda s, a, p, at, k, b: s.methods.create_customer(a, p)),
    Operation("GET", "/v1/customers/{id}", "get_customer", "CustomerRetrieveParams", lambda s, a, p, at, k, b: s.state.get(a, "customer", at["id"])),
    Operation("GET", "/v1/customers/{id}/payment_methods", "list_customer_methods", "CustomerPaymentMethodListParams",
              lambda s, a, p, at, k, b: listed(s.methods.of_customer(a, at["id"]), "/v1/payment_methods", p)),
    Operation("GET", "/v1/payment_methods", "list_methods", "PaymentMethodListParams", lambda s, a, p, at, k, b: s.page(a, "payment_method", p, "customer")),
    Operation("GET", "/v1/payment_methods/{id}", "get_method", "PaymentMethodRetrieveParams", lambda s, a, p, at, k, b: s.methods.find(a, at["id"])),
    Operation("POST", "/v1/payment_methods/{id}/attach", "attach", "PaymentMethodAttachParams",
              lambda s, a, p, at, k, b: s.methods.attach(a, at["id"], p.get("customer"))),
    Operation("POST", "/v1/payment_methods/{id}/detach", "detach", "PaymentMethodDetachParams", lambda s, a, p, at, k, b: s.methods.detach(a, at["id"])),
    Operation("POST", "/v1/setup_intents", "create_setup", "SetupIntentCreateParams", lambda s, a, p, at, k, b: s.setups.create(a, p)),
    Operation("GET", "/v1/setup_intents/{id}", "get_setup", "SetupIntentRetrieveParams",
              lambda s, a, p, at, k, b: s.state.get(a, "setup_intent", at["id"]), browser=True),
    Operation("POST", "/v1/setup_intents/{id}/confirm", "confirm_setup", "SetupIntentConfirmParams",
              lambda s, a, p, at, k, b: s.setups.confirm(a, at["id"], p, on_session=b), browser=True),
    Operation("POST", "/v1/setup_intents/{id}/cancel", "cancel_setup", "SetupIntentCancelParams", lambda s, a, p, at, k, b: s.setups.cancel(a, at["id"], p)),
    Operation("POST", "/v1/payment_intents", "create_payment", "PaymentIntentCreateParams", lambda s, a, p, at, k, b: s.payments.create(a, p)),
    Operation("GET", "/v1/payment_intents", "list_payments", "PaymentIntentListParams", lambda s, a, p, at, k, b: s.page(a, "payment_intent", p, "customer")),
    Operation("GET", "/v1/payment_intents/{id}", "get_payment", "PaymentIntentRetrieveParams",
              lambda s, a, p, at, k, b: s.state.get(a, "payment_intent", at["id"]), browser=True),
    Operation("POST", "/v1/payment_intents/{id}/confirm", "confirm_payment", "PaymentIntentConfirmParams",
              lambda s, a, p, at, k, b: s.payments.confirm(a, at["id"], p, on_session=b or not p.get("off_session")), browser=True),
    Operation("POST", "/v1/payment_intents/{id}/capture", "capture", "PaymentIntentCaptureParams", lambda s, a, p, at, k, b: s.payments.capture(a, at["id"], p)),
    Operation("POST", "/v1/payment_intents/{id}/cancel", "cancel_payment", "PaymentIntentCancelParams", lambda s, a, p, at, k, b: s.payments.cancel(a, at["id"], p)),
    Operation("POST", "/v1/refunds", "create_refund", "RefundCreateParams", lambda s, a, p, at, k, b: s.refunds.create(a, p, key=k)),
    Operation("GET", "/v1/refunds", "list_refunds", "RefundListParams", lambda s, a, p, at, k, b: listed(s.refunds.of(a, p), "/v1/refunds", p)),
    Operation("GET", "/v1/refunds/{id}", "get_refund", "RefundRetrieveParams", lambda s, a, p, at, k, b: s.state.get(a, "refund", at["id"])),
    Operation("GET", "/v1/charges", "list_charges", "ChargeListParams", lambda s, a, p, at, k, b: s.page(a, "charge", p, "customer", "payment_intent")),
    Operation("GET", "/v1/charges/{id}", "get_charge", "ChargeRetrieveParams", lambda s, a, p, at, k, b: s.state.get(a, "charge", at["id"])),
    Operation("GET", "/v1/events", "list_events", "EventListParams", lambda s, a, p, at, k, b: s.events_page(a, p)),
    Operation("GET", "/v1/events/{id}", "get_event", "EventRetrieveParams", lambda s, a, p, at, k, b: s.state.get(a, "event", at["id"])),
    Operation("GET", "/v1/accounts/{id}", "get_account", "AccountRetrieveParams", lambda s, a, p, at, k, b: s.accounts.get(at["id"])),
    Operation("POST", "/v1/accounts", "create_account", "AccountCreateParams", lambda s, a, p, at, k, b: s.accounts.create(p)),
    Operation("GET", "/v1/accounts", "list_accounts", "AccountListParams", lambda s, a, p, at, k, b: s.page("", "account", p)),
    Operation("POST", "/v1/account_links", "create_account_link", "AccountLinkCreateParams", lambda s, a, p, at, k, b: s.accounts.link(p)),
    Operation("GET", "/v1/disputes", "list_disputes", "DisputeListParams", lambda s, a, p, at, k, b: listed(s.disputes.of(a, p), "/v1/disputes", p)),
    Operation("GET", "/v1/disputes/{id}", "get_dispute", "DisputeRetrieveParams", lambda s, a, p, at, k, b: s.state.get(a, "dispute", at["id"])),
)
