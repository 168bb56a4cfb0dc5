"""Free times as shown and as accepted are the same (R12, R16, I10, I13, I57)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.actions.blocks import create_block
from booking.actions.hold_slot import hold_slot
from booking.actions.services import update_service
from booking.actions.staff_dates import set_staff_date
from booking.actions.stores import update_store
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.slots import free_days, look, require_slot
from models.actor import Actor
from models.session import reading, transaction
from tests.support.world import MERCHANT, World, at, hours

GUEST = Actor("customer", "account")
SHAPE = {"duration_s": 2700, "step_s": 1200, "buffer_before_s": 600, "buffer_after_s": 300, "lead_time_s": 36 * 3600, "horizon_days": 25}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_HOURS = {day: [["09:00", "12:10"], ["13:00", "17:30"]] for day in WEEK[:5]}
NIGHT_HOURS = {"sun": [["00:00", "06:00"]], "wed": [["20:00", "24:00"]], "thu": [["00:00", "02:00"]]}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def shown(world: World, service: int, first: date, last: date, **more) -> dict[datetime, set[int]]:
    """Every start offered, with the staff it is offered with; checks the order of the page on the way."""
    with reading(world.store_id) as tx:
        days = free_days(tx, find_offer(tx, service), first, last, **more)
    assert [day for day, _ in days.days] == sorted({day for day, _ in days.days})
    starts = [slot.starts_at for _, slots in days.days for slot in slots]
    assert starts == sorted(set(starts))
    for day, slots in days.days:
        assert {slot.starts_at.astimezone(ZoneInfo(days.zone)).date() for slot in slots} == {day}
    assert all(len(set(slot.staff)) == len(slot.staff) for _, slots in days.days for slot in slots)
    return {slot.starts_at: set(slot.staff) for _, slots in days.days for slot in slots}


def accepted(world: World, service: int, candidates: list[datetime], staff_id: int | None = None, **more) -> set[datetime]:
    """The candidates `require_slot` takes from a customer. Nothing is written."""
    taken = set()
    with transaction(world.store_id, GUEST) as tx:
        offer = find_offer(tx, service)
        for start in candidates:
            try:
                require_slot(tx, offer, start, staff_id=staff_id, **more)
                taken.add(start)
            except Refused as refused:
                assert refused.code in ("slot_taken", "outside_hours")
    return taken


def grid(first: datetime, last: datetime, minutes: int) -> list[datetime]:
    return [first + timedelta(minutes=n * minutes) for n in range(int((last - first).total_seconds()) // 60 // minutes)]


class Diary:
    """A filled month of two people, and a naive oracle that knows only what was put in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.day = world.staff("Day Person", hours=DAY_HOURS)
        self.night = world.staff("Night Person", hours=NIGHT_HOURS)
        self.service = world.add_service("Odd steps", staff=[self.day, self.night], **SHAPE)
        self.hours = {self.day: DAY_HOURS, self.night: NIGHT_HOURS}
        self.busy: dict[int, list[tuple[datetime, datetime]]] = {self.day: [], self.night: []}
        self.fill()

    def fill(self) -> None:
        w, before, after = self.world, timedelta(minutes=10), timedelta(minutes=5)
        for start in (at(3, 14), at(5, 18), at(8, 15, 10), at(8, 19), at(15, 13), at(24, 20)):
            b = w.book(start, service=self.service, staff=self.day, override=True)
            self.busy[self.day].append((b.starts_at - before, b.ends_at + after))
        for start in (at(7, 7), at(14, 6), at(14, 7), at(18, 2)):
            b = w.book(start, service=self.service, staff=self.night, override=True)
            self.busy[self.night].append((b.starts_at - before, b.ends_at + after))
        for staff, start, end in ((self.day, at(9, 16), at(11, 19)), (self.night, at(21, 5), at(21, 6, 30))):
            create_block(w.store_id, MERCHANT, staff_id=staff, starts_at=start, ends_at=end)
            self.busy[staff].append((start, end))
        hold_slot(w.store_id, GUEST, service_id=self.service, starts_at=at(16, 15), staff_id=self.day, owner="someone")
        self.busy[self.day].append((at(16, 15) - before, at(16, 15, 45) + after))

    def free(self) -> dict[datetime, set[int]]:
        """Minute by minute: in an opening, on its steps counted from the opening, clear of everything, in lead and horizon."""
        zone, found = ZoneInfo("America/New_York"), {}
        last_day = self.world.now.astimezone(zone).date() + timedelta(days=SHAPE["horizon_days"])
        for staff, hours_ in self.hours.items():
            for day in (date(2027, 3, 1) + timedelta(days=n) for n in range(31)):
                for opens, closes in hours_.get(WEEK[day.weekday()], []):
                    start, end = instant(day, opens, zone), instant(day, closes, zone)
                    while start + timedelta(seconds=SHAPE["duration_s"]) <= end:
                        low, high = start - timedelta(minutes=10), start + timedelta(minutes=50)
                        if (start >= self.world.now + timedelta(hours=36) and start.astimezone(zone).date() <= last_day
                                and all(high <= a or b <= low for a, b in self.busy[staff])):
                            found.setdefault(start, set()).add(staff)
                        start += timedelta(seconds=SHAPE["step_s"])
        return found


