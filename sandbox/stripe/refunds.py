"""Refunds: never more than was captured; some cards keep them pending or let them fail later."""

from __future__ import annotations

from typing import Any

from sandbox.stripe.disputes import Disputes
from sandbox.stripe.errors import invalid
from sandbox.stripe.events import Events
from sandbox.stripe.payments import check_steps
from sandbox.stripe.state import Object, State

COUNTED = ("pending", "succeeded", "requires_action")


class Refunds:
    def __init__(self, state: State, events: Events, disputes: Disputes) -> None:
        self.state, self.events, self.disputes = state, events, disputes

    def create(self, account: str, p: dict[str, Any], *, key: str | None = None) -> Object:
        charge = self._charge(account, p)
        self.disputes.refuse_refund(charge)
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left <= 0:
            raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        amount = left if p.get("amount") is None else p["amount"]
        if amount <= 0:
            raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
        check_steps(amount, charge["currency"])
        if amount > left:
            raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", code="amount_too_large", param="amount")
        method = self.state.get(account, "payment_method", charge["payment_method"])
        waits = method["card"]["_behaviour"] == "refund_pending"
        made = self.state.new(account, "refund", amount=amount, charge=charge["id"], payment_intent=charge["payment_intent"],
                              currency=charge["currency"], metadata=p.get("metadata") or {}, reason=p.get("reason"), failure_reason=None,
                              status="pending" if waits else "succeeded", _key=key)
        self.events.emit(account, "refund.created", made)
        self._count(account, charge["id"], amount)
        return made

    def settle(self, account: str, wanted: str, status: str) -> Object:
        """What the bank says later: `succeeded` or `failed`. A failed refund's money is back with the shop."""
        refund = self.state.get(account, "refund", wanted)
        if refund["status"] in ("failed", "canceled"):
            return refund
        failed = status == "failed"
        changed = self.state.save(account, refund | {"status": status, "failure_reason": "expired_or_canceled_card" if failed else None})
        if failed:
            self._count(account, refund["charge"], -refund["amount"], told=False)
            self.events.emit(account, "refund.failed", changed)
        self.events.emit(account, "charge.refund.updated", changed)
        self.events.emit(account, "refund.updated", changed)
        return changed

    def of(self, account: str, p: dict[str, Any]) -> list[Object]:
        return [refund for _, refund in self.state.each(account, "refund")
                if p.get("payment_intent") in (None, refund["payment_intent"]) and p.get("charge") in (None, refund["charge"])]

    def _charge(self, account: str, p: dict[str, Any]) -> Object:
        if p.get("charge"):
            return self.state.get(account, "charge", p["charge"])
        if not p.get("payment_intent"):
            raise invalid("One of the following params should be provided for this request: payment_intent or charge.", code="parameter_missing")
        intent = self.state.get(account, "payment_intent", p["payment_intent"])
        if intent["latest_charge"] is None or intent["status"] != "succeeded":
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.", code="payment_intent_unexpected_state")
        return self.state.get(account, "charge", intent["latest_charge"])

    def _count(self, account: str, charge_id: str, amount: int, *, told: bool = True) -> None:
        charge = self.state.get(account, "charge", charge_id)
        refunded = charge["amount_refunded"] + amount
        changed = self.state.save(account, charge | {"amount_refunded": refunded, "refunded": refunded == charge["amount_captured"]})
        if told:
            self.events.emit(account, "charge.refunded", changed)
