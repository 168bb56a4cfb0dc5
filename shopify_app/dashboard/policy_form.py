"""A policy as a form: dials with a number and a unit, rows of refund tiers, and back to the JSON of the API (design 4.4)."""

from __future__ import annotations

import re
from typing import Any

from booking.rules.durations import Notice, parse
from booking.rules.policy import APPROVAL_HOURS, APPROVALS, MOVE_REASONS, PRICE_DIFFERENCES, Policy, PolicyError, Tier
from booking.wording import Words
from booking.wording.problems import problem_text
from shopify_app.dashboard.typed import UNITS, Typed, parse_amount, plain_amount

MOST_ROWS = 19
ROW = re.compile(r"tier-(\d{1,2})-n", re.ASCII)
OUTCOMES = ("full", "percent", "amount", "credit", "credit_amount", "forfeit")


def form_of(policy: Policy, currency: str) -> dict[str, Any]:
    """The fields of the form, as texts."""
    return {
        "reschedule_allowed": _tick(policy.reschedule_allowed), **_notice("reschedule", policy.reschedule_notice),
        "limit": str(policy.reschedule_limit), "within_days": str(policy.within_days or ""), "change_staff": _tick(policy.change_staff),
        "price_difference": policy.price_difference, "move_reason": policy.move_reason, "cancel_allowed": _tick(policy.cancel_allowed),
        **_notice("cancel", policy.cancel_notice), "instead_schedule": _tick(policy.instead_schedule),
        "tiers": [_row(tier, currency) for tier in policy.tiers[:-1]], "rest": _row(policy.tiers[-1], currency),
        "fee": plain_amount(policy.fee, currency) if policy.fee else "", "refund_mode": policy.refund_mode,
        "credit_choice": _tick(policy.credit_choice), "part_cancel": _tick(policy.part_cancel), "approval": policy.approval,
        **_notice("approval", policy.approval_notice), "approval_hours": str(policy.approval_hours),
        "release": _tick(policy.release_old_slot_at_once)}


def shown(typed: Typed) -> dict[str, Any]:
    """What was typed, with the rows of tiers as the template wants them."""
    return typed.shown() | {"tiers": _rows(typed), "rest": {"outcome": typed.form.get("rest-outcome", ""), "value": typed.text("rest-value", 24)}}


def read(typed: Typed, currency: str) -> Policy | None:
    """The typed policy; None when something is wrong, and then each problem stands at its field. Rows may come in any order."""
    rows = sorted(_read_rows(typed, currency), key=lambda row: -row[0])
    body = {
        "reschedule": {
            "allowed": typed.flag("reschedule_allowed"), "notice": typed.duration("reschedule"), "limit": typed.number("limit", 0, 1000),
            "within_days": typed.maybe("within_days", 1, 731), "change_staff": typed.flag("change_staff"),
            "price_difference": typed.chosen("price_difference", PRICE_DIFFERENCES), "reason": typed.chosen("move_reason", MOVE_REASONS)},
        "cancel": {
            "allowed": typed.flag("cancel_allowed"), "notice": typed.duration("cancel"), "instead_schedule": typed.flag("instead_schedule"),
            "tiers": [row[1] for row in rows] + [_outcome(typed, "rest", currency)], "fee": {"amount": typed.money("fee", currency)},
            "refund_mode": typed.chosen("refund_mode", ("automatic", "manual")), "credit_choice": typed.flag("credit_choice"),
            "part_cancel": typed.flag("part_cancel")},
        "approval": typed.chosen("approval", APPROVALS), "approval_notice": typed.duration("approval"),
        "approval_hours": int(typed.chosen("approval_hours", map(str, APPROVAL_HOURS))), "release_old_slot_at_once": typed.flag("release")}
    _no_repeats(typed, rows)
    if typed.problems:
        return None
    try:
        return Policy.from_json(body)
    except PolicyError as error:
        for problem in error.problems:
            typed.wrong(field_of(problem["field"], [row[2] for row in rows]), problem_text(typed.w, problem["problem"]))
        return None


