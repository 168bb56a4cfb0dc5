"""Refunds at Stripe, exactly once: the intent is written, the payment's refunds are looked at, then at most one is made (R24, I16)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from booking.actions.carry_refund import Part, Said, begin_refund, record_refund, take_open_refunds
from booking.actions.outside_refund import note_outside_refund
from booking.actions.rehearse_payment import begin_rehearsal, finish_rehearsal
from booking.keys import settings
from gateways.stripe.amounts import from_stripe
from gateways.stripe.client import GONE, Account, Object, Stripe, account_by_id, enabled
from gateways.stripe.errors import Busy, Declined, Unknown, Wrong
from models.actor import SYSTEM
from models.session import database, reading

STATES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}
TEST_CARD = "pm_card_visa"
ALREADY = frozenset({"charge_already_refunded", "amount_too_large"})


def carry_out(store_id: int, refund_id: int, *, at: Callable[[str], None] = lambda label: None) -> None:
    """Bring a refund as far as it goes. Raises Busy or Unsure when it must be tried again; safe to repeat at any point.

    `at` is told each point where a process could die, for the tests that let it die there.
    """
    parts = begin_refund(store_id, SYSTEM, refund_id, rehearse=enabled() and settings().stripe_test_mode).facts["parts"]
    at("intended")
    for part in parts:
        if not enabled():
            raise Busy("no_keys")
        with database().alone(f"stripe:{store_id}:{part.purse}") as mine:
            if not mine:
                raise Busy("payment_in_hand")
            said = _do(store_id, part, at)
            at("answered")
            record_refund(store_id, SYSTEM, part.intent_id, said)
            at("recorded")


def _do(store_id: int, part: Part, at: Callable[[str], None]) -> Said:
    with reading(store_id) as tx:
        account = account_by_id(tx, part.account_id)
    try:
        reference = part.reference or _rehearse(store_id, part, account)
        found = account.stripe.refunds_of(reference)
        at("looked")
        return _found(part, found) or _make(account.stripe, part, reference, found)
    except (Declined, Unknown, Wrong) as error:
        if error.code in ALREADY:
            raise Busy(error.code) from error  # someone refunds at this moment: the next look sees it
        return Said("failed", None, part.amount, error=error.code)


def _found(part: Part, refunds: Sequence[Object]) -> Said | None:
    """Our own refund of this attempt, whatever became of its key; else one made outside that pays exactly what is owed."""
    for refund in refunds:
        marks = refund["metadata"] or {}
        if marks.get("line") == str(part.line_id) and marks.get("attempt") == str(part.attempt):
            return said(refund)
    for refund in refunds:
        if _outside(refund) and refund["id"] not in part.known and _amount(refund) == part.amount and refund["status"] not in GONE:
            return said(refund, outside=True)
    return None


def _make(gate: Stripe, part: Part, reference: str, refunds: Sequence[Object]) -> Said:
    """At most what is left at Stripe: money given back outside is not given a second time (R24)."""
    left = part.captured - sum(_amount(refund) for refund in refunds if refund["status"] not in GONE)
    amount = min(part.amount, left)
    if amount <= 0:
        return Said("succeeded", None, 0, outside=True, error="refunded_outside")
    return said(gate.make_refund(reference, amount, part.currency, str(part.line_id), part.attempt, f"refund-{part.line_id}-{part.attempt}"))


def _rehearse(store_id: int, part: Part, account: Account) -> str:
    begun = begin_rehearsal(store_id, SYSTEM, part.payment_id, account.id).facts
    if begun["reference"] is not None:
        return begun["reference"]
    mark = str(begun["intent_id"])
    made = None if begun["fresh"] else account.stripe.payment_for(mark, since=int(begun["since"].timestamp()) - 600)
    made = made or account.stripe.charge(part.captured, part.currency, None, TEST_CARD, mark, f"rehearsal-{mark}")
    return finish_rehearsal(store_id, SYSTEM, part.payment_id, made["id"]).facts["reference"]


def said(refund: Object, *, outside: bool = False) -> Said:
    return Said(STATES.get(refund["status"] or "", "pending"), refund["id"], _amount(refund), outside, refund.get("failure_reason") if refund["status"] in GONE else None)


def ask_again(store_id: int) -> None:
    """Refunds that were left open: ask Stripe, or bring on the way what never got there (I17)."""
    for row in take_open_refunds(store_id, SYSTEM).facts["intents"]:
        if row.provider_ref is None:
            carry_out(store_id, row.refund_id)
        else:
            with reading(store_id) as tx:
                account = account_by_id(tx, row.account_id)
            refresh(store_id, row.id, account.stripe.refund(row.provider_ref))


def refresh(store_id: int, intent_id: int, refund: Object) -> None:
    """Take over what Stripe says of a refund that is in our books."""
    record_refund(store_id, SYSTEM, intent_id, said(refund, outside=_outside(refund)))


def note_outside(store_id: int, refund: Object) -> None:
    """A refund that is not ours by its marks goes into the books once; ours come in by their own intent."""
    if _outside(refund) and isinstance(refund["payment_intent"], str):
        note_outside_refund(store_id, SYSTEM, refund["payment_intent"], refund["id"], _amount(refund), STATES.get(refund["status"] or "", "pending"))


def _amount(refund: Object) -> int:
    return from_stripe(refund["amount"], refund["currency"])


def _outside(refund: Object) -> bool:
    return (refund["metadata"] or {}).get("source") != "opencals"
