"""Disputed payments in the shop's words: what the customer's bank says, and how it stands."""

from __future__ import annotations

from booking.wording.words import Words


def dispute_reason(w: Words, code: str) -> str:
    """Why, as the bank gives it (Stripe, "Dispute reasons"); an unknown code as it is."""
    return {
        "bank_cannot_process": w._("the bank could not process the payment"), "check_returned": w._("the payment was returned"),
        "credit_not_processed": w._("a promised refund has not arrived"), "customer_initiated": w._("the customer disagrees with the payment"),
        "debit_not_authorized": w._("the payment was not authorised"), "duplicate": w._("paid twice for the same thing"),
        "fraudulent": w._("the card's holder says they did not make this payment"), "general": w._("no particular reason given"),
        "incorrect_account_details": w._("wrong account details"), "insufficient_funds": w._("not enough money in the account"),
        "noncompliant": w._("against the rules of the card network"), "product_not_received": w._("the service was not given"),
        "product_unacceptable": w._("the service was not as described"), "subscription_canceled": w._("charged after it was cancelled"),
        "unrecognized": w._("the card's holder does not recognise this payment"),
    }.get(code, code.replace("_", " "))


def dispute_state(w: Words, status: str) -> str:
    """How it stands; an unknown status as it is."""
    return {
        "warning_needs_response": w._("Question of the bank, please answer"), "warning_under_review": w._("Question of the bank, answered"),
        "warning_closed": w._("Question closed"), "needs_response": w._("Please answer"), "under_review": w._("The bank is deciding"),
        "appeal_needs_response": w._("Appeal, please answer"), "appeal_under_review": w._("Appeal, being decided"),
        "won": w._("Won"), "lost": w._("Lost"), "prevented": w._("Prevented"),
    }.get(status, status.replace("_", " ").capitalize())


def to_answer(status: str) -> bool:
    """Whether the shop is asked for an answer now."""
    return status.endswith("needs_response")