def instant(day: date, text: str, zone: ZoneInfo) -> datetime:
    hour, minute = map(int, text.split(":"))
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=hour, minutes=minute)
    return local.astimezone(UTC)


@pytest.fixture
def diary(world) -> Diary:
    return Diary(world)


def test_a_month_matches_the_naive_oracle(diary):
    expected = diary.free()
    assert len(expected) > 150
    assert shown(diary.world, diary.service, date(2027, 3, 1), date(2027, 3, 31)) == expected
    for staff in (diary.day, diary.night):
        alone = shown(diary.world, diary.service, date(2027, 3, 1), date(2027, 3, 31), staff_id=staff)
        assert set(alone) == {start for start, people in expected.items() if staff in people}


def test_every_start_shown_is_accepted_and_no_other(diary):
    """Every fifth minute of the first lead-time day, the busy day, the night of the clock change and the horizon's end."""
    world = diary.world
    candidates = [start for day in (2, 8, 14, 26) for start in grid(at(day, 4), at(day + 1, 6), 5)]
    for staff in (diary.day, diary.night):
        offered = shown(world, diary.service, date(2027, 3, 1), date(2027, 3, 31), staff_id=staff)
        assert accepted(world, diary.service, sorted(offered), staff) == set(offered)
        assert accepted(world, diary.service, candidates, staff) == set(offered) & set(candidates)


def test_anyone_is_accepted_where_somebody_is_free(world):
    world.book(at(10, 15))
    world.book(at(10, 15), staff=world.tom, email="bea@example.com")
    world.book(at(10, 17), staff=world.tom, email="bea@example.com")
    offered = shown(world, world.service, date(2027, 3, 10), date(2027, 3, 10))
    candidates = grid(at(10, 13), at(10, 23), 15)
    assert accepted(world, world.service, candidates) == set(offered)
    assert at(10, 15) not in offered and offered[at(10, 17)] == {world.elena}


def test_a_slot_is_an_hour_on_the_clock_of_the_sun(world):
    with reading(world.store_id) as tx:
        days = free_days(tx, find_offer(tx, world.service), date(2027, 3, 13), date(2027, 3, 15))
    assert {(slot.ends_at - slot.starts_at) for _, slots in days.days for slot in slots} == {hours(1)}
    assert [slots[0].starts_at for _, slots in days.days] == [at(13, 14), at(14, 13), at(15, 13)]


@pytest.mark.parametrize(("zone", "day", "lost_or_won"), [
    ("America/New_York", date(2027, 3, 14), -4), ("America/New_York", date(2027, 11, 7), 4),
    ("Europe/Berlin", date(2027, 3, 28), -4), ("Australia/Lord_Howe", date(2027, 4, 4), 2),
    ("America/Havana", date(2027, 11, 7), 4), ("Atlantic/Azores", date(2027, 10, 31), 4)])
def test_open_around_the_clock_each_day_has_its_own_length(db, owner_url, zone, day, lost_or_won):
    """23, 24, 24.5 or 25 hours in quarter hours; a repeated hour is offered twice, also where it is the one after midnight."""
    world = World(owner_url, zone=zone, now=datetime(day.year, day.month, 1, tzinfo=UTC) - timedelta(days=20))
    staff = world.staff("Always", hours={d: [["00:00", "24:00"]] for d in WEEK})
    service = world.add_service("Quarter", staff=[staff], duration_s=900)
    with reading(world.store_id) as tx:
        days = free_days(tx, find_offer(tx, service), day - timedelta(days=1), day + timedelta(days=1))
    assert [len(slots) for _, slots in days.days] == [96, 96 + lost_or_won, 96]
    offered = shown(world, service, day - timedelta(days=1), day + timedelta(days=1))
    assert accepted(world, service, sorted(offered)) == set(offered)


