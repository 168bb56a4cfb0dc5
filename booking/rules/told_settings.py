"""What the trail keeps of a changed setting: old and new value of switches, amounts, times, codes and ids; of texts, names and addresses
only that they changed (R41, A41)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TOLD = frozenset({
    "duration_s", "buffer_before_s", "buffer_after_s", "step_s", "lead_time_s", "horizon_days", "capacity", "price", "deposit", "currency", "location_id",
    "staff_id", "service_id", "online", "self_service", "reschedule", "cancel", "policy", "reminder_leads", "withdrawal_exempt", "active", "kind", "zone",
    "locale", "accent", "tax_percent", "credit_days", "require_login_to_cancel", "real_time", "open_for_booking", "withdrawal", "ask_feedback",
    "calendar_link", "quiet_from", "quiet_to", "retention_days", "waitlist", "waitlist_claim_minutes", "waitlist_rest_hours", "waitlist_bands",
    "offer_hours", "offer_hold", "hours", "starts_at", "ends_at", "overlap_ok", "topics", "preferences", "staff", "services"})


def changes(before: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(before, after) for the trail: `fields` names what has another value now, and what may be told stands by its name."""
    changed = sorted(field for field, value in values.items() if field not in before or before[field] != value)
    old: dict[str, Any] = {}
    new: dict[str, Any] = {"fields": changed}
    for field in TOLD.intersection(changed):
        old[field], new[field] = _parts(before.get(field), values[field])
    return old, new


def _parts(old: Any, new: Any) -> tuple[Any, Any]:
    """Of a policy, the hours of a week and the like only the parts that differ."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return old, new
    pairs = {key: _parts(old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)}
    return {key: pair[0] for key, pair in pairs.items()}, {key: pair[1] for key, pair in pairs.items()}
