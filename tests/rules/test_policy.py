"""Policies: switches, the kinder of two, JSON there and back, every refusal (R2, R18-R23, design 4.4)."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.durations import Notice, parse
from booking.rules.policy import DEFAULT, MOVE_REASONS, Flags, Policy, PolicyError, Tier, kinder, resolve_flags
from tests.rules.strategies import checked, policies

SWITCH = ("inherit", "on", "off")
EXAMPLE = {
    "reschedule": {"allowed": True, "notice": "PT2H", "limit": 5},
    "cancel": {"allowed": True, "notice": "PT0S", "instead_schedule": False, "tiers": [
        {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}],
        "fee": {"amount": 0}, "refund_mode": "automatic"},
    "approval": "automatic"}


@checked(60)
@given(policies)
def test_a_policy_written_and_read_is_the_same(policy):
    written = json.loads(json.dumps(policy.to_json()))
    assert Policy.from_json(written) == policy


def test_what_is_left_out_is_the_default():
    assert Policy.from_json({}) == DEFAULT
    assert Policy.from_json({"reschedule": {}, "cancel": {"fee": {}}}) == DEFAULT
    assert Policy.from_json(DEFAULT.to_json()) == DEFAULT
    assert (DEFAULT.reschedule_notice, DEFAULT.cancel_notice, DEFAULT.reschedule_limit, DEFAULT.approval_hours) == (
        Notice(0, 86400), Notice(0, 86400), 5, 12)


def test_the_example_of_the_contract():
    assert Policy.from_json(EXAMPLE) == Policy(
        reschedule_notice=parse("PT2H"), cancel_notice=Notice(),
        tiers=(Tier(Notice(7), "full"), Tier(Notice(0, 172800), "partial", 50), Tier(None, "forfeit")))


def tiers(*bodies: object) -> dict:
    return {"cancel": {"tiers": list(bodies)}}


LAST = {"outcome": "forfeit"}


@pytest.mark.parametrize(("body", "field"), [
    (None, "policy"), ([], "policy"), ("{}", "policy"), ({"refund": {}}, "policy.refund"),
    ({"reschedule": None}, "reschedule"), ({"reschedule": []}, "reschedule"), ({"cancel": True}, "cancel"), ({"cancel": {"fee": 5}}, "cancel.fee"),
    ({"reschedule": {"window": 1}}, "reschedule.window"), ({"cancel": {"fee": {"percent": 5}}}, "cancel.fee.percent"),
    ({"reschedule": {"allowed": 1}}, "reschedule.allowed"), ({"reschedule": {"allowed": None}}, "reschedule.allowed"),
    ({"reschedule": {"notice": "2h"}}, "reschedule.notice"), ({"reschedule": {"notice": 7200}}, "reschedule.notice"),
    ({"reschedule": {"notice": None}}, "reschedule.notice"), ({"reschedule": {"notice": "P732D"}}, "reschedule.notice"),
    ({"reschedule": {"limit": -1}}, "reschedule.limit"), ({"reschedule": {"limit": 1001}}, "reschedule.limit"),
    ({"reschedule": {"limit": True}}, "reschedule.limit"), ({"reschedule": {"limit": 5.0}}, "reschedule.limit"),
    ({"reschedule": {"limit": "5"}}, "reschedule.limit"), ({"reschedule": {"within_days": 0}}, "reschedule.within_days"),
    ({"reschedule": {"within_days": 732}}, "reschedule.within_days"), ({"reschedule": {"change_staff": "yes"}}, "reschedule.change_staff"),
    ({"reschedule": {"price_difference": "any"}}, "reschedule.price_difference"),
    ({"cancel": {"notice": "PT-1H"}}, "cancel.notice"), ({"cancel": {"fee": {"amount": -1}}}, "cancel.fee.amount"),
    ({"cancel": {"fee": {"amount": 5.5}}}, "cancel.fee.amount"), ({"cancel": {"refund_mode": "later"}}, "cancel.refund_mode"),
    ({"cancel": {"instead_schedule": 0}}, "cancel.instead_schedule"), ({"cancel": {"credit_choice": ""}}, "cancel.credit_choice"),
    ({"cancel": {"part_cancel": []}}, "cancel.part_cancel"),
    ({"approval": "maybe"}, "approval"), ({"approval": None}, "approval"), ({"approval": ["manual"]}, "approval"),
    ({"approval_notice": ""}, "approval_notice"), ({"approval_hours": 5}, "approval_hours"), ({"approval_hours": "12"}, "approval_hours"),
    ({"approval_hours": 12.0}, "approval_hours"), ({"approval_hours": True}, "approval_hours"),
    ({"release_old_slot_at_once": "no"}, "release_old_slot_at_once"),
    ({"cancel": {"tiers": {}}}, "cancel.tiers"), ({"cancel": {"tiers": None}}, "cancel.tiers"), (tiers(), "cancel.tiers"),
    (tiers(*[{"at_least": f"P{n}D", "outcome": "full"} for n in range(30, 10, -1)], LAST), "cancel.tiers"),
    (tiers({"at_least": "P7D", "outcome": "full"}), "cancel.tiers"), (tiers(LAST, LAST), "cancel.tiers"),
    (tiers({"at_least": "PT2H", "outcome": "full"}, {"at_least": "P7D", "outcome": "full"}, LAST), "cancel.tiers"),
    (tiers({"at_least": "P1D", "outcome": "full"}, {"at_least": "PT24H", "outcome": "forfeit"}, LAST), "cancel.tiers"),
    (tiers({"at_least": None, "outcome": "full"}, LAST), "cancel.tiers"), (tiers("full"), "cancel.tiers.0"),
    (tiers({"at_least": "soon", "outcome": "full"}, LAST), "cancel.tiers.0.at_least"), (tiers({}), "cancel.tiers.0.outcome"),
    (tiers({"outcome": "half"}), "cancel.tiers.0.outcome"), (tiers({"outcome": None}), "cancel.tiers.0.outcome"),
    (tiers({"outcome": "full", "note": "x"}), "cancel.tiers.0.note"), (tiers({"outcome": "partial"}), "cancel.tiers.0"),
    (tiers({"outcome": "partial", "percent": 50, "amount": 5}), "cancel.tiers.0"),
    (tiers({"outcome": "full", "percent": 100}), "cancel.tiers.0"),
    (tiers({"outcome": "forfeit", "amount": 1}), "cancel.tiers.0"), (tiers({"outcome": "none", "percent": 0}), "cancel.tiers.0"),
    (tiers({"outcome": "credit", "percent": 50, "amount": 5}), "cancel.tiers.0"),
    (tiers({"outcome": "partial", "percent": 101}), "cancel.tiers.0.percent"),
    (tiers({"outcome": "partial", "percent": -1}), "cancel.tiers.0.percent"),
    (tiers({"outcome": "partial", "percent": "50"}), "cancel.tiers.0.percent"), (tiers({"outcome": "partial", "amount": True}), "cancel.tiers.0.amount"),
])
def test_what_is_refused_names_its_field(body, field):
    with pytest.raises(PolicyError) as refused:
        Policy.from_json(body)
    assert field in [problem["field"] for problem in refused.value.problems]
    assert all(problem["problem"] for problem in refused.value.problems)


def test_every_problem_is_told_at_once():
    with pytest.raises(PolicyError) as refused:
        Policy.from_json({"reschedule": {"limit": -1, "notice": "x"}, "cancel": {"refund_mode": 1}, "colour": "red"})
    assert {problem["field"] for problem in refused.value.problems} == {
        "reschedule.limit", "reschedule.notice", "cancel.refund_mode", "policy.colour"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 50) | st.sampled_from(["PT2H", "full", "manual", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["reschedule", "cancel", "tiers", "fee", "notice", "limit", "outcome", "at_least", "percent", "approval"]), inner, max_size=4), max_leaves=12)


@checked(150)
@given(json_values)
def test_any_json_is_a_policy_or_a_list_of_problems(body):
    try:
        policy = Policy.from_json(body)
    except PolicyError as refused:
        assert refused.problems
    else:
        assert Policy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize(("store", "master", "own"), list(product((True, False), SWITCH, SWITCH)))
def test_r2_every_combination_of_switches(store, master, own):
    expected = {
        ("inherit", "inherit"): store, ("inherit", "on"): True, ("inherit", "off"): False,
        ("on", "inherit"): True, ("on", "on"): True, ("on", "off"): False,
        ("off", "inherit"): False, ("off", "on"): False, ("off", "off"): False,
    }[master, own]
    assert resolve_flags(Flags(store, not store), master, own, "inherit").reschedule is expected
    assert resolve_flags(Flags(not store, store), master, "inherit", own).cancel is expected


@pytest.mark.parametrize(("policy", "flag"), list(product((True, False), repeat=2)))
def test_r2_a_switch_turned_off_acts_whatever_the_policy_says(policy, flag):
    switched = Policy(reschedule_allowed=policy, cancel_allowed=not policy).with_flags(Flags(flag, not flag))
    assert (switched.reschedule_allowed, switched.cancel_allowed) == (policy and flag, not policy and not flag)


@checked(60)
@given(policies, policies)
def test_r20_a_later_edit_never_harms(copied, present):
    both = kinder(copied, present)
    for one in (copied, present):
        assert both.reschedule_notice.rank <= one.reschedule_notice.rank and both.cancel_notice.rank <= one.cancel_notice.rank
        assert both.reschedule_limit == 0 or 0 < one.reschedule_limit <= both.reschedule_limit
        assert both.within_days is None or (one.within_days is not None and one.within_days <= both.within_days)
        assert both.change_staff >= one.change_staff and both.part_cancel >= one.part_cancel
        assert MOVE_REASONS.index(both.move_reason) <= MOVE_REASONS.index(one.move_reason)
    assert (both.tiers, both.fee, both.price_difference) == (copied.tiers, copied.fee, copied.price_difference)
    of_today = ("reschedule_allowed", "cancel_allowed", "instead_schedule", "approval", "approval_notice", "approval_hours",
                "release_old_slot_at_once", "refund_mode")
    assert [getattr(both, name) for name in of_today] == [getattr(present, name) for name in of_today]


@pytest.mark.parametrize(("approval", "notice", "approval_notice", "then"), [
    ("manual", "PT0S", "PT24H", "PT1H"), ("reschedule_only", "PT30M", "PT24H", "PT1H"), ("manual", "PT2H", "PT24H", "PT2H"),
    ("by_notice", "PT0S", "PT24H", "PT1H"), ("by_notice", "PT0S", "PT20M", "PT20M"), ("by_notice", "PT0S", "PT0S", "PT0S"),
    ("automatic", "PT0S", "PT24H", "PT0S"), ("first_only", "PT0S", "PT24H", "PT0S"),
])
def test_r17_a_move_that_would_wait_is_asked_for_an_hour_before_the_old_start(approval, notice, approval_notice, then):
    policy = Policy(approval=approval, reschedule_notice=parse(notice), approval_notice=parse(approval_notice))
    assert policy.with_time_to_answer() == replace(policy, reschedule_notice=parse(then))


def test_r20_what_is_kinder_in_either_counts():
    copied = Policy(reschedule_notice=parse("PT2H"), cancel_notice=parse("P7D"), reschedule_limit=2, within_days=10)
    present = Policy(reschedule_notice=parse("PT24H"), cancel_notice=parse("PT48H"), reschedule_limit=0, within_days=None, change_staff=True)
    both = kinder(copied, present)
    assert (both.reschedule_notice, both.cancel_notice) == (parse("PT2H"), parse("PT48H"))
    assert (both.reschedule_limit, both.within_days, both.change_staff) == (0, None, True)
    assert kinder(copied, copied) == copied
    assert kinder(copied, replace(copied, reschedule_limit=1)).reschedule_limit == 2
