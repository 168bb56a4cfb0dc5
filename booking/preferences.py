"""Which messages a customer wants over which channel (A14, R38)."""

from __future__ import annotations

from typing import Any

CHANNELS, KINDS = ("email", "sms"), ("transactional", "reminders", "offers", "marketing")
KIND_OF = {"reminder": "reminders", "feedback_request": "reminders", "feedback_reply": "reminders", "earlier_slot": "offers"}
"""Topics that may be switched off; every other message is part of the booking itself (transactional)."""
MAIL_ONLY = frozenset({"card_removed", "card_saved", "feedback_request", "feedback_reply", "waitlist_joined"})


def kind_of(topic: str) -> str:
    return KIND_OF.get(topic, "transactional")


def wants(preferences: dict[str, Any], channel: str, kind: str) -> bool:
    """What was chosen; without a choice everything but news."""
    return bool(preferences.get(channel, {}).get(kind, kind != "marketing"))


def channels_for(topic: str, preferences: dict[str, Any], reachable: tuple[str, ...]) -> tuple[str, ...]:
    """Of the channels a customer can be reached by, those to use. Messages about the booking itself always keep one (R38)."""
    kind = kind_of(topic)
    chosen = tuple(channel for channel in reachable if wants(preferences, channel, kind) and not (channel == "sms" and topic in MAIL_ONLY))
    return chosen or (reachable[:1] if kind == "transactional" else ())
