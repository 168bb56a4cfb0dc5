"""When feedback is open (R37), what becomes of a due reminder (R40, A160), and when telephones are quiet."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.rules.feedback import CLOSES, EDITABLE, FeedbackFacts, feedback_decision
from booking.rules.quiet_hours import quiet_until
from booking.rules.reminders import AGAIN, DROP, LAST_CALL, SEND, DueReminder, reminder_outcome, request_outcome
from booking.rules.status import STATES

END = datetime(2027, 3, 10, 15, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def allowed(status: str, now: datetime, given_at: datetime | None = None) -> bool:
    return feedback_decision(FeedbackFacts(status, END, given_at), now).allowed


class TestFeedback:
    def test_a_completed_visit_opens_at_its_end_and_an_unmarked_one_two_hours_later(self):
        assert not allowed("completed", END - TICK) and allowed("completed", END)
        assert not allowed("confirmed", END + 2 * HOUR - TICK) and allowed("confirmed", END + 2 * HOUR)

    @pytest.mark.parametrize("status", sorted(STATES))
    def test_only_visits_that_took_place(self, status):
        assert allowed(status, END + timedelta(days=1)) is (status in ("completed", "confirmed", "arrived", "ready_to_start"))

    def test_it_closes_60_days_after_the_end(self):
        assert allowed("completed", END + CLOSES) and not allowed("completed", END + CLOSES + TICK)

    def test_it_may_be_changed_for_14_days_but_not_beyond_the_60(self):
        given = END + timedelta(days=3)
        assert allowed("completed", given + EDITABLE, given) and not allowed("completed", given + EDITABLE + TICK, given)
        late = END + timedelta(days=59)
        assert allowed("completed", END + CLOSES, late) and not allowed("completed", END + CLOSES + TICK, late)

    def test_the_answer_says_why(self):
        early = feedback_decision(FeedbackFacts("confirmed", END), END)
        assert (early.reason, early.facts["opens_at"]) == ("not_allowed", END + 2 * HOUR)
        late = feedback_decision(FeedbackFacts("completed", END), END + CLOSES + TICK)
        assert (late.reason, late.deadline) == ("too_late", END + CLOSES)
        assert feedback_decision(FeedbackFacts("no_show", END), END + HOUR).facts == {"kind": "feedback", "state": "no_show"}


START = datetime(2027, 3, 14, 14, tzinfo=UTC)
DAY = timedelta(hours=24)


def due(*, lead: timedelta = DAY, since: datetime = START - 30 * DAY, status: str = "confirmed", now_starts: datetime = START) -> DueReminder:
    return DueReminder(lead, START, since, status, now_starts)


class TestReminders:
    def test_a_confirmed_booking_is_reminded(self):
        assert reminder_outcome(due(), START - DAY) == SEND

    def test_only_when_it_was_agreed_twice_the_lead_ahead(self):
        """A160: the reminder a day ahead is for bookings made at least 48 hours ahead."""
        assert reminder_outcome(due(since=START - 2 * DAY), START - DAY) == SEND
        assert reminder_outcome(due(since=START - 2 * DAY + TICK), START - DAY) == DROP

    def test_a_time_it_no_longer_has_is_not_reminded(self):
        assert reminder_outcome(due(now_starts=START + HOUR), START - DAY) == DROP

    def test_nothing_at_or_after_the_last_minute(self):
        assert reminder_outcome(due(), START - LAST_CALL - TICK) == SEND
        assert reminder_outcome(due(), START - LAST_CALL) == DROP and reminder_outcome(due(), START + HOUR) == DROP

    @pytest.mark.parametrize("status", sorted(STATES - {"confirmed", "pending"}))
    def test_no_other_state_is_reminded(self, status):
        assert reminder_outcome(due(status=status), START - DAY) == DROP

    def test_a_request_is_looked_at_again(self):
        found = reminder_outcome(due(status="pending"), START - DAY)
        assert (found.verdict, found.at) == ("wait", START - DAY + AGAIN)


class TestFeedbackRequests:
    def test_a_completed_visit_is_asked_about_at_once_an_unmarked_one_later(self):
        assert request_outcome(FeedbackFacts("completed", END), END) == SEND
        found = request_outcome(FeedbackFacts("confirmed", END), END)
        assert (found.verdict, found.at) == ("wait", END + 2 * HOUR)
        assert request_outcome(FeedbackFacts("confirmed", END), END + 2 * HOUR) == SEND

    def test_nobody_is_asked_twice_or_about_what_did_not_happen_or_long_after(self):
        assert request_outcome(FeedbackFacts("completed", END, END), END + HOUR) == DROP
        assert request_outcome(FeedbackFacts("no_show", END), END + HOUR) == DROP
        assert request_outcome(FeedbackFacts("completed", END), END + timedelta(days=7) + TICK) == DROP


@pytest.mark.parametrize(("here", "until"), [
    ("2027-03-09T20:59:59", None), ("2027-03-09T21:00", "2027-03-10T08:00"), ("2027-03-10T00:00", "2027-03-10T08:00"),
    ("2027-03-10T07:59:59", "2027-03-10T08:00"), ("2027-03-10T08:00", None),
    ("2027-03-13T23:00", "2027-03-14T08:00"), ("2027-11-06T23:00", "2027-11-07T08:00")])
def test_quiet_hours_are_wall_time_and_pass_midnight(here, until):
    zone = ZoneInfo("America/New_York")
    now = datetime.fromisoformat(here).replace(tzinfo=zone)
    expected = now if until is None else datetime.fromisoformat(until).replace(tzinfo=zone)
    assert quiet_until(now, "America/New_York", time(21), time(8)) == expected


def test_quiet_hours_within_a_day_and_none():
    now = datetime(2027, 3, 10, 13, 30, tzinfo=UTC)
    assert quiet_until(now, "UTC", time(13), time(14)) == datetime(2027, 3, 10, 14, tzinfo=UTC)
    assert quiet_until(now, "UTC", time(14), time(15)) == now == quiet_until(now, "UTC", time(0), time(0))
