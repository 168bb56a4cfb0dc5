"""Disputes: a bank asks or takes money back, the shop answers, the bank decides. Meanwhile the payment cannot be refunded."""

from __future__ import annotations

from typing import Any

from sandbox.stripe.errors import invalid
from sandbox.stripe.events import Events
from sandbox.stripe.state import Object, State

ANSWER_WITHIN_S = 9 * 86_400
ENDS = ("won", "lost", "warning_closed", "appeal_under_review")


class Disputes:
    def __init__(self, state: State, events: Events) -> None:
        self.state, self.events = state, events

    def open(self, account: str, charge: Object, *, amount: int | None = None, reason: str = "fraudulent", inquiry: bool = False) -> Object:
        """What the bank of the card's holder does, for the whole charge unless told otherwise."""
        made = self.state.new(
            account, "dispute", amount=amount or charge["amount"], currency=charge["currency"], charge=charge["id"], payment_intent=charge["payment_intent"],
            reason=reason, status="warning_needs_response" if inquiry else "needs_response", is_charge_refundable=inquiry, metadata={},
            network_reason_code="10.4", balance_transactions=[], evidence={},
            evidence_details={"due_by": self.state.seconds() + ANSWER_WITHIN_S, "has_evidence": False, "past_due": False, "submission_count": 0})
        self._charge(account, made, disputed=True, blocked=not inquiry)
        self.events.emit(account, "charge.dispute.created", made)
        if not inquiry:
            self.events.emit(account, "charge.dispute.funds_withdrawn", made)
        return made

    def answer(self, account: str, wanted: str) -> Object:
        """The shop has sent its evidence."""
        dispute = self.state.get(account, "dispute", wanted)
        status = "warning_under_review" if dispute["status"].startswith("warning") else "under_review"
        return self._change(account, dispute, "charge.dispute.updated", status=status, evidence_details=dispute["evidence_details"] | {
            "has_evidence": True, "submission_count": dispute["evidence_details"]["submission_count"] + 1})

    def decide(self, account: str, wanted: str, status: str) -> Object:
        """What the bank decides in the end, or that it looks at it again."""
        dispute = self.state.get(account, "dispute", wanted)
        self._charge(account, dispute, disputed=True, blocked=status in ("lost", "appeal_under_review"))
        changed = self._change(account, dispute, "charge.dispute.closed" if status in ENDS[:3] else "charge.dispute.updated", status=status,
                               is_charge_refundable=status in ("won", "warning_closed"))
        if status == "won":
            self.events.emit(account, "charge.dispute.funds_reinstated", changed)
        return changed

    def of(self, account: str, p: dict[str, Any]) -> list[Object]:
        return [made for _, made in self.state.each(account, "dispute")
                if p.get("payment_intent") in (None, made["payment_intent"]) and p.get("charge") in (None, made["charge"])]

    def refuse_refund(self, charge: Object) -> None:
        if charge.get("_blocked"):
            raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")

    def _charge(self, account: str, dispute: Object, *, disputed: bool, blocked: bool) -> None:
        charge = self.state.get(account, "charge", dispute["charge"])
        self.state.save(account, charge | {"disputed": disputed, "_blocked": blocked})

    def _change(self, account: str, dispute: Object, event: str, **values: Any) -> Object:
        changed = self.state.save(account, dispute | values)
        self.events.emit(account, event, changed)
        return changed
