"""Settings > Customer Portal > Flags & Permissions: what customers may do for themselves, in one place (A17, A114-A117, A122-A126, A157, R2, R16, R47)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.stores import update_store
from booking.facts import read_policy
from booking.rules.decision import Refused
from booking.rules.durations import Notice
from booking.rules.policy import Policy
from models.session import reading
from models.store import Store
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.typed import Typed, differences

FLAGS = ("reschedule", "cancel", "real_time", "require_login_to_cancel", "open_for_booking", "ask_feedback", "calendar_link")
PLAIN = ("quiet_from", "quiet_to", "withdrawal")
TEXTS = {"contact_note": 500, "refusal_note": 500, "terms": 5000}
LABELS = {
    "reschedule": "Allow rescheduling", "cancel": "Allow cancelling", "min_notice": "Minimum time before", "notice_hours": "Hours before",
    "instead_schedule": "Schedule an appointment instead", "real_time": "Real-time availability", "require_login_to_cancel": "Require login to cancel",
    "open_for_booking": "Open for booking", "contact_note": "Contact note", "refusal_note": "Refusal message", "terms": "Terms",
    "ask_feedback": "Ask for feedback", "calendar_link": "Link in calendar entries", "quiet_from": "Quiet from", "quiet_to": "Quiet to", "withdrawal": "Legal withdrawal"}
LONGEST_HOURS = 17_520


@screen("/settings/portal", methods=("GET", "POST"))
def portal_settings(visit: Visit) -> Any:
    stored, policy = _stored(visit)
    if request.method == "GET":
        return _show(visit, stored)
    typed = Typed(visit.words)
    fields = typed.shown()
    values: dict[str, Any] = {name: typed.flag(name) for name in FLAGS} | {name: typed.text(name, most + 1) or None for name, most in TEXTS.items()}
    values |= {name: typed.text(name, 10) for name in PLAIN}
    changed_policy = _policy(typed, policy)
    if typed.problems:
        return _show(visit, fields, problems=typed.problems, status=422)
    if changed_policy != policy:
        values["policy"] = changed_policy.to_json()
    try:
        update_store(visit.store_id, visit.actor, version=typed.version(), **values)
    except Refused as refused:
        if refused.code == "stale":
            theirs, _ = _stored(visit)
            return _show(visit, fields | {"version": theirs["version"]}, status=409, conflict=_conflict(visit, theirs, fields))
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _show(visit, fields, problems=typed.problems, status=422)
    return visit.go("/settings/portal", done="saved")


def _policy(typed: Typed, policy: Policy) -> Policy:
    """The store's policy with the one switch and hours of A122, and A125. Hours left empty keep two different notices as they are."""
    hours = typed.maybe("notice_hours", 0, LONGEST_HOURS)
    if not typed.flag("min_notice"):
        hours = 0
    changed = replace(policy, instead_schedule=typed.flag("instead_schedule"))
    if hours is None or hours == _hours(policy):
        return changed
    return replace(changed, reschedule_notice=Notice(0, hours * 3600), cancel_notice=Notice(0, hours * 3600))


def _hours(policy: Policy) -> int | None:
    """The hours both notices have, or None where they differ or are not whole elapsed hours."""
    notice = policy.cancel_notice
    if notice != policy.reschedule_notice or notice.days or notice.seconds % 3600:
        return None
    return notice.seconds // 3600


def _stored(visit: Visit) -> tuple[dict[str, Any], Policy]:
    with reading(visit.store_id) as tx:
        row = tx.db.execute(select(*(getattr(Store, name) for name in (*FLAGS, *TEXTS, *PLAIN, "policy", "version"))).where(
            Store.store_id == tx.store_id)).one()
    policy = read_policy(row.policy)
    hours = _hours(policy)
    return {name: "1" if getattr(row, name) else "" for name in FLAGS} | {name: getattr(row, name) or "" for name in (*TEXTS, *PLAIN)} | {
        "min_notice": "" if hours == 0 else "1", "notice_hours": "" if hours is None else str(hours), "version": str(row.version),
        "instead_schedule": "1" if policy.instead_schedule else ""}, policy


def _conflict(visit: Visit, theirs: dict[str, Any], fields: dict[str, Any]) -> list[tuple[str, str, str]]:
    _ = visit.words._

    def text(name: str, value: Any) -> str:
        if name in TEXTS or name in PLAIN or name == "notice_hours":
            return str(value or "")
        return _("yes") if value else _("no")

    return differences({name: _(label) for name, label in LABELS.items()}, theirs, fields, text)


def _show(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200,
          conflict: list[tuple[str, str, str]] | None = None) -> Any:
    return visit.show("settings_portal.html", here="settings", form=form, problems=problems or {}, status=status, conflict=conflict)
