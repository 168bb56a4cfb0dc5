"""What customers read of their own data is in words: no code of ours is left (R45)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import CheckConstraint

from booking.rules.waitlist import BANDS
from booking.wording import words_for
from booking.wording.own_data import KINDS, groups
from booking.wording.topics import LABELS
from messages.render import MESSAGES
from models.counter_offer import CounterOffer
from models.outbox import OutboxRow
from models.refund import Credit, Refund
from models.waitlist_entry import WaitlistEntry
from models.waitlist_offer import WaitlistOffer

MAILED = ("email", "sms")


def codes(table: type, name: str) -> set[str]:
    """What a column may hold, as the database says it."""
    rule = next(str(rule.sqltext) for rule in table.__table__.constraints
                if isinstance(rule, CheckConstraint) and str(rule.sqltext).startswith(f"{name} in ("))
    return set(re.findall(r"'(\w+)'", rule))


def test_every_code_has_its_words():
    wanted = {("state", code) for table in (Refund, OutboxRow) for code in codes(table, "state")}
    wanted |= {(name, code) for name in ("cause", "outcome") for code in codes(Refund, name)} | {("place", code) for code in codes(Credit, "place")}
    wanted |= {("state", code) for table in (WaitlistEntry, WaitlistOffer, CounterOffer) for code in codes(table, "state")}
    wanted |= {("end_reason", code) for code in ("moved", "closed", "past", "cancelled", "removed")} | {("kind", code) for code in ("earlier", "seat", "again")}
    wanted |= {("bands", band) for band in BANDS}
    wanted |= {("channel", code) for code in codes(OutboxRow, "channel") if code in MAILED}
    assert wanted <= set(KINDS) and set(MESSAGES) <= set(LABELS)


@pytest.mark.parametrize("code", ["en", "de", "fr", "es", "ar"])
def test_no_code_is_shown(code):
    entries = [{name: value} for name, value in KINDS] + [{"topic": topic} for topic in MESSAGES]
    w = words_for(code)
    told = [value for _, rows in groups({"profile": {}, "messages": entries}, w, "UTC") for row in rows for _, value in row]
    profile = groups({"profile": {"preferences": {"email": {"reminders": True, "offers": True, "marketing": False}, "sms": {}}}}, w, "UTC")
    assert w.gettext("Reminders and requests for feedback") + w.comma in profile[0][1][0][0][1]
    assert len(told) == len(entries) and not {value for _, value in KINDS} & set(told) and not [value for value in told if "_" in value]
    assert code == "en" or "Manage link" not in told
