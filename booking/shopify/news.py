"""Consent to news, brought in step with what Shopify shows, channel by channel (I25)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from booking.preferences import wants
from booking.rules.consent import Said, settle


@dataclass(frozen=True, slots=True)
class NewsPlan:
    """By channel: what to write here, what to tell Shopify, and what is agreed on once it is written here."""

    to_us: dict[str, bool] = field(default_factory=dict)
    to_them: dict[str, Said] = field(default_factory=dict)
    agreed: dict[str, bool] = field(default_factory=dict)


def plan_news(agreed: Mapping[str, bool], preferences: dict[str, Any], changed: Mapping[str, datetime], there: Mapping[str, Said]) -> NewsPlan:
    """`changed`: `email_news` and `sms_news`, when the wish last changed here. Channels Shopify cannot use stay as they are."""
    made = NewsPlan(agreed=dict(agreed))
    for channel, said in there.items():
        here = said_here(preferences, channel, changed.get(f"{channel}_news"), agreed.get(channel))
        settled = settle(agreed.get(channel), here, said)
        if settled.to_us is not None:
            made.to_us[channel] = settled.to_us
        if settled.to_them is not None:
            made.to_them[channel] = Said(settled.to_them, here.at)
        if settled.agreed is not None:
            made.agreed[channel] = settled.agreed
    return made


def said_here(preferences: dict[str, Any], channel: str, at: datetime | None, agreed: bool | None = None) -> Said:
    """Our customer's word. A box that was never ticked is none."""
    wish = wants(preferences, channel, "marketing")
    return Said(wish if wish or at is not None or agreed is not None else None, at)


def with_news(preferences: dict[str, Any], wishes: Mapping[str, bool]) -> dict[str, Any]:
    """The preferences with these wishes about news, everything else as it was."""
    return preferences | {channel: preferences.get(channel, {}) | {"marketing": wish} for channel, wish in wishes.items()}
