"""Today and the calendar: who is where when, up to date, in few statements (A131)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from bench.pages import counted
from booking.actions.blocks import create_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.mark_booking import arrive_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.staff import update_staff
from booking.actions.staff_dates import set_staff_date
from booking.actions.stores import update_store
from models.actor import Actor
from shopify_app.dashboard.calendar_layout import Hours, hours_of, open_minutes, place, shut
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, NOW, World, at


def calendar(person: Colleague, status: int = 200, headers: dict | None = None, **query: str):  # noqa: ANN201
    return person.get("/admin/calendar", status, query_string=query, headers=headers)


@pytest.fixture
def busy(world):
    """March 2: two with Elena, one with Tom, a class, time off."""
    made = [world.book(at(2, 15)), world.book(at(2, 17), email="b@example.com"), world.book(at(2, 15), email="c@example.com", staff=world.tom)]
    service = world.add_service("Yoga", capacity=6, staff=[world.elena])
    world.session(service, at(2, 20), capacity=6)
    made.append(world.book(at(2, 20), service=service, staff=world.elena, email="d@example.com", seats=2))
    create_block(world.store_id, MERCHANT, staff_id=world.tom, starts_at=at(2, 19), ends_at=at(2, 21), reason="School")
    return made


def test_today_says_who_comes_and_what_waits(manager, staff, world, busy):
    world.set_clock(at(2, 14, 30))
    world.book(at(9, 15), service=world.add_service("Consultation", policy={"approval": "manual"}), by=Actor("customer", "account"),
               email="w@example.com")
    owed = world.book(at(9, 18), paid=2500, method="cash", email="o@example.com")
    cancel_booking(world.store_id, MERCHANT, owed.ref, refund="full")
    arrive_booking(world.store_id, MERCHANT, busy[2].ref)
    manager.get("/admin")
    text = words(manager.page)
    for part in ("4 bookings", "3 still to come", "1 waits for your answer", "$25 1 refund owed", "Next up 10:00 AM Ada Archer", "Elena Marsh 3"):
        assert part in text, part
    manager.send(f"/admin/bookings/{busy[2].ref}/ready", version=world.read(busy[2].ref).version, back="")
    assert world.read(busy[2].ref).status == "ready_to_start"
    staff.get("/admin")
    assert "refund owed" not in words(staff.page)
    world.set_clock(NOW)


def test_a_day_by_person(staff, world, busy):
    calendar(staff, date="2027-03-02")
    text = words(staff.page)
    for part in ("Tuesday, March 2, 2027", "Elena Marsh 3 appointments", "Tom Okonkwo 1 appointment", "3:00 PM Yoga 2 of 6 places: Ada Archer",
                 "2:00 PM School"):
        assert part in text, part
    # 10:00 with the grid from 8:00: row 25, an hour is twelve rows.
    assert re.search(r'class="box booking confirmed r25 h12"><a href="/admin/bookings/' + busy[0].ref, staff.page)
    calendar(staff, date="2027-03-02", staff=str(world.tom))
    assert "Yoga" not in words(staff.page).split("Show")[1]


def test_a_week_of_everyone_and_of_one(staff, world, busy):
    calendar(staff, view="week", date="2027-03-04")
    assert "Sun, Feb 28 to Sat, Mar 6" in words(staff.page) and staff.page.count('class="cell"') == 14
    calendar(staff, view="week", date="2027-03-04", staff=str(world.elena))
    assert staff.page.count('class="col"') == 8 and busy[2].ref not in staff.page


@pytest.mark.parametrize(("zone", "first", "week"), [("America/New_York", "Sun Mon", "Sun, Feb 28 to Sat, Mar 6"), ("Europe/London", "Mon Tue", "Mon, Mar 1 to Sun, Mar 7"),
                                                     ("Africa/Cairo", "Sat Sun", "Sat, Feb 27 to Fri, Mar 5")])
def test_weeks_begin_as_in_the_shops_country(manager, world, busy, zone, first, week):
    """Whatever language someone reads; in the working hours, too."""
    update_store(world.store_id, MERCHANT, zone=zone)
    calendar(manager, view="week", date="2027-03-04")
    assert week in words(manager.page)
    calendar(manager, view="month", date="2027-03-20")
    assert re.findall(r'<th scope="col">(\w+)</th>', manager.page)[:2] == first.split()
    manager.get(f"/admin/staff/{world.elena}")
    assert re.findall(r'class="day-name">(\w{3})', manager.page)[:2] == first.split()


def test_a_month_counts(staff, busy):
    calendar(staff, view="month", date="2027-03-20")
    assert "March 2027" in words(staff.page) and "4 bookings" in words(staff.page)


@pytest.mark.parametrize("query", [{"view": "year"}, {"date": "soon"}, {"date": "9999-99-99"}, {"staff": "x"}, {"location": "-1"}, {"date": "2200-12-31"},
                                   {"view": "month", "date": "1990-01-01"}])
def test_nonsense_is_ignored(staff, query):
    calendar(staff, **query)


def test_other_locations_have_their_own_zone(staff, world):
    from booking.actions.locations import create_location

    berlin = create_location(world.store_id, MERCHANT, name="Berlin", address="", zone="Europe/Berlin").facts["id"]
    eva = world.staff("Eva", location_id=berlin)
    world.book(at(2, 9), service=world.add_service("Schnitt", staff=[eva]), staff=eva)
    calendar(staff, date="2027-03-02", location=str(berlin))
    assert "Times in Europe/Berlin" in words(staff.page) and "10:00 AM Ada Archer" in words(staff.page) and "Elena Marsh" not in words(
        staff.page).split("Show")[1]


@pytest.mark.parametrize("path", ["/admin", "/admin/calendar?date=2027-03-02", "/admin/calendar?view=month&date=2027-03-02"])
def test_the_page_asked_again_answers_304_until_something_changes(staff, world, busy, path):
    world.set_clock(at(2, 14, 30))
    tag = staff.get(path).headers["ETag"]
    again = staff.get(path, 304, headers={"If-None-Match": tag})
    assert again.data == b"" and again.headers["ETag"] == tag
    reschedule_booking(world.store_id, MERCHANT, busy[1].ref, starts_at=at(2, 18), override=True)
    fresh = staff.get(path, headers={"If-None-Match": tag})
    assert fresh.headers["ETag"] != tag
    world.set_clock(NOW)


def test_few_statements(staff, world, busy):
    for path in ("/admin/calendar?view=week&date=2027-03-02", "/admin/calendar?view=month&date=2027-03-02", "/admin/bookings", "/admin/bookings?q=archer"):
        staff.get(path)
        with counted() as seen:
            staff.get(path)
        ours = [query for query in seen if "set_config" not in query and "user_logins" not in query]
        assert len(ours) <= 4, (path, ours)


def box(start: str, end: str) -> SimpleNamespace:
    def when(text: str) -> datetime:
        return datetime.fromisoformat(f"2027-03-02T{text}").replace(tzinfo=UTC)

    return SimpleNamespace(starts_at=when(start), ends_at=when(end))


def test_what_overlaps_stands_side_by_side():
    placed = place([box("09:00", "10:00"), box("09:30", "10:30"), box("10:00", "11:00"), box("12:00", "12:03")], date(2027, 3, 2), "UTC", Hours(8, 18))
    assert [(p.row, p.rows, p.lane, p.lanes) for p in placed] == [(13, 12, 1, 2), (19, 12, 2, 2), (25, 12, 1, 2), (49, 1, 1, 1)]


def test_more_than_eight_share_the_last_lane():
    placed = place([box("09:00", "10:00")] * 10, date(2027, 3, 2), "UTC", Hours(8, 18))
    assert max(p.lane for p in placed) == max(p.lanes for p in placed) == 8


def test_the_grid_grows_with_what_is_there():
    assert hours_of([(5 * 60 + 30, 23 * 60 + 10)]) == Hours(5, 24)
    assert hours_of([]) == Hours(8, 18)


def test_a_day_of_another_shop_stays_there(staff, owner_url):
    other = World(owner_url)
    b = other.book(at(2, 15), email="foreign@example.com")
    calendar(staff, date="2027-03-02", staff=str(other.elena))
    assert b.ref not in staff.page and "Everyone" in words(staff.page)


def test_someone_on_time_off_is_not_called_free(owner, world):
    create_block(world.store_id, MERCHANT, staff_id=world.tom, starts_at=at(5, 14), ends_at=at(5, 20), reason="School")
    calendar(owner, view="day", date="2027-03-05")
    assert "Elena Marsh free" in words(owner.page) and "Tom Okonkwo Time off" in words(owner.page)


def test_someone_who_does_not_work_that_day_is_not_called_free(owner, world):
    """Where nobody is offered (A131): the head of the day says so, and the grid shades what lies outside working hours."""
    update_staff(world.store_id, MERCHANT, world.tom, hours={"mon": [["10:00", "12:30"], ["13:00", "16:00"]]})
    calendar(owner, view="day", date="2027-03-01")
    assert "Tom Okonkwo free" in words(owner.page)
    tom = owner.page[owner.page.index("Tom Okonkwo</span>"):]
    assert re.findall(r'class="shut (r\d+ h\d+)"', tom) == ["r1 h24", "r55 h6", "r97 h24"]
    calendar(owner, view="day", date="2027-03-02")
    assert "Tom Okonkwo not at work" in words(owner.page) and "Elena Marsh free" in words(owner.page)
    assert re.findall(r'class="shut (r\d+ h\d+)"', owner.page[owner.page.index("Tom Okonkwo</span>"):]) == ["r1 h120"]
    set_staff_date(world.store_id, MERCHANT, world.tom, date(2027, 3, 2), [["08:00", "18:00"]])
    set_staff_date(world.store_id, MERCHANT, world.elena, date(2027, 3, 2), [])
    calendar(owner, view="day", date="2027-03-02")
    assert "Tom Okonkwo free" in words(owner.page) and "Elena Marsh not at work" in words(owner.page)
    world.book(at(2, 15), staff=world.elena, override=True)
    calendar(owner, view="day", date="2027-03-02")
    assert "Elena Marsh 1 appointment" in words(owner.page)
    calendar(owner, view="week", date="2027-03-02", staff=str(world.tom))
    assert words(owner.page).count("not at work") == 5


def test_working_hours_in_the_calendars_zone():
    """What reaches over midnight is cut at the day."""
    spans = [(int(datetime(2027, 3, 2, 8, tzinfo=UTC).timestamp()), int(datetime(2027, 3, 2, 16, tzinfo=UTC).timestamp()))]
    assert open_minutes(spans, date(2027, 3, 2), "America/New_York") == [(180, 660)]
    assert open_minutes(spans, date(2027, 3, 3), "Asia/Tokyo") == [(0, 60)] and open_minutes(spans, date(2027, 3, 4), "Asia/Tokyo") == []
    assert shut([(180, 660)], Hours(8, 18)) == [(37, 84)] and shut([], Hours(8, 18)) == [(1, 120)] and shut([(0, 1440)], Hours(8, 18)) == []


def test_a_week_says_who_has_no_appointments(owner, world):
    """On phones, where days without any are left out, the name would stand alone."""
    world.book(at(2, 15))
    calendar(owner, view="week", date="2027-03-02")
    text = words(owner.page)
    tom = text.index("Tom Okonkwo", text.index("Elena Marsh", text.index("With Sun")))
    assert text.count("No appointments in this time.") == 1 and text.index("No appointments in this time.") > tom
    world.book(at(3, 15), staff=world.tom, email="t@example.com")
    calendar(owner, view="week", date="2027-03-02")
    assert "No appointments" not in words(owner.page)