def test_openings_that_meet_in_the_repeated_hour_offer_each_start_once(db, owner_url):
    world = World(owner_url, now=datetime(2027, 11, 1, tzinfo=UTC))
    staff = world.staff("Nights", hours={"sun": [["00:00", "01:30"], ["01:30", "04:00"]]})
    service = world.add_service("Half", staff=[staff], duration_s=1800, step_s=1800)
    offered = shown(world, service, date(2027, 11, 7), date(2027, 11, 7))
    assert sorted(offered) == grid(at(7, 4, month=11), at(7, 9, month=11), 30)


class TestEdges:
    """Lead time and horizon, both ends included to the second."""

    @pytest.fixture
    def service(self, world) -> int:
        return world.add_service("Tomorrow at most", staff=[world.elena], lead_time_s=7200, horizon_days=1)

    def test_lead_time_ends_exactly(self, world, service):
        world.set_clock(at(2, 15))
        assert accepted(world, service, [at(2, 17), at(2, 16, 45)]) == {at(2, 17)}
        assert min(shown(world, service, date(2027, 3, 2), date(2027, 3, 3))) == at(2, 17)
        world.set_clock(at(2, 15) + timedelta(microseconds=1))
        assert accepted(world, service, [at(2, 17), at(2, 17, 15)]) == {at(2, 17, 15)}
        assert min(shown(world, service, date(2027, 3, 2), date(2027, 3, 3))) == at(2, 17, 15)

    def test_the_horizon_is_a_whole_local_day(self, world, service):
        """At 23:59:59 in New York tomorrow is the last day; a second later it is the day after."""
        world.set_clock(at(2, 5) - timedelta(seconds=1))
        assert max(shown(world, service, date(2027, 3, 1), date(2027, 3, 9))) == at(2, 21)
        assert accepted(world, service, [at(2, 21), at(3, 14)]) == {at(2, 21)}
        world.set_clock(at(2, 5))
        assert max(shown(world, service, date(2027, 3, 1), date(2027, 3, 9))) == at(3, 21)
        assert accepted(world, service, [at(3, 21), at(4, 14)]) == {at(3, 21)}

    def test_past_days_offer_nothing(self, world):
        assert shown(world, world.service, date(2027, 2, 1), date(2027, 2, 28)) == {}
        assert accepted(world, world.service, [at(1, 11)]) == set()

    def test_at_most_62_days_are_looked_at(self, world):
        assert max(shown(world, world.service, date(2027, 3, 2), date(2028, 3, 1))).date() == date(2027, 5, 2)

    def test_an_upside_down_range_is_empty(self, world):
        assert shown(world, world.service, date(2027, 3, 9), date(2027, 3, 8)) == {}


def test_blocks_hide_slots_up_to_their_edges(world):
    create_block(world.store_id, MERCHANT, staff_id=world.elena, starts_at=at(10, 16), ends_at=at(10, 18))
    offered = set(shown(world, world.service, date(2027, 3, 10), date(2027, 3, 10), staff_id=world.elena))
    assert offered == set(grid(at(10, 14), at(10, 21, 15), 15)) - set(grid(at(10, 15, 15), at(10, 18), 15))
    assert at(10, 16) in shown(world, world.service, date(2027, 3, 10), date(2027, 3, 10), staff_id=world.tom)


def test_a_block_of_the_location_closes_everyone(world):
    create_block(world.store_id, MERCHANT, location_id=world.location, starts_at=at(9, 5), ends_at=at(16, 4))
    assert shown(world, world.service, date(2027, 3, 9), date(2027, 3, 15)) == {}
    assert accepted(world, world.service, [at(12, 15)]) == set()


def test_an_inactive_service_and_one_nobody_gives_offer_nothing(world):
    update_service(world.store_id, MERCHANT, world.service, active=False)
    alone = world.add_service("Nobody", staff=[])
    for service in (world.service, alone):
        assert shown(world, service, date(2027, 3, 10), date(2027, 3, 12)) == {}
        with transaction(world.store_id, GUEST) as tx, pytest.raises(Refused) as caught:
            require_slot(tx, find_offer(tx, service), at(10, 15))
        assert caught.value.code == "invalid"


