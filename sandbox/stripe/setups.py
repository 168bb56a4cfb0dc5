"""SetupIntents: a card is saved, after a challenge where its bank asks for one."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.stripe import cards
from sandbox.stripe.errors import StripeError, invalid
from sandbox.stripe.events import Events
from sandbox.stripe.methods import Methods
from sandbox.stripe.state import Object, State

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


class Setups:
    def __init__(self, state: State, events: Events, methods: Methods) -> None:
        self.state, self.events, self.methods = state, events, methods

    def create(self, account: str, p: dict[str, Any]) -> Object:
        if p.get("customer"):
            self.state.get(account, "customer", p["customer"])
        made = self.state.new(account, "setup_intent", customer=p.get("customer"), payment_method=None, status="requires_payment_method",
                              usage=p.get("usage") or "off_session", next_action=None, last_setup_error=None, metadata=p.get("metadata") or {},
                              payment_method_types=["card"], cancellation_reason=None, description=p.get("description"))
        made = self.state.save(account, made | {"client_secret": f"{made['id']}_secret_{secrets.token_hex(12)}"})
        self.events.emit(account, "setup_intent.created", made)
        if p.get("confirm"):
            return self.confirm(account, made["id"], p, on_session=False)
        return made

    def confirm(self, account: str, wanted: str, p: dict[str, Any], *, on_session: bool = True) -> Object:
        """With a saved method, or the card typed in a browser (`payment_method_data`)."""
        intent = self._open(account, wanted)
        method = self._method(account, intent, p)
        try:
            cards.refuse_if_bad(method["card"])
        except StripeError as refusal:
            self._change(account, intent, "setup_intent.setup_failed", status="requires_payment_method", last_setup_error=refusal.body, _chosen=None)
            raise
        if method["card"]["_behaviour"] == "challenge":
            return self._change(account, intent, "setup_intent.requires_action", status="requires_action", _chosen=method["id"],
                                payment_method=method["id"], next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}})
        return self._done(account, intent, method["id"])

    def answer_challenge(self, account: str, wanted: str, passed: bool) -> Object:
        intent = self._open(account, wanted)
        if intent["status"] != "requires_action":
            raise invalid("There is no challenge to answer.", code="setup_intent_unexpected_state")
        if passed:
            return self._done(account, intent, intent["_chosen"])
        error = {"type": "card_error", "code": "setup_intent_authentication_failure",
                 "message": "We are unable to authenticate your payment method. Please choose a different payment method and try again."}
        return self._change(account, intent, "setup_intent.setup_failed", status="requires_payment_method", next_action=None,
                            payment_method=None, last_setup_error=error, _chosen=None)

    def cancel(self, account: str, wanted: str, p: dict[str, Any]) -> Object:
        return self._change(account, self._open(account, wanted), "setup_intent.canceled", status="canceled",
                            cancellation_reason=p.get("cancellation_reason"))

    def _method(self, account: str, intent: Object, p: dict[str, Any]) -> Object:
        if isinstance(p.get("payment_method_data"), dict):
            return self.methods.create(account, p["payment_method_data"].get("card") or {})
        if not p.get("payment_method"):
            raise invalid("You cannot confirm this SetupIntent because it's missing a payment method.", code="setup_intent_unexpected_state")
        return self.methods.usable(account, p["payment_method"], intent["customer"])

    def _done(self, account: str, intent: Object, method: str) -> Object:
        if intent["customer"]:
            self.methods.attach(account, method, intent["customer"])
        return self._change(account, intent, "setup_intent.succeeded", status="succeeded", payment_method=method, next_action=None,
                            last_setup_error=None)

    def _open(self, account: str, wanted: str) -> Object:
        intent = self.state.get(account, "setup_intent", wanted)
        if intent["status"] not in OPEN:
            raise invalid(f"This SetupIntent's status is {intent['status']}.", code="setup_intent_unexpected_state")
        return intent

    def _change(self, account: str, intent: Object, event: str, **values: Any) -> Object:
        changed = self.state.save(account, intent | values)
        self.events.emit(account, event, changed)
        return changed
