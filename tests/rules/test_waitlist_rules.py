"""Waiting: eligibility, wishes, windows, rest; and counter-offers: numbers, ends, nearest times (R34, R35, A64, A153, A154)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules import counter_offers, waitlist
from booking.rules.decision import Decision, Refused
from booking.rules.waitlist import Wishes

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BANDS = {"morning": ["06:00", "12:00"], "afternoon": ["12:00", "17:00"], "evening": ["17:00", "22:00"]}
NEW_YORK = "America/New_York"


def may(starts_at=NOW + 30 * DAY, status="confirmed", offered=True, whole_visit=False):
    return waitlist.may_wait(status=status, starts_at=starts_at, now=NOW, offered=offered, whole_visit=whole_visit)


class TestEligibility:
    @pytest.mark.parametrize(("ahead", "allowed"), [(14 * DAY, True), (14 * DAY - TICK, False), (14 * DAY + TICK, True), (DAY, False), (-DAY, False)])
    def test_from_fourteen_times_24_hours(self, ahead, allowed):
        decision = may(NOW + ahead)
        assert decision.allowed == allowed and decision.deadline == NOW + ahead - 14 * DAY
        assert allowed or (decision.reason, decision.facts) == ("too_late", {"kind": "waitlist"})

    def test_elapsed_time_not_dates_over_a_clock_change(self):
        """From March 1, noon in New York, to March 15, noon there: 14 dates, an hour less than 14 x 24 h."""
        starts_at = datetime(2027, 3, 15, 16, tzinfo=UTC)
        assert not waitlist.may_wait(status="confirmed", starts_at=starts_at, now=datetime(2027, 3, 1, 17, tzinfo=UTC), offered=True).allowed

    @pytest.mark.parametrize(("status", "reason"), [
        ("pending", "not_allowed"), ("arrived", "checked_in"), ("ready_to_start", "checked_in"), ("completed", "closed"),
        ("cancelled", "closed"), ("no_show", "closed"), ("declined", "closed"), ("expired", "closed")])
    def test_only_confirmed_bookings(self, status, reason):
        decision = may(status=status)
        assert (decision.allowed, decision.reason) == (False, reason)
        assert decision.facts == ({"kind": "waitlist"} if reason == "not_allowed" else {"state": status})

    def test_where_the_shop_offers_it_and_not_for_parts_of_a_visit(self):
        assert may().allowed
        assert may(offered=False) == may(whole_visit=True) == Decision(False, "not_allowed", facts={"kind": "waitlist"})
        assert waitlist.may_wait(status="confirmed", starts_at=NOW + 30 * DAY, now=NOW, offered=True).allowed

    def test_waiting_lives_until_the_start_minus_the_lead_time(self):
        assert waitlist.lives_until(NOW, 2 * HOUR) == NOW - 2 * HOUR


class TestACertainTime:
    """A place on a class date, or the time of a request that was turned down, is waited for while it can still be booked."""

    @staticmethod
    def place(ahead, *, scheduled=True, offered=True):
        return waitlist.may_wait_for_place(scheduled=scheduled, starts_at=NOW + ahead, now=NOW, lead_time=2 * HOUR, offered=offered)

    @pytest.mark.parametrize(("ahead", "allowed", "begun"), [(2 * HOUR + TICK, True, None), (2 * HOUR, False, False), (TICK, False, False), (0 * HOUR, False, True), (-DAY, False, True)])
    def test_until_the_lead_time(self, ahead, allowed, begun):
        again = waitlist.may_wait_again(status="declined", starts_at=NOW + ahead, now=NOW, lead_time=2 * HOUR, offered=True)
        for kind, decision in (("place", self.place(ahead)), ("again", again)):
            assert decision == (Decision(True, None, NOW + ahead - 2 * HOUR) if allowed else
                                Decision(False, "too_late", NOW + ahead - 2 * HOUR, {"kind": kind, "begun": begun}))

    def test_not_on_a_date_that_is_cancelled_nor_where_the_shop_has_no_waitlist(self):
        assert self.place(DAY, scheduled=False) == Decision(False, "closed", facts={"kind": "date", "state": "cancelled"})
        assert self.place(DAY, offered=False) == self.place(-DAY, offered=False) == Decision(False, "not_allowed", facts={"kind": "waitlist"})


class TestWishes:
    @given(st.sets(st.integers(0, 6)))
    def test_days_and_bits_are_the_same_thing(self, days):
        assert waitlist.weekdays_of(waitlist.weekday_bits(days)) == sorted(days)

    @pytest.mark.parametrize(("clock", "band"), [
        ("05:59", None), ("06:00", "morning"), ("11:59", "morning"), ("12:00", "afternoon"), ("16:59", "afternoon"), ("17:00", "evening"),
        ("21:59", "evening"), ("22:00", None), ("00:00", None)])
    def test_the_start_decides_and_bands_are_half_open(self, clock, band):
        start = datetime.fromisoformat(f"2027-03-10T{clock}:00-05:00").astimezone(UTC)
        for name in waitlist.BANDS:
            assert waitlist.wants(Wishes(waitlist.EVERY_DAY, (name,)), start, NEW_YORK, BANDS) == (name == band)

    def test_the_weekday_is_that_of_the_place(self):
        """In New York it is still Tuesday evening when in UTC Wednesday has begun."""
        start = datetime(2027, 3, 10, 1, tzinfo=UTC)
        tuesday, wednesday = (Wishes(1 << day, waitlist.BANDS) for day in (1, 2))
        assert waitlist.wants(tuesday, start, NEW_YORK, BANDS) and not waitlist.wants(wednesday, start, NEW_YORK, BANDS)

    def test_bands_follow_the_clocks_over_a_change(self):
        """16:30 UTC is 11:30 before March 14 and 12:30 after it."""
        morning = Wishes(waitlist.EVERY_DAY, ("morning",))
        assert [waitlist.wants(morning, datetime(2027, 3, day, 16, 30, tzinfo=UTC), NEW_YORK, BANDS) for day in (13, 14)] == [True, False]

    def test_a_band_to_24_holds_the_last_minute(self):
        late = datetime.fromisoformat("2027-03-10T23:59:00-05:00")
        assert waitlist.wants(Wishes(waitlist.EVERY_DAY, ("evening",)), late, NEW_YORK, {"evening": ["17:00", "24:00"]})

    @given(st.integers(1, 127), st.sets(st.sampled_from(waitlist.BANDS), min_size=1), st.datetimes(
        datetime(2027, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
    def test_wanted_means_the_day_and_one_band_by_an_independent_reading(self, bits, bands, start):
        local = start.astimezone(__import__("zoneinfo").ZoneInfo(NEW_YORK))
        hours = {"morning": range(6, 12), "afternoon": range(12, 17), "evening": range(17, 22)}
        expected = local.strftime("%u") in {str(day + 1) for day in range(7) if bits & 2**day} and any(local.hour in hours[b] for b in bands)
        assert waitlist.wants(Wishes(bits, tuple(bands)), start, NEW_YORK, BANDS) == expected


class TestWindows:
    def test_the_claim_window_is_the_shops_and_never_past_the_start_minus_the_lead_time(self):
        assert waitlist.claim_until(NOW, NOW + DAY, HOUR, 60) == NOW + HOUR
        assert waitlist.claim_until(NOW, NOW + 90 * HOUR / 60, HOUR, 60) == NOW + HOUR / 2
        assert waitlist.claim_until(NOW, NOW + HOUR + TICK, HOUR, 60) == NOW + TICK

    @pytest.mark.parametrize("start", [NOW + HOUR, NOW, NOW - TICK, NOW - DAY])
    def test_a_time_that_is_over_or_too_near_is_offered_to_nobody(self, start):
        assert waitlist.claim_until(NOW, start, HOUR, 60) is None

    @pytest.mark.parametrize(("ago", "rests"), [(timedelta(), True), (6 * HOUR - TICK, True), (6 * HOUR, False), (7 * HOUR, False)])
    def test_rest_lasts_six_hours_to_the_microsecond(self, ago, rests):
        assert waitlist.rests_until(NOW - ago, NOW, 6) == (NOW - ago + 6 * HOUR if rests else None)

    def test_who_was_never_told_rests_not(self):
        assert waitlist.rests_until(None, NOW, 6) is None


class TestUsing:
    """An hour, a quarter before and after it."""

    LENGTH = (HOUR / 4, HOUR, HOUR / 4)

    def using(self, minutes, opening):
        return [int((s - NOW) / timedelta(minutes=1)) for s in waitlist.using(
            [NOW + timedelta(minutes=m) for m in minutes], tuple(NOW + timedelta(minutes=m) for m in opening), self.LENGTH)]

    def test_times_wholly_inside_come_before_those_that_reach_into_it(self):
        assert self.using([0, 15, 30, 45, 60], (0, 90)) == [15]
        assert self.using([0, 15, 30], (0, 105)) == [15, 30]

    def test_what_is_too_short_for_any_is_used_in_part(self):
        assert self.using([0, 15, 30], (30, 60)) == [0, 15, 30]

    def test_touching_is_not_using(self):
        assert self.using([-75, 45], (0, 30)) == []
        assert self.using([-74, 44], (0, 30)) == [-74, 44]


class TestCounterOffers:
    @pytest.mark.parametrize("count", [0, 4, 100])
    def test_one_to_three(self, count):
        with pytest.raises(Refused, match="invalid"):
            counter_offers.check_count(count)
        for fine in (1, 2, 3):
            counter_offers.check_count(fine)

    def test_an_offer_ends_after_its_hours_or_with_its_own_lead_time_or_before_the_old_start(self):
        far = NOW + 30 * DAY
        assert counter_offers.expires_at(NOW, far, HOUR, hours=24) == NOW + DAY
        assert counter_offers.expires_at(NOW, NOW + 3 * HOUR, HOUR, hours=24) == NOW + 2 * HOUR
        assert counter_offers.expires_at(NOW, far, HOUR, hours=24, old_start=NOW + 6 * HOUR) == NOW + 5 * HOUR

    @pytest.mark.parametrize(("state", "left", "stands"), [
        ("open", TICK, True), ("open", timedelta(), False), ("open", -TICK, False), ("accepted", DAY, False), ("declined", DAY, False),
        ("expired", DAY, False), ("void", DAY, False)])
    def test_it_stands_while_open_and_before_its_end(self, state, left, stands):
        assert counter_offers.stands(state, NOW + left, NOW) == stands

    def test_the_request_lives_as_long_as_the_last(self):
        assert counter_offers.request_ends([NOW + HOUR, NOW + DAY, NOW]) == NOW + DAY

    @given(st.lists(st.integers(-6000, 6000), unique=True), st.integers(0, 5))
    def test_nearest_are_the_nearest_within_three_days_in_calendar_order(self, minutes, most):
        starts = [NOW + timedelta(minutes=m) for m in minutes]
        found = counter_offers.nearest(starts, NOW, most=most)
        near = [s for s in starts if s != NOW and abs(s - NOW) <= 3 * DAY]
        assert found == sorted(found) and len(found) == min(most, len(near)) and set(found) <= set(near)
        assert not found or max(abs(s - NOW) for s in found) <= min((abs(s - NOW) for s in set(near) - set(found)), default=4 * DAY)

    @pytest.mark.parametrize(("text", "number"), [("2", 2), ("02", 2), ("1", None), ("4", None), (None, None), ("", None), ("x", None), ("²", None),
                                                  ("٢", None), ("-2", None), ("2.0", None), ("0000002", None)])
    def test_only_a_number_that_stands_is_chosen(self, text, number):
        assert counter_offers.chosen_number(text, "1", {(1, 2), (1, 3)}) == number

    @pytest.mark.parametrize(("named", "standing", "number"), [
        ("2", 2, 2), ("02", 2, 2), ("1", 2, None), ("3", 2, None), ("", 2, None), ("x", 2, None), (None, 2, None), (None, 1, 2), ("", 1, None)])
    def test_it_is_chosen_in_its_own_round_only(self, named, standing, number):
        assert counter_offers.chosen_number("2", named, {(standing, 1), (standing, 2)}) == number
