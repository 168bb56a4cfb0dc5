"""What a setting was and what it is, in words for the shop's people (A41). Translated where it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from booking.rules.durations import parse
from booking.wording.fields import LABELS as FIELDS
from booking.wording.languages import SHIPPED
from booking.wording.words import Words

LABELS = {
    "reschedule.allowed": "Customers may reschedule", "reschedule.notice": "Rescheduling until, before the start", "reschedule.limit": "How often one booking can be moved",
    "reschedule.within_days": "Days after the original date", "reschedule.change_staff": "They may choose someone else when moving",
    "reschedule.price_difference": "If the new time has another price", "reschedule.reason": "Reason for moving", "cancel.allowed": "Customers may cancel",
    "cancel.notice": "Cancelling until, before the start", "cancel.instead_schedule": "Show \"Schedule an appointment\" instead of \"Cancel Booking\"", "cancel.tiers": "What comes back",
    "cancel.fee.amount": "Cancellation fee", "cancel.refund_mode": "Refunds are sent", "cancel.credit_choice": "They may choose credit instead of money",
    "cancel.part_cancel": "They may cancel part of a booking (some seats, one of several services)", "approval": "New bookings and moves by customers",
    "approval_notice": "Short notice means less than", "approval_hours": "You answer within", "release_old_slot_at_once": "Free the old time as soon as a move is asked for"}
"""Part of a policy -> its name, that of the form where there is one."""

KINDS = {
    ("", "inherit"): "As the store", ("", "on"): "On", ("", "off"): "Off", ("cancel.tiers", "full"): "everything back", ("cancel.tiers", "partial"): "part back",
    ("cancel.tiers", "credit"): "credit", ("cancel.tiers", "forfeit"): "nothing back", ("reschedule.price_difference", "keep"): "The price stays as booked",
    ("reschedule.price_difference", "difference"): "The difference is refunded or collected",
    ("reschedule.price_difference", "equal_only"): "Only times with the same price",
    ("reschedule.reason", "none"): "Not asked", ("reschedule.reason", "optional"): "Asked, and can be left empty",
    ("reschedule.reason", "required"): "Has to be given",
    ("cancel.refund_mode", "automatic"): "At once, to the payment used", ("cancel.refund_mode", "manual"): "By hand: listed as owed until you send it",
    ("approval", "automatic"): "Everything is confirmed at once", ("approval", "manual"): "New bookings and moves wait for you",
    ("approval", "first_only"): "Only new bookings wait for you", ("approval", "reschedule_only"): "Only moves wait for you",
    ("approval", "by_notice"): "Only bookings and moves at short notice wait", ("withdrawal", "eu"): "For customers in the EU",
    ("withdrawal", "everyone"): "For everyone"}
"""(field, or any, and code) -> the code in words; other values stand for themselves."""
UNSAID = {"reschedule.reason": "none"}
"""Part of a policy that is left out while it is so -> what it then is."""
MONEY = frozenset({"price", "deposit", "cancel.fee.amount"})
PEOPLE = {"staff_id": "staff", "staff": "staff", "location_id": "location", "service_id": "service", "services": "service"}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def told(w: Words, field: str, old: Any, new: Any, names: Mapping[tuple[str, str], str], currency: str) -> list[tuple[str, str, str]]:
    """(what, before, after) for each part of a field that has changed."""
    name = w._(FIELDS[field]) if field in FIELDS else w._("Other")
    if field == "policy" and not (old and new):
        return [(name, *(w._("As the store") if value is None else w._("Its own") for value in (old, new)))]
    if not isinstance(new, dict):
        return [(name, _say(w, field, old, names, currency), _say(w, field, new, names, currency))]
    was, now = dict(_leaves(old or {})), dict(_leaves(new))
    return [(f"{name}{w.colon} {_part(w, field, path)}", *(_say(w, path, values.get(path, UNSAID.get(path)), names, currency) for values in (was, now)))
            for path in sorted(was.keys() | now.keys(), key=lambda path: _place(w, path))]


def _leaves(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, part in value.items():
        if isinstance(part, Mapping):
            yield from _leaves(part, f"{above}{key}.")
        else:
            yield f"{above}{key}", part


def _place(w: Words, path: str) -> tuple[int, str]:
    """Days as the reader's week has them, all else by name."""
    return (w.week.in_order(DAYS).index(path) if path in DAYS else 0), path


def _part(w: Words, field: str, path: str) -> str:
    if field == "hours" and path in DAYS:
        return w.weekday_names("wide")[DAYS.index(path)]
    return w._(LABELS[path]) if field == "policy" and path in LABELS else path


def _say(w: Words, field: str, value: Any, names: Mapping[tuple[str, str], str], currency: str) -> str:
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return w._("yes") if value else w._("no")
    if field in MONEY:
        return w.money(value, currency)
    if field in PEOPLE:
        ids = value if isinstance(value, list) else [value]
        return w.comma.join(names.get((PEOPLE[field], str(one)), str(one)) for one in ids)
    if field == "cancel.tiers":
        return w.semicolon.join(_tier(w, tier, currency) for tier in value)
    if isinstance(value, list):
        return w.comma.join(w.duration(one) if field == "reminder_leads" else "–".join(one) if isinstance(one, list) else str(one) for one in value)
    if field.endswith("_s"):
        return w.duration(value)
    if field.endswith("notice"):
        return w.notice(parse(value))
    if field == "locale":
        return SHIPPED.get(value, value)
    text = KINDS.get((field, value)) or KINDS.get(("", value))
    return w._(text) if text else str(value)


def _tier(w: Words, tier: Mapping[str, Any], currency: str) -> str:
    """`At least 48 hours: part back 50%`."""
    back = w._(KINDS.get(("cancel.tiers", tier["outcome"]), "nothing back"))
    if "percent" in tier:
        back += f" {tier['percent']}%"
    elif "amount" in tier:
        back += f" {w.money(tier['amount'], currency)}"
    return f"{w._('At least')} {w.notice(parse(tier['at_least']))}{w.colon} {back}" if tier.get("at_least") else f"{w._('Otherwise')}{w.colon} {back}"
