"""When the next message may leave (I37), against a count minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.rules.pacing import room_at

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMITS = ((3, 15 * MINUTE), (5, 60 * MINUTE))


@given(st.lists(st.integers(-80, 90), max_size=12), st.integers(1, 3))
def test_it_is_the_first_minute_with_room(minutes, weight):
    taken = [NOW + n * MINUTE for n in minutes]

    def room(at: datetime) -> bool:
        return all(sum(instant > at - window for instant in taken) + weight <= most for most, window in LIMITS)

    assert room_at(taken, LIMITS, NOW, weight) == next(NOW + n * MINUTE for n in range(400) if room(NOW + n * MINUTE))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=25))
def test_what_follows_it_never_breaks_a_limit(gaps):
    now, sent = NOW, []
    for gap in gaps:
        now += gap * MINUTE
        sent.append(room_at(sent, LIMITS, now))
    for most, window in LIMITS:
        assert all(sum(one - window < other <= one for other in sent) <= most for one in sent)
