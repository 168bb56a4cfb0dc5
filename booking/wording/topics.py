"""What a message is about, in a few words each. Translated where it is shown."""

from __future__ import annotations

from booking.wording.words import Words

LABELS = {
    "zone_rules": "New time zone rules",
    "booking_confirmed": "Confirmation", "booking_moved": "New time", "booking_cancelled": "Cancellation", "manage_link": "Manage link",
    "request_received": "Request received", "approval_asked": "Move asked for", "approval_given": "Approval",
    "approval_refused": "Not accepted", "merchant_booking_created": "New booking, to the team",
    "merchant_booking_moved": "Moved, to the team", "merchant_booking_cancelled": "Cancelled, to the team",
    "merchant_approval_needed": "Please answer, to the team", "merchant_customer_erased": "Customer erased, to the team",
    "merchant_dispute_opened": "Payment disputed, to the team",
    "merchant_dispute_closed": "Dispute decided, to the team",
    "merchant_deposit_stuck": "Payment not given back, to the team", "merchant_payments_stopped": "Payments stopped, to the team",
    "merchant_calendar_lost": "Calendar to connect again, to the team", "reminder": "Reminder",
    "old_date_cancelled": "Old time cancelled",
    "feedback_request": "Feedback asked for", "feedback_reply": "Answer to feedback",
    "card_charged": "Fee charged", "card_removed": "Card removed", "card_saved": "Card saved", "counter_offer": "Other times offered", "deposit_returned": "Deposit given back",
    "earlier_slot": "Earlier time offered", "email_changed": "Address changed",
    "merchant_offer_accepted": "Other time accepted, to the team", "merchant_offers_ended": "Offers ended, to the team",
    "merchant_payment_returned": "Payment given back, to the team", "payment_returned": "Payment given back",
    "merchant_refund_failed": "Refund failed, to the team", "merchant_refunds_owed": "Refunds owed, to the team", "merchant_withdrawal": "Withdrawal declared, to the team",
    "phone_code": "Code for the phone", "refund_given": "Refund", "refund_paid": "Refund carried out", "sign_in_code": "Sign-in code",
    "team_invitation": "Invitation to the team", "waited_date_cancelled": "Date waited for cancelled", "waitlist_joined": "On the waitlist", "withdrawal_received": "Withdrawal received",
}


def topic(w: Words, code: str) -> str:
    return w._(LABELS[code]) if code in LABELS else w._("Message")
