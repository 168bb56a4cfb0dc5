"""What stands outside the customers' rules, said before the shop does it anyway (A37, A103).

A warning has a code. The form that goes ahead names the codes it has shown; what has come up since is shown first.
"""

from __future__ import annotations

from datetime import datetime

from flask import request

from booking import facts
from booking.offers import ServiceOffer
from booking.rules.decision import Refused
from booking.slots import look
from booking.wording import Words
from models.booking_summary import BookingSummary
from models.session import Tx

Warnings = dict[str, str]
"""code -> sentence."""


def of_change(w: Words, kind: str, b: BookingSummary, now: datetime) -> Warnings:
    """Why the customer could not `reschedule` or `cancel` this themselves now; empty when they could."""
    decision = facts.decisions(b, now)[kind]
    if decision.allowed or decision.reason is None:
        return {}
    if decision.reason == "too_late" and decision.facts.get("started"):
        return {"started": w._("The appointment has already started.")}
    hours = decision.facts.get("notice_hours", "")
    return {decision.reason: {
        "too_late": w._("This is inside the notice of the policy: {n} h before the start.").format(n=hours),
        "limit_reached": w._("The customer has moved this as often as the policy allows."),
        "not_allowed": w._("Customers can't do this online for this service."),
        "checked_in": w._("The customer is checked in."),
    }.get(decision.reason, w._("Customers can't do this online now."))}


def of_time(w: Words, tx: Tx, offer: ServiceOffer, at: datetime, *, staff_id: int | None, seats: int = 1,
            moving: BookingSummary | None = None) -> Warnings:
    """What stands against a start. Raises Refused for what no override can do."""
    found: Warnings = {}
    seen = look(tx, offer, at, staff_id=staff_id, seats=seats, moving=moving)
    if at <= tx.now:
        found["past"] = w._("This time is in the past.")
    if seen.taken:
        found["taken"] = w._("There is another booking or time off at this time. Both will be marked as a conflict.")
    if seen.outside_hours:
        found["outside_hours"] = w._("This is outside working hours.")
    elif seen.not_offered and at > tx.now:
        found["not_offered"] = w._("Customers could not choose this time: it is too soon, too far ahead, or between the steps of the service.")
    return found


def all_shown(warnings: Warnings) -> bool:
    """Whether the form has shown every warning there is now."""
    return set(warnings) <= set(request.form.get("shown", "").split(","))


def without_override(refused: Refused) -> bool:
    """Whether a refusal is one that `override` answers: it came up between the look and the commit."""
    return refused.code in ("too_late", "limit_reached", "not_allowed", "checked_in", "outside_hours", "slot_taken")
