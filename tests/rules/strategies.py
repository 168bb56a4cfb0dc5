"""What the property tests draw from: zones, wall times near clock changes, notices, policies, payments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import whenever
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from booking.rules.durations import LONGEST_DAYS, Notice
from booking.rules.policy import APPROVAL_HOURS, APPROVALS, MOVE_REASONS, PRICE_DIFFERENCES, Policy, Tier
from booking.rules.refund import Payment

ZONES = (
    "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Nuuk", "America/Havana",
    "Asia/Beirut", "Africa/Cairo", "Africa/Casablanca", "America/St_Johns", "Asia/Kathmandu", "Europe/Dublin",
)
ERAS = {"Pacific/Apia": (2010, 2013), "America/St_Johns": (2008, 2012)}
"""Years in which a zone did something rare: a skipped day, a change one minute after midnight."""


def checked(examples: int) -> settings:
    """The same examples in every run, without files beside the code."""
    return settings(max_examples=examples, deadline=None, database=None, derandomize=True,
                    suppress_health_check=[HealthCheck.too_slow])


def transitions(zone: str) -> list[datetime]:
    """Every clock change of the zone in the years tested (UTC), as the oracle has them."""
    first, last = ERAS.get(zone, (2024, 2032))
    at = whenever.Instant.from_utc(first, 1, 1).to_tz(zone)
    found = []
    while (following := at.next_transition()) is not None and following.year <= last:
        at = following
        found.append(at.to_instant().to_stdlib().astimezone(UTC))
    return found or [datetime(first, 6, 1, tzinfo=UTC)]


CHANGES = {zone: transitions(zone) for zone in ZONES}
zones = st.sampled_from(ZONES)


@st.composite
def zoned_instants(draw: st.DrawFn, *, step: timedelta = timedelta(microseconds=1), reach: int = 3) -> tuple[datetime, str]:
    """A UTC instant within `reach` days of one of the zone's clock changes, in multiples of `step`, and the zone."""
    zone = draw(zones)
    most = timedelta(days=reach) // step
    return draw(st.sampled_from(CHANGES[zone])) + step * draw(st.integers(-most, most)), zone


@st.composite
def zoned_walls(draw: st.DrawFn) -> tuple[datetime, str]:
    """A naive wall time near a clock change, often one that clocks skip or repeat, and the zone."""
    zone = draw(zones)
    change = draw(st.sampled_from(CHANGES[zone]))
    local = whenever.Instant(change).to_tz(zone).to_plain().to_stdlib()
    near = st.integers(-120, 120) if draw(st.booleans()) else st.integers(-4320, 4320)
    return local.replace(microsecond=0) + timedelta(minutes=draw(near)), zone


notices = st.builds(Notice, st.integers(0, LONGEST_DAYS - 1), st.integers(0, 86_400)) | st.builds(
    Notice, st.just(0), st.integers(0, LONGEST_DAYS * 86_400))


percents, sums = st.integers(0, 100), st.integers(0, 10**6)
outcomes = st.one_of(
    st.sampled_from([("full", None, None), ("forfeit", None, None), ("none", None, None), ("credit", None, None)]),
    st.tuples(st.sampled_from(("partial", "credit")), percents, st.none()),
    st.tuples(st.sampled_from(("partial", "credit")), st.none(), sums))


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    """From the longest to the shortest, the last one without `at_least`."""
    bounds = draw(st.lists(notices, max_size=3, unique_by=lambda notice: notice.rank))
    return tuple(Tier(bound, *draw(outcomes)) for bound in [*sorted(bounds, key=lambda notice: -notice.rank), None])


fees = st.just(0) | sums
refund_policies = st.builds(Policy, tiers=tiers(), fee=fees)
policies = st.builds(
    Policy, reschedule_allowed=st.booleans(), reschedule_notice=notices, reschedule_limit=st.integers(0, 1000),
    within_days=st.none() | st.integers(1, 731), change_staff=st.booleans(), price_difference=st.sampled_from(PRICE_DIFFERENCES),
    move_reason=st.sampled_from(MOVE_REASONS),
    cancel_allowed=st.booleans(), cancel_notice=notices, instead_schedule=st.booleans(), tiers=tiers(),
    fee=fees, refund_mode=st.sampled_from(("automatic", "manual")), credit_choice=st.booleans(),
    part_cancel=st.booleans(), approval=st.sampled_from(APPROVALS), approval_notice=notices,
    approval_hours=st.sampled_from(APPROVAL_HOURS), release_old_slot_at_once=st.booleans())


@st.composite
def payments(draw: st.DrawFn) -> list[Payment]:
    """One to four payments, some of them partly or wholly given back."""
    made = draw(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 100), st.sampled_from(("card", "gift_card", "cash"))),
                         min_size=1, max_size=4))
    return [Payment(number, amount, amount * given_back // 100, method) for number, (amount, given_back, method) in enumerate(made, 1)]
