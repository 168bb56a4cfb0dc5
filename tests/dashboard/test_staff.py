"""Staff with hours, dates that differ, time off and class dates: each acts on what customers can book."""

from __future__ import annotations

from datetime import date

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.staff_dates import set_staff_date
from booking.offers import find_offer
from booking.slots import free_days
from models.session import reading
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, World, at


def starts(world, day: date, staff: int | None = None) -> list[str]:
    """Free starts of the day as UTC hours."""
    with reading(world.store_id) as tx:
        found = free_days(tx, find_offer(tx, world.service), day, day, staff_id=staff or world.elena)
    return [f"{slot.starts_at:%H:%M}" for _, slots in found.days for slot in slots]


def test_someone_is_added_with_a_week_and_a_break(manager, world):
    manager.fill("/staff/new", name="Ines Sol", mon__0__from="13:00", mon__0__to="15:00", mon__1__from="08:00", mon__1__to="09:00", tue__0__from="", tue__0__to="",
                 wed__0__to="00:00", services=[str(world.service)])
    row = world.sql("select id, hours, location_id from staff where name = 'Ines Sol'")[0]
    assert row.hours["mon"] == [["08:00", "09:00"], ["13:00", "15:00"]] and row.hours["tue"] == [] and row.hours["wed"] == [["09:00", "24:00"]]
    assert starts(world, date(2027, 3, 8), row.id) == ["13:00", "18:00", "18:15", "18:30", "18:45", "19:00"]
    manager.get(f"/admin/staff/{row.id}")
    assert 'value="00:00"' in manager.page
    manager.fill(f"/staff/{row.id}", name="Ines Solis")
    assert world.sql("select hours from staff where id = %s", row.id)[0].hours["wed"] == [["09:00", "24:00"]]


def test_mondays_hours_are_copied_without_saving(manager, world):
    manager.fill("/staff/new", 200, name="Ines", mon__0__from="07:00", mon__0__to="11:00", do="copy")
    assert manager.page.count('value="07:00"') == 5
    assert world.sql("select 1 from staff where name = 'Ines'") == []


@pytest.mark.parametrize("changes,says", [
    ({"name": ""}, "give it a name"), ({"mon__0__from": "17:00", "mon__0__to": "09:00"}, "end after they start"), ({"mon__0__to": ""}, "both times"),
    ({"mon__1__from": "10:00", "mon__1__to": "12:00"}, "not overlap"), ({"location": "1"}, "is not known"), ({"services": ["5"]}, "not known"),
    ({"mon__0__from": "25:00"}, "is not a time")])
def test_what_is_wrong_with_someone_is_said_at_the_field(manager, world, changes, says):
    manager.fill(f"/staff/{world.elena}", 422, **changes)
    assert says in words(manager.page)


def test_two_editors_of_one_person(app, world):
    one, other = Colleague(app, world).sign_in("owner"), Colleague(app, world).sign_in("manager")
    one.get(f"/admin/staff/{world.elena}")
    other.fill(f"/staff/{world.elena}", sun__0__from="12:00", sun__0__to="13:00")
    one.fill(f"/staff/{world.elena}", 409, open=False, name="Elena M.")
    assert "12:00–13:00" in words(one.page) and "Elena Marsh Elena M." in words(one.page)
    one.fill(f"/staff/{world.elena}", open=False)
    assert world.sql("select name from staff where id = %s", world.elena)[0].name == "Elena M."


