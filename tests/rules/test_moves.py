"""Where a customer may move to, what it then costs, and when the shop has to agree (R17, R18, R26)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from booking.rules.decision import Refused
from booking.rules.durations import parse
from booking.rules.moves import approval_deadline, check_target, difference, needs_approval, price_after
from booking.rules.policy import APPROVAL_HOURS, APPROVALS, Policy

START = datetime(2027, 3, 10, 15, 0, tzinfo=UTC)
NY = "America/New_York"
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def target(policy: Policy, starts_at: datetime = START, price: int = 8000, new_price: int = 8000, zone: str = "UTC",
           original: datetime = START) -> None:
    check_target(policy, original=original, starts_at=starts_at, zone=zone, price=price, new_price=new_price)


@pytest.mark.parametrize(("days", "within", "allowed"), [
    (0, 1, True), (1, 1, True), (2, 1, False), (-1, 1, True), (-2, 1, True), (-300, 1, True), (14, 14, True), (15, 14, False), (700, None, True),
])
def test_r18_not_more_than_so_many_days_after_the_original_date(days, within, allowed):
    policy = Policy(within_days=within)
    if allowed:
        target(policy, START + timedelta(days=days))
        return
    with pytest.raises(Refused) as refused:
        target(policy, START + timedelta(days=days))
    assert (refused.value.code, refused.value.facts) == ("not_allowed", {"kind": "reschedule", "within_days": within})


def test_r18_days_are_dates_of_the_place_and_not_24_hours():
    late = datetime(2027, 3, 11, 4, 30, tzinfo=UTC)      # 10 March, 23:30 in New York
    target(Policy(within_days=1), datetime(2027, 3, 12, 3, 59, tzinfo=UTC), zone=NY, original=late)
    target(Policy(within_days=1), datetime(2027, 3, 12, 4, 59, tzinfo=UTC), zone=NY, original=late)
    with pytest.raises(Refused):
        target(Policy(within_days=1), datetime(2027, 3, 12, 5, 0, tzinfo=UTC), zone=NY, original=late)


@pytest.mark.parametrize(("rule", "new_price", "allowed", "price"), [
    ("keep", 8000, True, 8000), ("keep", 9000, True, 8000), ("keep", 7000, True, 8000),
    ("equal_only", 8000, True, 8000), ("equal_only", 8001, False, None), ("equal_only", 7999, False, None),
    ("difference", 8000, True, 8000), ("difference", 7000, True, 7000), ("difference", 9001, True, 9001),
])
def test_r26_the_price_at_the_new_time(rule, new_price, allowed, price):
    policy = Policy(price_difference=rule)
    if not allowed:
        with pytest.raises(Refused) as refused:
            target(policy, new_price=new_price)
        assert (refused.value.code, refused.value.facts) == ("not_allowed", {"kind": "reschedule", "price": new_price})
        return
    target(policy, new_price=new_price)
    assert price_after(policy, 8000, new_price) == price


@pytest.mark.parametrize(("price", "new_price", "due", "due_then", "over"), [
    (8000, 8000, 0, 0, 0), (8000, 9000, 0, 1000, 0), (8000, 9000, 5500, 6500, 0), (8000, 6000, 5500, 3500, 0),
    (8000, 6000, 2000, 0, 0), (8000, 6000, 500, 0, 1500), (8000, 6000, 0, 0, 2000), (8000, 0, 8000, 0, 0),
])
def test_r26_less_is_taken_off_what_is_due_before_anything_comes_back(price, new_price, due, due_then, over):
    assert difference(price - due, new_price) == (due_then, over)
    assert (due_then - over) - due == new_price - price


FAR, NEAR = START - 48 * HOUR, START - HOUR


@pytest.mark.parametrize(("approval", "first_far", "first_near", "move_far", "move_near"), [
    ("automatic", False, False, False, False),
    ("manual", True, True, True, True),
    ("first_only", True, True, False, False),
    ("reschedule_only", False, False, True, True),
    ("by_notice", False, True, False, True),
])
def test_r17_what_waits_for_the_shop(approval, first_far, first_near, move_far, move_near):
    policy = Policy(approval=approval, approval_notice=parse("PT24H"))

    def waits(first: bool, now: datetime) -> bool:
        return needs_approval(policy, first=first, starts_at=START, zone="UTC", now=now)
    assert (waits(True, FAR), waits(True, NEAR), waits(False, FAR), waits(False, NEAR)) == (first_far, first_near, move_far, move_near)


def test_the_table_above_has_every_kind_of_approval():
    assert set(APPROVALS) == {"automatic", "manual", "first_only", "reschedule_only", "by_notice"}


def test_r17_by_notice_exactly_at_the_notice_is_in_time():
    policy = Policy(approval="by_notice", approval_notice=parse("PT24H"))
    for now, waits in ((START - 24 * HOUR - TICK, False), (START - 24 * HOUR, False), (START - 24 * HOUR + TICK, True)):
        assert needs_approval(policy, first=True, starts_at=START, zone="UTC", now=now) is waits


def test_r17_by_notice_counts_days_by_the_clock():
    policy = Policy(approval="by_notice", approval_notice=parse("P1D"))
    start = datetime(2027, 3, 14, 14, 0, tzinfo=UTC)     # 10:00 on the day New York springs forward
    for now, waits in ((start - 23 * HOUR, False), (start - 23 * HOUR + TICK, True)):
        assert needs_approval(policy, first=True, starts_at=start, zone=NY, now=now) is waits


@pytest.mark.parametrize("hours", APPROVAL_HOURS)
def test_r17_a_request_waits_the_hours_of_the_policy(hours):
    now = START - 100 * HOUR
    assert approval_deadline(Policy(approval_hours=hours), now, START) == now + hours * HOUR
    assert approval_deadline(Policy(approval_hours=hours), now, START, START + 10 * HOUR) == now + hours * HOUR


@pytest.mark.parametrize(("new_in", "old_in", "waits"), [
    (30, None, 12), (12, None, 12), (5, None, 5),          # never beyond the new start
    (30, 30, 12), (30, 13, 12), (30, 12, 11), (30, 6, 5),  # never later than the old start minus an hour
    (3, 6, 3), (30, 1, 0), (30, 0.5, 0),                   # too late to ask: it ends at once, not in the past
])
def test_r17_and_never_too_long(new_in, old_in, waits):
    now = START
    old = None if old_in is None else now + old_in * HOUR
    assert approval_deadline(Policy(), now, now + new_in * HOUR, old) == now + waits * HOUR
