"""The audit trail in plain words: who did what, what it was before and what it is now (R41, A41, A147)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from booking.wording.words import Words


class Told(Protocol):
    """What is needed of an audit entry."""

    at: datetime
    actor_kind: str
    actor_id: str | None
    actor_role: str | None
    channel: str
    action: str
    allowed: bool
    subject: str
    subject_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    facts: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One value before and after; `old` is empty for something new."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """One entry. `who` names the person where one is known, `where` the channel; `notes` say what was out of the ordinary."""

    at: datetime
    who: str
    where: str
    what: str
    changes: list[Change]
    notes: list[str]
    allowed: bool


def history_line(w: Words, entry: Told, names: dict[tuple[str, str], str], zone: str, currency: str) -> Line:
    """An entry in words; times in `zone`, money in `currency`."""
    return Line(entry.at, actor(w, entry, names), channel(w, entry.channel), what(w, entry.action, entry.subject, entry.allowed),
                _changes(w, entry, names, zone, currency), _notes(w, entry, currency), entry.allowed)


def actor(w: Words, entry: Told, names: dict[tuple[str, str], str]) -> str:
    """`Sam Owner (owner)`, `Customer`, `Link holder`, `API token "Website"`, `System`."""
    own = entry.subject_id if entry.actor_id is None and entry.subject == entry.actor_kind else None
    name = names.get((entry.actor_kind, entry.actor_id or str(own or "")))
    if entry.actor_kind == "user":
        return w._("{name} ({role})").format(name=name or w._("Someone of the team"), role=role(w, entry.actor_role))
    if entry.actor_kind == "token":
        return w._("API token {name}").format(name=f"“{name}”") if name else w._("API token")
    return {"customer": w._("Customer"), "link": w._("Link holder"), "shopify_customer": w._("Customer"), "system": w._("System")}[entry.actor_kind]


def role(w: Words, code: str | None) -> str:
    return {"owner": w._("owner"), "manager": w._("manager"), "staff": w._("staff")}.get(code or "", code or w._("team"))


def channel(w: Words, code: str) -> str:
    return {
        "account": w._("account"), "link": w._("mailed link"), "extension": w._("Shopify account"), "dashboard": w._("dashboard"),
        "api": w._("API"), "webhook": w._("webhook"), "import": w._("import"), "schedule": w._("automatic"),
    }.get(code, code)


def what(w: Words, action: str, subject: str, allowed: bool = True) -> str:
    """What was done, or tried."""
    text = _actions(w).get(action) or action.replace("_", " ").capitalize()
    return text if allowed else w._("Refused: {what}").format(what=text)


def _actions(w: Words) -> dict[str, str]:
    return {
        "create_booking": w._("Booked"), "reschedule_booking": w._("Moved"), "cancel_booking": w._("Cancelled"),
        "drop_seats": w._("Seats cancelled"), "approve_booking": w._("Approved"), "decline_booking": w._("Declined"),
        "expire_booking": w._("Ended without an answer"), "arrive_booking": w._("Checked in"), "ready_booking": w._("Ready to start"),
        "complete_booking": w._("Completed"), "no_show_booking": w._("Marked as missed"), "refund_booking": w._("Goodwill refund owed"),
        "record_payment": w._("Payment received"), "create_series": w._("Series booked"), "reschedule_series": w._("Dates of a series moved"),
        "cancel_series": w._("Dates of a series cancelled"), "create_visit": w._("Visit booked"), "reschedule_visit": w._("Visit moved"),
        "cancel_visit": w._("Visit cancelled"),
        "execute_refund": w._("Refund carried out"), "redact_customer": w._("Customer erased"),
        "reply_to_feedback": w._("Feedback answered"), "publish_feedback": w._("Publishing of feedback changed"),
        "leave_feedback": w._("Feedback given"), "send_manage_link": w._("Manage link sent"),
        "revoke_link": w._("Link revoked, new link sent"), "resend_message": w._("Message sent again"),
        "keep_wall_time": w._("Kept at its local time under new time zone rules"), "forget_booking": w._("Personal data forgotten"),
        "clear_conflict": w._("Conflict settled"), "add_note": w._("Note added"), "remove_note": w._("Note removed"), "claim_booking": w._("Taken into the customer's account"),
        "import_booking": w._("Imported"), "merge_customers": w._("Customers merged"), "export_customer": w._("Customer's data exported"), "create_customer": w._("Customer added"),
        "update_customer": w._("Customer changed"), "delete_customer": w._("Customer removed"), "update_profile": w._("Profile changed"),
        "verify_email": w._("Address proven"), "sign_in": w._("Signed in"), "sign_out": w._("Signed out"),
        "sign_out_everywhere": w._("Signed out everywhere"), "request_login_code": w._("Sign-in code asked for"),
        "create_service": w._("Service added"), "update_service": w._("Service changed"), "delete_service": w._("Service removed"),
        "create_staff": w._("Staff added"), "update_staff": w._("Staff changed"), "delete_staff": w._("Staff removed"),
        "create_location": w._("Location added"), "update_location": w._("Location changed"), "create_block": w._("Time off added"),
        "update_block": w._("Time off changed"), "delete_block": w._("Time off removed"), "create_session": w._("Class date added"),
        "update_session": w._("Class date changed"), "delete_session": w._("Class date removed"), "cancel_session": w._("Class date cancelled"),
        "update_store": w._("Settings changed"), "create_store": w._("Store opened"), "create_user": w._("Team member invited"),
        "create_token": w._("API token made"), "revoke_token": w._("API token revoked"), "invite_user": w._("Team member invited"),
        "change_user": w._("Team member changed"), "remove_user": w._("Team member removed"), "set_staff_date": w._("Other hours on a date"),
        "clear_staff_date": w._("Back to the week's hours"), "add_domain": w._("Domain added"), "prove_domain": w._("Domain proven"),
        "use_domain": w._("Domain used in links"), "drop_domain": w._("Domain dropped: its record is gone"), "remove_domain": w._("Domain removed"),
        "create_webhook": w._("Webhook added"), "update_webhook": w._("Webhook changed"), "renew_webhook_secret": w._("Webhook secret renewed"),
        "delete_webhook": w._("Webhook removed"), "redeliver_webhook": w._("Webhook sent again"), "start_import": w._("Import started"), "hold_slot": w._("Time kept during checkout"), "expire_hold": w._("Kept time ended"),
        "release_hold": w._("Kept time given back"),
    }


def _changes(w: Words, entry: Told, names: dict[tuple[str, str], str], zone: str, currency: str) -> list[Change]:
    before, after = entry.before or {}, entry.after or {}
    shown = {
        "starts_at": (w._("Time"), lambda v: w.when(datetime.fromisoformat(v), zone)),
        "staff_id": (w._("With"), lambda v: names.get(("staff", str(v)), w._("someone who has left"))),
        "status": (w._("Status"), w.status), "seats": (w._("Seats"), str), "price": (w._("Price"), lambda v: w.money(v, currency)),
        "state": (w._("Refund"), lambda v: refund_state(w, v)), "capacity": (w._("Places"), str),
    }
    found = []
    for field, (label, say) in shown.items():
        old, new = before.get(field), after.get(field)
        if new is None or old == new or (entry.before is None and field in ("seats", "price", "state")):
            continue
        found.append(Change(label, "" if old is None else say(old), say(new)))
    if fields := after.get("fields"):
        found.append(Change(w._("Fields"), "", ", ".join(str(name).replace("_", " ") for name in fields)))
    return found


def _notes(w: Words, entry: Told, currency: str) -> list[str]:
    facts, notes = entry.facts, []
    if not entry.allowed:
        notes.append(_refused(w, facts.get("code", "")))
    if facts.get("override"):
        notes.append(w._("Outside the customers' rules, by override."))
    if facts.get("outside_hours"):
        notes.append(w._("Outside working hours."))
    if facts.get("overlap"):
        notes.append(w._("Over another booking or time off."))
    if facts.get("waits"):
        notes.append(w._("Waits for approval."))
    if (quote := facts.get("quote")) and quote.get("outcome") != "none":
        notes.append(w._("Money back: {amount}, kept: {kept}.").format(amount=w.money(quote["amount"], quote["currency"]),
                                                                      kept=w.money(quote["kept"], quote["currency"])))
    if facts.get("paid"):
        notes.append(w._("Paid: {amount}.").format(amount=w.money(facts["paid"], currency)))
    if entry.action == "execute_refund" and facts.get("amount"):
        notes.append(w._("Amount: {amount}.").format(amount=w.money(facts["amount"], currency)))
    if facts.get("topic"):
        notes.append(topic(w, facts["topic"]))
    return notes


def _refused(w: Words, code: str) -> str:
    return {
        "too_late": w._("Too late under the policy."), "limit_reached": w._("Moved as often as the policy allows."),
        "not_allowed": w._("Not allowed by the settings."), "closed": w._("The booking was closed already."),
        "checked_in": w._("The customer was checked in already."),
    }.get(code, code)


def refund_state(w: Words, state: str) -> str:
    return {"none": w._("Nothing to refund"), "owed": w._("Owed"), "pending": w._("On its way"), "succeeded": w._("Refunded"),
            "failed": w._("Failed")}.get(state, state)


def topic(w: Words, code: str) -> str:
    """What a message is about."""
    return {
        "booking_confirmed": w._("Confirmation"), "booking_moved": w._("New time"), "booking_cancelled": w._("Cancellation"),
        "manage_link": w._("Manage link"), "request_received": w._("Request received"), "approval_asked": w._("Move asked for"),
        "approval_given": w._("Approval"), "approval_refused": w._("Not accepted"), "merchant_booking_created": w._("New booking, to the team"),
        "merchant_booking_moved": w._("Moved, to the team"), "merchant_booking_cancelled": w._("Cancelled, to the team"),
        "merchant_approval_needed": w._("Please answer, to the team"), "merchant_customer_erased": w._("Customer erased, to the team"),
        "merchant_calendar_lost": w._("Calendar to connect again, to the team"), "reminder": w._("Reminder"),
        "zone_rules": w._("New time zone rules"), "feedback_request": w._("Feedback asked for"), "feedback_reply": w._("Answer to feedback"),
    }.get(code, code.replace("_", " ").capitalize())


def message_state(w: Words, state: str, attempts: int, delivery: str | None = None) -> str:
    """Whether a message has left (A104); `delivery` is what the SMS provider reports."""
    if delivery in ("delivered", "undelivered", "failed"):
        return w._("Delivered") if delivery == "delivered" else w._("Not delivered")
    if state == "due":
        return w._("Waiting") if not attempts else w.ngettext("Trying again, {n} try so far", "Trying again, {n} tries so far", attempts).format(n=attempts)
    return {"sent": w._("Sent"), "failed": w._("Failed"), "superseded": w._("Not sent: outdated"), "unknown": w._("Uncertain")}.get(state, state)