def field_of(path: str, rows: list[str] | None = None) -> str:
    """The form's field for a place in the policy's JSON; `rows` are the rows as typed, by their place after sorting."""
    tier = re.fullmatch(r"(?:policy\.)?cancel\.tiers\.(\d+).*", path)
    if tier:
        number, rows = int(tier[1]), rows or []
        return f"tier-{rows[number]}-n" if number < len(rows) else "rest-outcome"
    return {"reschedule.notice": "reschedule_n", "reschedule.limit": "limit", "reschedule.within_days": "within_days",
            "reschedule.reason": "move_reason", "cancel.notice": "cancel_n", "cancel.tiers": "rest-outcome", "cancel.fee.amount": "fee", "approval_notice": "approval_n",
            "cancel.instead_schedule": "instead_schedule"}.get(path.removeprefix("policy."), path)


def with_row(fields: dict[str, Any]) -> dict[str, Any]:
    """One more empty row of tiers."""
    return fields | {"tiers": [*fields["tiers"], {"n": "", "unit": "hours", "outcome": "percent", "value": ""}][:MOST_ROWS]}


def without_row(fields: dict[str, Any], number: str) -> dict[str, Any]:
    return fields | {"tiers": [row for n, row in enumerate(fields["tiers"]) if str(n) != number]}


def choices(w: Words) -> dict[str, list[tuple[str, str]]]:
    """Options of the form's selects, in words."""
    _ = w._
    return {
        "unit": [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))],
        "outcome": [("full", _("everything back")), ("percent", _("part back, in %")), ("amount", _("a fixed amount back")),
                    ("credit", _("credit, in %")), ("credit_amount", _("a fixed credit")), ("forfeit", _("nothing back"))],
        "price_difference": [("keep", _("The price stays as booked")), ("difference", _("The difference is refunded or collected")),
                             ("equal_only", _("Only times with the same price"))],
        "move_reason": [("none", _("Not asked")), ("optional", _("Asked, and can be left empty")), ("required", _("Has to be given"))],
        "refund_mode": [("automatic", _("At once, to the payment used")), ("manual", _("By hand: listed as owed until you send it"))],
        "approval": [("automatic", _("Everything is confirmed at once")), ("manual", _("New bookings and moves wait for you")),
                     ("first_only", _("Only new bookings wait for you")), ("reschedule_only", _("Only moves wait for you")),
                     ("by_notice", _("Only bookings and moves at short notice wait"))],
        "approval_hours": [(str(n), w.ngettext("{n} hour", "{n} hours", n).format(n=n)) for n in APPROVAL_HOURS],
        "switch": [("inherit", _("As the store")), ("on", _("On")), ("off", _("Off"))]}


LABELS = {
    "own": "Policy", "self_service": "Reschedule & Cancel", "reschedule": "Reschedule switch", "cancel": "Cancel switch", "offer_hold": "Offered times are held",
    "reschedule_allowed": "Rescheduling allowed", "reschedule_n": "Reschedule until", "reschedule_unit": "Reschedule until (unit)",
    "limit": "Moves allowed", "within_days": "Days after the original date", "change_staff": "May change staff",
    "price_difference": "Other price", "move_reason": "Reason for moving", "cancel_allowed": "Cancelling allowed", "cancel_n": "Cancel until",
    "cancel_unit": "Cancel until (unit)", "instead_schedule": "Schedule an appointment instead", "tiers": "Refund rows", "rest": "Refund otherwise",
    "fee": "Cancellation fee", "refund_mode": "Refunds", "credit_choice": "Choice of credit", "part_cancel": "Cancel part of a booking",
    "approval": "Approval", "approval_n": "Short notice", "approval_unit": "Short notice (unit)", "approval_hours": "Answer within", "release": "Free the old time at once"}