class TestDates:
    def test_a_date_with_other_hours_replaces_the_week_and_only_there(self, manager, world):
        manager.fill(f"/staff/{world.elena}/dates", day="2027-03-10", span__0__from="18:00", span__0__to="20:00", note="late class")
        assert starts(world, date(2027, 3, 10)) == ["23:00", "23:15", "23:30", "23:45", "00:00"]
        assert len(starts(world, date(2027, 3, 11))) == 29 and len(starts(world, date(2027, 3, 10), world.tom)) == 29
        manager.fill(f"/staff/{world.elena}/dates", day="2027-03-10")
        assert starts(world, date(2027, 3, 10)) == []
        manager.get(f"/admin/staff/{world.elena}/dates")
        assert "Wednesday, March 10, 2027 not at work" in words(manager.page)
        manager.send(f"/admin/staff/{world.elena}/dates/remove", day="2027-03-10")
        assert len(starts(world, date(2027, 3, 10))) == 29

    def test_a_customer_cannot_book_by_the_week_on_such_a_date_and_the_shop_only_with_override(self, world):
        from booking.rules.decision import Refused
        from models.actor import Actor

        set_staff_date(world.store_id, MERCHANT, world.elena, date(2027, 3, 10), [])
        for by in (Actor("link", "link"), MERCHANT):
            with pytest.raises(Refused) as refused:
                world.book(at(10, 15), by=by)
            assert refused.value.code == "outside_hours"
        assert world.book(at(10, 15), override=True)

    @pytest.mark.parametrize("changes", [{"day": ""}, {"day": "2027-02-30"}, {"span__0__from": "12:00", "span__0__to": "11:00"}, {"span__0__from": "12:00"}])
    def test_wrong_dates(self, manager, world, changes):
        manager.fill(f"/staff/{world.elena}/dates", 422, **({"day": "2027-03-10"} | changes))
        assert world.sql("select 1 from staff_dates where staff_id = %s", world.elena) == []

    def test_of_another_shop(self, manager, owner_url):
        other = World(owner_url)
        manager.get(f"/admin/staff/{other.elena}/dates", 404)
        manager.get("/admin/staff/new")
        manager.send(f"/admin/staff/{other.elena}/dates", 404, day="2027-03-10")
        manager.send(f"/admin/staff/{other.elena}/remove", 404)


class TestTimeOff:
    TIMES = {"from_day": "2027-03-10", "from_time": "12:00", "to_day": "2027-03-10", "to_time": "14:00"}

    def test_it_is_meant_in_the_time_of_the_place_and_hides_the_times(self, staff, world):
        staff.fill("/time-off", whose=f"staff:{world.elena}", reason="Dentist", **self.TIMES)
        assert "17:00" not in starts(world, date(2027, 3, 10)) and "16:00" in starts(world, date(2027, 3, 10))
        staff.get("/admin/time-off")
        assert "Elena Marsh Wed, Mar 10, 2027, 12:00 PM EST" in words(staff.page)
        staff.send(f"/admin/time-off/{world.sql('select id from blocks')[0].id}/remove")
        assert "17:00" in starts(world, date(2027, 3, 10))

    def test_bookings_it_would_meet_are_named_and_it_is_blocked_only_when_wanted(self, manager, world):
        b = world.book(at(10, 17))
        manager.fill("/time-off", 409, whose=f"location:{world.location}", **self.TIMES)
        assert b.ref in manager.page and world.sql("select 1 from blocks where store_id = %s", world.store_id) == []
        manager.fill("/time-off", open=False, override="1")
        assert world.sql("select staff_id from blocks where store_id = %s", world.store_id)[0].staff_id is None
        assert world.read(b.ref).status == "confirmed"

    @pytest.mark.parametrize("changes,says", [({"whose": ""}, "choose one"), ({"whose": "staff:7"}, "choose one"), ({"to_day": "2027-03-09"}, "must be after the start"),
                                              ({"from_time": "9"}, "time such as"), ({"to_day": ""}, "enter a date"), ({"reason": "x" * 401}, "400 characters")])
    def test_wrong_entries(self, manager, world, changes, says):
        manager.fill("/time-off", 422, **({"whose": f"staff:{world.elena}"} | self.TIMES | changes))
        assert says in words(manager.page)


