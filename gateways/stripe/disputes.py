"""Disputed payments: what Stripe says of them is taken over; answering them is done at Stripe (I17)."""

from __future__ import annotations

from datetime import UTC, datetime

from booking.actions.disputes import Disputed, record_dispute
from gateways.stripe.amounts import from_stripe
from gateways.stripe.client import Account, Object
from gateways.stripe.errors import Busy
from models.actor import SYSTEM
from models.session import database


def take(store_id: int, account: Account, dispute_id: str) -> None:
    """Fetch the dispute and write down what it says. One process at a time, so that what was fetched first is written first; Busy for
    the others."""
    with database().alone(f"stripe:{store_id}:dispute:{dispute_id}") as mine:
        if not mine:
            raise Busy("dispute_in_hand")
        made = account.stripe.dispute(dispute_id)
        if isinstance(made.get("payment_intent"), str):
            record_dispute(store_id, SYSTEM, account.id, made["payment_intent"], told(made))


def told(dispute: Object) -> Disputed:
    asked = dispute.get("evidence_details") or {}
    due_by = asked.get("due_by")
    return Disputed(
        dispute["id"], from_stripe(dispute["amount"], dispute["currency"]), dispute["reason"], dispute["status"], bool(dispute["is_charge_refundable"]),
        bool(asked.get("submission_count")), datetime.fromtimestamp(due_by, UTC) if due_by else None, datetime.fromtimestamp(dispute["created"], UTC))