TICKS = ("reschedule_allowed", "change_staff", "cancel_allowed", "instead_schedule", "credit_choice", "part_cancel", "release")


def _rows(typed: Typed) -> list[dict[str, str]]:
    return [{"n": typed.text(f"tier-{k}-n", 20), "unit": typed.form.get(f"tier-{k}-unit", ""), "outcome": typed.form.get(f"tier-{k}-outcome", ""),
             "value": typed.text(f"tier-{k}-value", 24)} for k in _numbers(typed)]


def _numbers(typed: Typed) -> list[str]:
    return sorted((match[1] for name in typed.form if (match := ROW.fullmatch(name))), key=int)[:MOST_ROWS]


def _read_rows(typed: Typed, currency: str) -> list[tuple[int, dict[str, Any], str]]:
    """(nominal seconds, tier, number of the row) of every row that has a time; rows left empty do not count."""
    found = []
    for k in _numbers(typed):
        number, unit = typed.text(f"tier-{k}-n", 20), typed.form.get(f"tier-{k}-unit", "")
        if not number:
            continue
        try:
            at_least = parse(number if unit == "iso" else UNITS[unit].format(n=int(number[:8])))
        except (KeyError, ValueError):
            typed.wrong(f"tier-{k}-n", typed.w._("Please enter a whole number, such as 24."))
            continue
        found.append((at_least.rank, {"at_least": at_least.iso()} | _outcome(typed, f"tier-{k}", currency), k))
    return found


def _outcome(typed: Typed, name: str, currency: str) -> dict[str, Any]:
    chosen = typed.chosen(f"{name}-outcome", OUTCOMES)
    if chosen in ("full", "forfeit"):
        return {"outcome": chosen}
    if chosen in ("amount", "credit_amount"):
        amount = parse_amount(typed.text(f"{name}-value", 24), currency)
        if amount is None:
            typed.wrong(f"{name}-value", typed.w._("Please enter an amount such as {example}.").format(example=plain_amount(4990, currency)))
        return {"outcome": "partial" if chosen == "amount" else "credit", "amount": amount or 0}
    percent = 100 if chosen == "credit" and not typed.text(f"{name}-value", 24) else typed.number(f"{name}-value", 0, 100)
    return {"outcome": "partial" if chosen == "percent" else "credit", "percent": percent}


def _no_repeats(typed: Typed, rows: list[tuple[int, dict[str, Any], str]]) -> None:
    for one, other in zip(rows, rows[1:], strict=False):
        if one[0] == other[0]:
            typed.wrong(f"tier-{other[2]}-n", typed.w._("Another row has the same time. Which of the two counts?"))


def _row(tier: Tier, currency: str) -> dict[str, str]:
    fixed = tier.amount is not None
    outcome = {"partial": "amount" if fixed else "percent", "credit": "credit_amount" if fixed else "credit", "none": "forfeit"}.get(tier.outcome, tier.outcome)
    value = plain_amount(tier.amount, currency) if fixed else "" if tier.percent is None else str(tier.percent)
    return ({} if tier.at_least is None else dict(zip(("n", "unit"), _dial(tier.at_least), strict=True))) | {"outcome": outcome, "value": value}


def _notice(name: str, notice: Notice) -> dict[str, str]:
    number, unit = _dial(notice)
    return {f"{name}_n": number, f"{name}_unit": unit}


def _dial(notice: Notice) -> tuple[str, str]:
    """Number and unit; a notice of days and hours together keeps its ISO text."""
    if notice.days and notice.seconds or notice.seconds % 60:
        return notice.iso(), "iso"
    if notice.days:
        return str(notice.days), "days"
    return (str(notice.seconds // 3600), "hours") if notice.seconds % 3600 == 0 else (str(notice.seconds // 60), "minutes")


def _tick(value: bool) -> str:
    return "1" if value else ""