class TestClasses:
    @pytest.fixture
    def yoga(self, world) -> int:
        return world.add_service("Yoga", capacity=8, staff=[world.elena])

    def add(self, manager, yoga, status: int = 303, **changes):
        return manager.fill("/classes/new", status, **({"service": str(yoga), "staff": str(manager.world.elena), "day": "2027-03-08", "time": "18:00"} | changes))

    def dates(self, world, yoga):
        return world.sql("select id, starts_at, capacity, status from sessions where service_id = %s order by starts_at", yoga)

    def test_every_week_at_the_same_wall_time_over_the_change_of_clocks(self, manager, world, yoga):
        self.add(manager, yoga, weeks="3", capacity="5")
        assert [f"{row.starts_at:%d %H}" for row in self.dates(world, yoga)] == ["08 23", "15 22", "22 22"]
        manager.get("/admin/classes")
        assert "0 of 5" in words(manager.page)

    def test_all_dates_or_none(self, manager, world, yoga):
        world.book(at(15, 22), override=True)
        self.add(manager, yoga, 409, weeks="3")
        assert "They are busy then: Mon, Mar 15, 2027, 6:00 PM EDT" in words(manager.page) and self.dates(world, yoga) == []
        manager.fill("/classes/new", open=False, override="1")
        assert len(self.dates(world, yoga)) == 3

    def test_seats_never_below_those_taken(self, manager, world, yoga):
        session = world.session(yoga, at(8, 15), 3)
        world.book(at(8, 15), service=yoga, seats=2)
        manager.fill(f"/classes/{session}", 422, to=f"/classes/{session}/seats", capacity="1")
        assert "at least the 2 seats taken" in words(manager.page)
        manager.fill(f"/classes/{session}", to=f"/classes/{session}/seats", capacity="2")
        assert self.dates(world, yoga)[0].capacity == 2

    def test_cancelling_a_date_tells_everyone_and_gives_everything_back(self, manager, world, yoga):
        session = world.session(yoga, at(8, 15), 3)
        parties = [world.book(at(8, 15), service=yoga, email=f"{name}@example.com", paid=2500) for name in ("ada", "bo")]
        manager.get(f"/admin/classes/{session}")
        assert "2 bookings are cancelled, and each customer is told." in words(manager.page)
        manager.fill(f"/classes/{session}", to=f"/classes/{session}/cancel", reason="Flu")
        assert {world.read(b.ref).status for b in parties} == {"cancelled"} and {world.read(b.ref).owed for b in parties} == {2500}
        assert {row.recipient for row in world.outbox("booking_cancelled")} == {"ada@example.com", "bo@example.com"}
        manager.get("/admin/classes/new")
        manager.send(f"/admin/classes/{session}/cancel", 409, refund="full")

    def test_who_waits_to_move_there_is_not_counted_as_cancelled(self, manager, world):
        yoga = world.add_service("Yoga", capacity=8, staff=[world.elena], policy={"approval": "reschedule_only"})
        session, _ = world.session(yoga, at(8, 15), 5), world.session(yoga, at(9, 15), 5)
        moving = [world.book(at(9, 15), service=yoga, email=f"{name}@example.com") for name in ("ada", "bo")]
        going = world.book(at(8, 15), service=yoga, email="cleo@example.com")
        for b in moving:
            reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(8, 15))
        manager.get(f"/admin/classes/{session}")
        assert "1 booking is cancelled, and the customer is told. 2 bookings that wait to move here stay where they were" in words(manager.page)
        cancel_booking(world.store_id, MERCHANT, going.ref)
        manager.get(f"/admin/classes/{session}")
        assert "cancelled, and" not in words(manager.page) and "What they get back" not in words(manager.page)
        manager.fill(f"/classes/{session}", to=f"/classes/{session}/cancel", reason="Flu")
        assert [(world.read(b.ref).status, world.read(b.ref).starts_at) for b in moving] == [("confirmed", at(9, 15))] * 2

    def test_a_date_nobody_booked_is_removed(self, manager, world, yoga):
        session = world.session(yoga, at(8, 15), 3)
        manager.fill(f"/classes/{session}", to=f"/classes/{session}/remove")
        assert self.dates(world, yoga) == []

    @pytest.mark.parametrize("changes,says", [({"service": ""}, "choose one"), ({"staff": "9"}, "does not give this service"), ({"weeks": "99"}, "from 1 to 53"),
                                              ({"day": "2027-03-14", "time": "02:30"}, "does not exist in America/New_York"), ({"time": ""}, "time such as")])
    def test_wrong_entries(self, manager, world, yoga, changes, says):
        self.add(manager, yoga, 422, **changes)
        assert says in words(manager.page)

    def test_staff_look_and_do_not_change(self, staff, world, yoga):
        session = world.session(yoga, at(8, 15), 3)
        staff.get(f"/admin/classes/{session}")
        assert "Change the seats" not in staff.page
        staff.send(f"/admin/classes/{session}/cancel", 403, refund="full")
