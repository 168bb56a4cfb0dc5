"""PaymentIntents and their charges."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.stripe import cards
from sandbox.stripe.errors import StripeError, declined, invalid
from sandbox.stripe.events import Events
from sandbox.stripe.methods import Methods
from sandbox.stripe.state import Object, State

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def check_steps(amount: int, currency: str) -> None:
    """Three-decimal currencies are taken in steps of ten minor units only."""
    if currency in THREE_DECIMALS and amount % 10:
        raise invalid(f"Invalid amount: {currency} amounts must be a multiple of 10.", code="parameter_invalid_integer", param="amount")


class Payments:
    def __init__(self, state: State, events: Events, methods: Methods) -> None:
        self.state, self.events, self.methods = state, events, methods

    def create(self, account: str, p: dict[str, Any]) -> Object:
        if p["amount"] < 1:
            raise invalid("This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount")
        check_steps(p["amount"], p["currency"].lower())
        if p.get("customer"):
            self.state.get(account, "customer", p["customer"])
        made = self.state.new(
            account, "payment_intent", amount=p["amount"], amount_received=0, amount_capturable=0, currency=p["currency"].lower(),
            customer=p.get("customer"), payment_method=p.get("payment_method"), latest_charge=None, next_action=None, last_payment_error=None,
            status="requires_confirmation" if p.get("payment_method") else "requires_payment_method", metadata=p.get("metadata") or {},
            description=p.get("description"), capture_method=p.get("capture_method") or "automatic_async", canceled_at=None,
            cancellation_reason=None, payment_method_types=["card"], setup_future_usage=p.get("setup_future_usage"))
        made = self.state.save(account, made | {"client_secret": f"{made['id']}_secret_{secrets.token_hex(12)}"})
        self.events.emit(account, "payment_intent.created", made)
        if p.get("confirm") is True:
            return self.confirm(account, made["id"], p, on_session=not p.get("off_session"))
        return made

    def confirm(self, account: str, wanted: str, p: dict[str, Any], *, on_session: bool = True) -> Object:
        intent = self._in(account, wanted, OPEN)
        method = self._method(account, intent, p)
        try:
            cards.refuse_if_bad(method["card"])
            if method["card"]["_behaviour"] == "challenge" and not on_session:
                raise declined("authentication_required", "Your card was declined. This transaction requires authentication.",
                               decline_code="authentication_required")
        except StripeError as refusal:
            refusal.body["payment_intent"] = {"id": intent["id"], "object": "payment_intent"}
            self._change(account, intent, "payment_intent.payment_failed", status="requires_payment_method", last_payment_error=refusal.body,
                         payment_method=None, next_action=None)
            raise
        if method["card"]["_behaviour"] == "challenge":
            return self._change(account, intent, "payment_intent.requires_action", status="requires_action", payment_method=method["id"],
                                next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}})
        return self._charge(account, intent, method["id"])

    def answer_challenge(self, account: str, wanted: str, passed: bool) -> Object:
        intent = self._in(account, wanted, ("requires_action",))
        if passed:
            return self._charge(account, intent, intent["payment_method"])
        error = {"type": "card_error", "code": "payment_intent_authentication_failure",
                 "message": "We are unable to authenticate your payment method. Please choose a different payment method and try again."}
        return self._change(account, intent, "payment_intent.payment_failed", status="requires_payment_method", next_action=None,
                            payment_method=None, last_payment_error=error)

    def capture(self, account: str, wanted: str, p: dict[str, Any]) -> Object:
        intent = self._in(account, wanted, ("requires_capture",))
        amount = p.get("amount_to_capture") or intent["amount"]
        if amount > intent["amount"]:
            raise invalid("The amount to capture is larger than the authorized amount.", code="amount_too_large", param="amount_to_capture")
        charge = self.state.get(account, "charge", intent["latest_charge"])
        self.state.save(account, charge | {"captured": True, "amount_captured": amount})
        return self._change(account, intent, "payment_intent.succeeded", status="succeeded", amount_received=amount, amount_capturable=0)

    def cancel(self, account: str, wanted: str, p: dict[str, Any]) -> Object:
        intent = self._in(account, wanted, (*OPEN, "requires_capture"))
        return self._change(account, intent, "payment_intent.canceled", status="canceled", canceled_at=self.state.seconds(),
                            cancellation_reason=p.get("cancellation_reason"), next_action=None, amount_capturable=0)

    def _method(self, account: str, intent: Object, p: dict[str, Any]) -> Object:
        if isinstance(p.get("payment_method_data"), dict):
            return self.methods.create(account, p["payment_method_data"].get("card") or {})
        wanted = p.get("payment_method") or intent["payment_method"]
        if not wanted:
            raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.", code="payment_intent_unexpected_state")
        return self.methods.usable(account, wanted, intent["customer"])

    def _charge(self, account: str, intent: Object, method_id: str) -> Object:
        method, later = self.state.get(account, "payment_method", method_id), intent["capture_method"] == "manual"
        charge = self.state.new(
            account, "charge", amount=intent["amount"], amount_captured=0 if later else intent["amount"], amount_refunded=0,
            captured=not later, currency=intent["currency"], customer=intent["customer"], payment_intent=intent["id"], payment_method=method_id,
            refunded=False, status="succeeded", paid=True, metadata=intent["metadata"], description=intent["description"], disputed=False,
            payment_method_details={"type": "card", "card": {k: v for k, v in method["card"].items() if not k.startswith("_")}})
        self.events.emit(account, "charge.succeeded", charge)
        return self._change(
            account, intent, "payment_intent.amount_capturable_updated" if later else "payment_intent.succeeded", payment_method=method_id,
            status="requires_capture" if later else "succeeded", latest_charge=charge["id"], next_action=None, last_payment_error=None,
            amount_received=0 if later else intent["amount"], amount_capturable=intent["amount"] if later else 0)

    def _in(self, account: str, wanted: str, states: tuple[str, ...]) -> Object:
        intent = self.state.get(account, "payment_intent", wanted)
        if intent["status"] not in states:
            raise invalid(f"This PaymentIntent's status is {intent['status']}, so this cannot be done.", code="payment_intent_unexpected_state")
        return intent

    def _change(self, account: str, intent: Object, event: str, **values: Any) -> Object:
        changed = self.state.save(account, intent | values)
        self.events.emit(account, event, changed)
        return changed
