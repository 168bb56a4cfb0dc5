"""Until when a customer may move or cancel, to the microsecond (R10-R12, R18, R19, R28, R29, A32-A35, A80)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.decision import Refused
from booking.rules.durations import parse
from booking.rules.policy import Policy
from booking.rules.status import CHECKED_IN, CLOSED, STATES
from booking.rules.wall_time import resolve
from booking.rules.windows import ChangeFacts, allowed, change_decision, deadline, may_change
from tests.rules.strategies import checked, notices, zoned_instants

START = datetime(2027, 3, 10, 15, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
KINDS = ("reschedule", "cancel")
NY = "America/New_York"


def facts(policy: Policy, status: str = "confirmed", starts_at: datetime = START, zone: str = "UTC", **more) -> ChangeFacts:
    return ChangeFacts(status, starts_at, zone, policy, **more)


def policy_of(reschedule: str = "PT24H", cancel: str = "PT24H", **more) -> Policy:
    return Policy(reschedule_notice=parse(reschedule), cancel_notice=parse(cancel), **more)


def whether(at: ChangeFacts, now: datetime) -> tuple[bool, bool, bool]:
    """What a list asks, as the decisions have it."""
    move, cancel = (change_decision(kind, at, now) for kind in KINDS)
    return move.allowed, cancel.allowed, cancel.facts.get("instead", False)


def refused(kind: str, at: ChangeFacts, now: datetime) -> str | None:
    """The reason, and with it every decision seen here: allowed without one, refused with one, the facts its sentence needs."""
    decision = change_decision(kind, at, now)
    assert allowed(kind, at, now) is decision.allowed is (decision.reason is None)
    assert may_change(at, now) == whether(at, now)
    if decision.reason == "not_allowed":
        assert (decision.facts, decision.deadline) == ({"kind": kind}, None)
    if decision.reason in (None, "limit_reached"):
        assert decision.deadline == deadline(kind, at)
    return decision.reason


@pytest.mark.parametrize(("text", "hours"), [
    ("PT2H", 2),      # A32: massage, changes up to 2 hours before
    ("PT24H", 24),    # A33: medical consultation, 24 hours
    ("PT90M", 1.5), ("PT1S", 1 / 3600), ("PT48H", 48),
])
@pytest.mark.parametrize("kind", KINDS)
def test_allowed_up_to_the_deadline_itself_and_refused_a_microsecond_later(kind, text, hours):
    at = facts(policy_of(text, text))
    last = START - timedelta(hours=hours)
    assert deadline(kind, at) == last
    for now in (last - timedelta(days=30), last - TICK, last):
        assert change_decision(kind, at, now).allowed
        assert change_decision(kind, at, now).deadline == last
    for now in (last + TICK, START, START + timedelta(days=1)):
        decision = change_decision(kind, at, now)
        assert (decision.allowed, decision.reason, decision.deadline) == (False, "too_late", last)


@pytest.mark.parametrize("kind", KINDS)
def test_without_notice_until_the_start_but_never_at_it(kind):
    at = facts(policy_of("PT0S", "PT0S"))
    assert refused(kind, at, START - TICK) is None
    assert refused(kind, at, START) == "too_late"
    assert refused(kind, at, START + TICK) == "too_late"


@pytest.mark.parametrize(("zone", "start", "last"), [
    ("UTC", "2027-03-10T10:00", "2027-03-03T10:00"),
    (NY, "2027-03-17T10:00", "2027-03-10T10:00"),
    (NY, "2027-11-10T10:00", "2027-11-03T10:00"),
    ("Europe/Berlin", "2027-03-31T10:00", "2027-03-24T10:00"),
    ("Australia/Lord_Howe", "2027-10-06T10:00", "2027-09-29T10:00"),
    ("Pacific/Apia", "2012-01-04T10:00", "2011-12-28T10:00"),
])
def test_a35_seven_days_before_a_class_is_the_same_weekday_and_hour(zone, start, last):
    at = facts(policy_of(cancel="P7D"), starts_at=resolve(datetime.fromisoformat(start), zone), zone=zone)
    boundary = resolve(datetime.fromisoformat(last), zone)
    assert refused("cancel", at, boundary) is None
    assert refused("cancel", at, boundary + TICK) == "too_late"


def test_a34_the_two_windows_are_separate():
    """Every combination of before and after each of the two deadlines."""
    at = facts(policy_of("PT2H", "PT24H"))
    for hours, move, cancel in ((25, None, None), (23, None, "too_late"), (1, "too_late", "too_late")):
        now = START - timedelta(hours=hours)
        assert (refused("reschedule", at, now), refused("cancel", at, now)) == (move, cancel)
    other = facts(policy_of("PT24H", "PT2H"))
    assert (refused("reschedule", other, START - timedelta(hours=23)), refused("cancel", other, START - timedelta(hours=23))) == (
        "too_late", None)


@checked(150)
@given(zoned_instants(), notices, notices, st.integers(-10**9, 10**9))
def test_allowed_exactly_when_now_is_not_after_the_deadline_and_before_the_start(drawn, move, cancel, offset):
    start, zone = drawn
    at = facts(Policy(reschedule_notice=move, cancel_notice=cancel), starts_at=start, zone=zone)
    for kind, notice in (("reschedule", move), ("cancel", cancel)):
        last = notice.before(start, zone)
        for now in (last, last + TICK, last - TICK, start, start - TICK, last + timedelta(microseconds=offset)):
            assert change_decision(kind, at, now).allowed == (now <= last and now < start)


NOW = START - timedelta(days=3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", sorted(STATES))
@pytest.mark.parametrize("notice", ["PT0S", "PT24H"])
def test_every_state(kind, status, notice):
    """R28: checked in is refused whatever the notice; closed stays closed."""
    reason = refused(kind, facts(policy_of(notice, notice), status), NOW)
    assert reason == ("closed" if status in CLOSED else "checked_in" if status in CHECKED_IN else None)


@pytest.mark.parametrize("status", sorted(CLOSED | CHECKED_IN))
def test_the_state_is_told(status):
    for kind in KINDS:
        decision = change_decision(kind, facts(Policy(), status), NOW)
        assert (decision.allowed, decision.facts) == (False, {"state": status})


@pytest.mark.parametrize(("move", "cancel"), [(True, True), (True, False), (False, True), (False, False)])
def test_each_switch_stops_its_own_verb(move, cancel):
    at = facts(Policy(reschedule_allowed=move, cancel_allowed=cancel))
    assert refused("reschedule", at, NOW) == (None if move else "not_allowed")
    assert refused("cancel", at, NOW) == (None if cancel else "not_allowed")


def test_a125_a_new_appointment_in_the_place_of_cancelling_leaves_moving():
    at = facts(Policy(instead_schedule=True))
    assert change_decision("cancel", at, NOW).facts == {"kind": "cancel", "instead": True}
    assert refused("reschedule", at, NOW) is None
    off = facts(Policy(instead_schedule=True, cancel_allowed=False))
    assert change_decision("cancel", off, NOW).facts == {"kind": "cancel"}
    assert refused("cancel", facts(Policy(instead_schedule=True), "pending", never_approved=True), NOW) is None


@pytest.mark.parametrize(("limit", "moves", "reason"), [
    (5, 0, None), (5, 4, None), (5, 5, "limit_reached"), (5, 6, "limit_reached"), (1, 1, "limit_reached"), (0, 0, None), (0, 1000, None),
])
def test_r18_the_limit_counts_moves_and_zero_is_unlimited(limit, moves, reason):
    at = facts(Policy(reschedule_limit=limit), customer_moves=moves)
    assert refused("reschedule", at, NOW) == reason
    assert refused("cancel", at, NOW) is None


def test_r18_the_limit_is_five_unless_set():
    assert refused("reschedule", facts(Policy(), customer_moves=4), NOW) is None
    decision = change_decision("reschedule", facts(Policy(), customer_moves=5), NOW)
    assert (decision.reason, decision.facts) == ("limit_reached", {"limit": 5, "still_possible": "cancel"})


@pytest.mark.parametrize(("policy", "hours", "possible"), [
    (policy_of("PT2H", "PT24H"), 48, "cancel"), (policy_of("PT2H", "PT24H"), 12, None), (Policy(cancel_allowed=False), 48, None)])
def test_r18_at_the_limit_cancelling_is_named_only_where_it_is_possible(policy, hours, possible):
    decision = change_decision("reschedule", facts(policy, customer_moves=5), START - timedelta(hours=hours))
    assert (decision.reason, decision.facts["still_possible"]) == ("limit_reached", possible)


def test_r29_withdrawing_a_request_is_still_possible_where_cancelling_is_switched_off():
    at = facts(Policy(reschedule_limit=1, cancel_allowed=False), "pending", never_approved=True, customer_moves=1)
    assert change_decision("reschedule", at, NOW).facts["still_possible"] == "cancel"


@pytest.mark.parametrize("kind", KINDS)
def test_r29_a_request_never_approved_has_until_the_start(kind):
    at = facts(policy_of("PT48H", "PT48H"), "pending", never_approved=True)
    assert deadline(kind, at) == START
    assert refused(kind, at, START - TICK) is None
    assert refused(kind, at, START) == "too_late"


def test_r29_withdrawing_is_possible_where_cancelling_is_switched_off():
    off = Policy(reschedule_allowed=False, cancel_allowed=False)
    assert refused("cancel", facts(off, "pending", never_approved=True), NOW) is None
    assert refused("reschedule", facts(off, "pending", never_approved=True), NOW) == "not_allowed"
    assert refused("cancel", facts(off, "pending"), NOW) == "not_allowed"


@pytest.mark.parametrize(("status", "never_approved"), [("pending", False), ("confirmed", True), ("confirmed", False)])
def test_r29_an_approved_booking_keeps_its_window_also_while_a_move_waits(status, never_approved):
    at = facts(policy_of("PT48H", "PT48H"), status, never_approved=never_approved)
    for kind in KINDS:
        assert refused(kind, at, START - timedelta(hours=47)) == "too_late"


@pytest.mark.parametrize(("notice", "hours"), [("P7D", "168"), ("PT90M", "1.5"), ("PT24H", "24"), ("PT2H", "2")])
def test_a80_the_refusal_tells_the_hours_and_the_deadline(notice, hours):
    at = facts(policy_of(notice, "PT0S"))
    decision = change_decision("reschedule", at, START - timedelta(minutes=30))
    assert decision.facts == {"kind": "reschedule", "notice_hours": hours, "started": False, "still_possible": "cancel"}
    with pytest.raises(Refused) as raised:
        decision.require()
    assert raised.value.code == "too_late"
    assert raised.value.facts["deadline"] == parse(notice).before(START, "UTC")


@pytest.mark.parametrize(("policy", "moves", "hours", "kind", "possible"), [
    (policy_of("PT2H", "PT24H"), 0, 12, "cancel", "reschedule"),                               # R19: rescheduling is still open
    (policy_of("PT24H", "PT2H"), 0, 12, "reschedule", "cancel"),
    (policy_of("PT24H", "PT24H"), 0, 12, "cancel", None),
    (policy_of("PT2H", "PT24H", reschedule_allowed=False), 0, 12, "cancel", None),
    (policy_of("PT2H", "PT24H", reschedule_limit=1), 1, 12, "cancel", None),
    (policy_of("PT24H", "PT2H", cancel_allowed=False), 0, 12, "reschedule", None),
    (policy_of("PT24H", "PT2H", reschedule_limit=1), 1, 12, "reschedule", "cancel"),
    (policy_of("PT2H", "PT24H"), 0, 2, "cancel", "reschedule"),                                # exactly at the other deadline
    (policy_of("PT0S", "PT24H"), 0, 0, "cancel", None),                                        # at the start nothing is
])
def test_what_is_still_possible(policy, moves, hours, kind, possible):
    now = START - timedelta(hours=hours)
    decision = change_decision(kind, facts(policy, customer_moves=moves), now)
    assert decision.reason == "too_late"
    assert decision.facts["still_possible"] == possible
    assert decision.facts["started"] == (now >= START)


def test_r12_only_the_present_start_is_measured():
    at = facts(policy_of("PT24H"))
    late = START - timedelta(hours=12)
    assert refused("reschedule", at, late) == "too_late"
    assert refused("reschedule", at._replace(starts_at=START + timedelta(days=1)), late) is None


@pytest.mark.parametrize("status", sorted(STATES))
@pytest.mark.parametrize("never_approved", [False, True])
def test_what_lists_ask_is_what_the_decision_says(status, never_approved):
    for move, cancel, instead in product((True, False), repeat=3):
        policy = policy_of("PT24H", "PT2H", reschedule_allowed=move, cancel_allowed=cancel, instead_schedule=instead, reschedule_limit=3)
        for moves, hours in product((2, 3), (25, 24, 3, 2, 1, 0, -1)):
            at, now = facts(policy, status, customer_moves=moves, never_approved=never_approved), START - timedelta(hours=hours)
            assert may_change(at, now) == whether(at, now)