def test_seconds_are_refused(world):
    with transaction(world.store_id, GUEST) as tx, pytest.raises(Refused) as caught:
        require_slot(tx, find_offer(tx, world.service), at(10, 15) + timedelta(seconds=30))
    assert caught.value.facts["errors"][0]["field"] == "starts_at"


def test_what_the_shop_typed_is_weighed_by_the_hours_of_that_date(world):
    """Hours of a single date count for the warning as for the booking itself."""
    set_staff_date(world.store_id, MERCHANT, world.elena, date(2027, 3, 10), [["18:00", "20:00"]])
    with transaction(world.store_id, MERCHANT) as tx:
        found = [look(tx, find_offer(tx, world.service), start, staff_id=world.elena).outside_hours for start in (at(10, 15), at(10, 23), at(11, 15))]
    assert found == [True, False, False]


class TestAnyone:
    def test_the_one_with_the_quieter_day_gets_it(self, world):
        """Other days do not count: Tom is busy on the 9th and the 11th, Elena on the 10th itself."""
        for day in (9, 11):
            for hour in (15, 17, 19):
                world.book(at(day, hour), staff=world.tom, email=f"t{day}{hour}@example.com")
        world.book(at(10, 19))
        with transaction(world.store_id, GUEST) as tx:
            assert require_slot(tx, find_offer(tx, world.service), at(10, 15)).staff.id == world.tom

    def test_equal_days_go_by_name(self, world):
        with transaction(world.store_id, GUEST) as tx:
            assert require_slot(tx, find_offer(tx, world.service), at(10, 15)).staff.id == world.elena


class TestRealTimeOff:
    """R16: any step inside the working hours, whatever stands there; horizon and lead time still hold."""

    @pytest.fixture(autouse=True)
    def off(self, world):
        world.book(at(10, 15))
        create_block(world.store_id, MERCHANT, staff_id=world.elena, starts_at=at(10, 18), ends_at=at(10, 20))
        update_store(world.store_id, MERCHANT, real_time=False)

    def test_all_steps_are_shown_and_accepted(self, world):
        offered = set(shown(world, world.service, date(2027, 3, 10), date(2027, 3, 10), staff_id=world.elena))
        assert offered == set(grid(at(10, 14), at(10, 21, 15), 15))
        assert accepted(world, world.service, grid(at(10, 4), at(11, 4), 15), world.elena) == offered

    def test_what_overlaps_carries_the_conflict_flag_and_the_shop_hears_of_it(self, world):
        doubled = world.book(at(10, 15, 30), email="bea@example.com", by=GUEST)
        blocked = world.book(at(10, 18), email="cem@example.com", by=GUEST)
        free = world.book(at(10, 20), email="dee@example.com", by=GUEST)
        assert (doubled.conflict, blocked.conflict, free.conflict) == (True, True, False)
        told = [row.payload["booking"]["conflict"] for row in world.outbox("merchant_booking_created") if row.recipient == "shop@example.com"]
        assert told == [True, True, False]

    def test_horizon_and_hours_still_hold(self, world):
        assert accepted(world, world.service, [at(10, 13), at(10, 21, 15), at(10, 15, month=10)]) == set()

    def test_anyone_prefers_who_is_free(self, world):
        with transaction(world.store_id, GUEST) as tx:
            free, quieter = (require_slot(tx, find_offer(tx, world.service), start) for start in (at(10, 18), at(10, 14)))
        assert (free.staff.id, free.overlap) == (world.tom, False)
        assert (quieter.staff.id, quieter.overlap) == (world.tom, False)
        world.book(at(10, 15), service=world.service, email="bea@example.com", by=GUEST)
        assert world.book(at(10, 15), service=world.service, email="cem@example.com", by=GUEST).conflict

    def test_switched_on_again_nothing_more_overlaps(self, world):
        world.book(at(10, 15), email="bea@example.com", by=GUEST)
        update_store(world.store_id, MERCHANT, real_time=True)
        assert at(10, 15) not in shown(world, world.service, date(2027, 3, 10), date(2027, 3, 10), staff_id=world.elena)
        assert accepted(world, world.service, [at(10, 15)], world.elena) == set()
