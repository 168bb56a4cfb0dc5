"""Imports from Acuity's export and our own format: what arrives, what is left out and why, and never twice (I1, I6, I11)."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from booking.actions.blocks import create_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.hold_slot import hold_slot
from booking.importing.formats import FormatError
from booking.importing.run import Report, import_bookings
from models.actor import Actor
from tests.actions.test_reschedule import refused
from tests.support.world import MERCHANT, World, at

ACUITY = ("Start Time", "End Time", "First Name", "Last Name", "Phone", "Email", "Type", "Calendar", "Appointment Price", "Paid?",
          "Amount Paid Online", "Certificate Code", "Notes", "Date Scheduled", "Label", "Scheduled By", "Timezone", "Appointment ID")
LINE = {"Start Time": "March 10, 2027 10:00 AM", "End Time": "March 10, 2027 10:45 AM", "First Name": "Ada", "Last Name": "Archer",
        "Phone": "+1 212 555 0101", "Email": "Ada@Example.com", "Type": "Facial", "Calendar": "Nora Lind", "Appointment Price": "95.00",
        "Paid?": "yes", "Amount Paid Online": "20.00", "Notes": "Likes, commas", "Date Scheduled": "2027-02-11 10:50",
        "Timezone": "America/New_York", "Appointment ID": "5377063"}
OWN = ("id", "starts_at", "duration_minutes", "service", "staff", "name", "email")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def table(path: Path, columns, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def acuity(tmp_path):
    """A file of Acuity's columns: each row is LINE with some cells changed."""
    return lambda *changes, **how: table(tmp_path / "acuity.csv", ACUITY, *[LINE | change for change in changes], **how)


@pytest.fixture
def own(tmp_path):
    """A file of our format; `starts_at` ten o'clock on the day given unless changed."""
    def make(*rows: dict[str, str], columns=OWN, **how) -> Path:
        base = {"starts_at": "2027-03-10 10:00", "duration_minutes": "60", "service": "Massage", "staff": "Elena Marsh", "name": "Ada"}
        return table(tmp_path / "own.csv", columns, *[{k: v for k, v in (base | row).items() if k in columns} for row in rows], **how)
    return make


def load(world: World, path: Path, **more) -> Report:
    return import_bookings(world.store_id, path, **more)


def reasons(report: Report) -> list[tuple[int, str]]:
    return [(bad.line, bad.reason) for bad in report.bad]


def everything(world: World) -> dict[str, int]:
    tables = ("bookings", "customers", "payments", "services", "staff", "locations", "staff_services", "occupancies", "outbox",
              "audit_entries", "policies", "orders")
    return {name: world.sql(f"select count(*) from {name}")[0][0] for name in tables}


class TestAcuity:
    def test_a_line_becomes_a_booking(self, world, acuity):
        report = load(world, acuity({}))
        assert (report.imported, report.known, report.flagged, report.bad) == (1, 0, 0, [])
        assert report.created == {"service": 1, "staff": 1}
        b = world.read(world.sql("select ref from bookings")[0].ref)
        assert (b.status, b.service_name, b.staff_name, b.location_name, b.notes) == (
            "confirmed", "Facial", "Nora Lind", "Harbor Street", "Likes, commas")
        assert (b.starts_at, b.ends_at, b.local_start, b.zone) == (at(10, 15), at(10, 15, 45), datetime(2027, 3, 10, 10), "America/New_York")
        assert (b.price, b.paid, b.currency, b.created_at) == (9500, 2000, "USD", datetime(2027, 2, 11, 15, 50, tzinfo=UTC))
        assert (b.contact_name, b.contact_email, b.contact_phone, b.customer_name) == (
            "Ada Archer", "Ada@Example.com", "+12125550101", "Ada Archer")
        assert world.sql("select source, external_id, contact_email_canonical from bookings") == [("acuity", "5377063", "ada@example.com")]

    def test_nobody_is_written_to_and_all_is_on_record(self, world, acuity):
        load(world, acuity({}, {"Start Time": "March 11, 2027 10:00 AM", "End Time": "March 11, 2027 11:00 AM", "Appointment ID": "2"}))
        assert world.outbox() == []
        rows = world.sql("select actor_kind, channel, facts->>'source', facts->>'line' from audit_entries where action = 'import_booking' order by id")
        assert rows == [("system", "import", "acuity", "2"), ("system", "import", "acuity", "3")]
        assert world.sql("select broken_audit_chain()") == [(None,)]

    def test_new_services_have_self_service_off_and_the_usual_length(self, world, acuity):
        load(world, acuity(*[{"Start Time": f"March {day}, 2027 10:00 AM", "End Time": f"March {day}, 2027 {end} AM", "Appointment ID": str(day)}
                             for day, end in ((8, "10:45"), (9, "10:45"), (10, "10:30"))]))
        assert world.sql("select duration_s, step_s, price, self_service from services where name = 'Facial'") == [(2700, 900, 9500, "off")]
        assert world.sql("select hours from staff where name = 'Nora Lind'")[0].hours == {
            "mon": [["10:00", "10:45"]], "tue": [["10:00", "10:45"]], "wed": [["10:00", "10:30"]], "thu": [], "fri": [], "sat": [], "sun": []}
        ref = world.sql("select ref from bookings limit 1")[0].ref
        refused("not_allowed", cancel_booking, world.store_id, world.holder(world.read(ref)), ref)

    def test_known_names_are_found_whatever_their_case(self, world, acuity):
        report = load(world, acuity({"Type": "MASSAGE", "Calendar": "elena marsh"}))
        assert report.created == {}
        assert world.sql("select service_id, staff_id from bookings") == [(world.service, world.elena)]

    @pytest.mark.parametrize(("label", "end", "status"), [
        ("", "March 10, 2027 10:45 AM", "confirmed"), ("Canceled", "March 10, 2027 10:45 AM", "cancelled"),
        ("No-Show", "March 10, 2027 10:45 AM", "no_show"), ("Confirmed", "March 10, 2027 10:45 AM", "confirmed")])
    def test_labels_become_states(self, world, acuity, label, end, status):
        load(world, acuity({"Label": label, "End Time": end}))
        assert world.sql("select status from bookings") == [(status,)]

    def test_what_is_over_is_completed(self, world, acuity):
        load(world, acuity({"Start Time": "February 10, 2027 10:00 AM", "End Time": "February 10, 2027 10:45 AM",
                            "Date Scheduled": "2027-01-11 10:50"}))
        assert world.sql("select status, closed_at from bookings") == [("completed", at(10, 15, 45, month=2))]
        assert world.sql("select count(*) from occupancies") == [(0,)]

    def test_own_labels_are_mapped(self, world, acuity):
        path = acuity({"Label": "VIP"})
        assert reasons(load(world, path)) == [(2, "unknown status 'vip'; map it with --status 'vip'=confirmed")]
        assert load(world, path, statuses={"VIP": "confirmed"}).imported == 1


class TestOwnFormat:
    def test_offsets_zones_seats_and_places(self, world, own):
        columns = (*OWN, "zone", "location", "seats", "price", "paid", "status", "phone", "ends_at", "booked_at", "notes")
        load(world, own({"id": "a", "starts_at": "2027-03-10T15:00:00Z", "zone": "Europe/Berlin", "location": "Kreuzberg", "seats": "3",
                         "price": "1,250.50", "staff": "Jo", "status": "pending", "phone": "+493012345678"}, columns=columns))
        b = world.read(world.sql("select ref from bookings")[0].ref)
        assert (b.starts_at, b.zone, b.local_start, b.location_name, b.seats) == (
            at(10, 15), "Europe/Berlin", datetime(2027, 3, 10, 16), "Kreuzberg", 3)
        assert (b.status, b.price, b.contact_phone, b.ends_at - b.starts_at) == ("pending", 125050, "+493012345678", timedelta(hours=1))
        assert world.sql("select name, zone from locations where name <> 'Harbor Street'") == [("Kreuzberg", "Europe/Berlin")]

    def test_other_columns_are_mapped(self, world, tmp_path):
        path = table(tmp_path / "x.csv", ("When", "Minutes", "What", "Who", "Client"),
                     {"When": "03/10/2027 10:00 AM", "Minutes": "30", "What": "Cut", "Who": "Tom Okonkwo", "Client": "Bea"})
        with pytest.raises(FormatError, match="neither Acuity's export nor our format"):
            load(world, path)
        columns = {"starts_at": "When", "duration_minutes": "Minutes", "service": "What", "staff": "Who", "name": "Client"}
        assert load(world, path, format_name="opencals", columns=columns).imported == 1
        assert world.sql("select starts_at, staff_id from bookings") == [(at(10, 15), world.tom)]

    def test_files_without_ids_are_known_again(self, world, own):
        path = own({}, {"name": "Bea", "starts_at": "2027-03-10 12:00"}, columns=("starts_at", "duration_minutes", "service", "staff", "name"))
        assert load(world, path).imported == 2
        assert (load(world, path).imported, load(world, path).known) == (0, 2)

    def test_phones_without_country_code_need_the_region(self, world, own):
        path = own({"phone": "212 555 0101"}, columns=(*OWN, "phone"))
        assert reasons(load(world, path)) == [(2, "phone '212 555 0101' needs its country code, as in +1 212 555 0100")]
        assert load(world, path, region="US").imported == 1
        assert world.sql("select contact_phone from bookings") == [("+12125550101",)]

    def test_amounts_follow_the_currency(self, db, owner_url, own):
        yen = World(owner_url, zone="Asia/Tokyo")
        with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as owner:
            owner.execute("select set_config('app.store_id', %s, false)", (str(yen.store_id),))
            owner.execute("update stores set currency = 'JPY'")
        columns = (*OWN, "price")
        assert reasons(load(yen, own({"id": "1", "price": "8000"}, {"id": "2", "price": "80.50"}, columns=columns))) == [
            (3, "price '80.50' is not an amount of money")]
        assert yen.sql("select price, currency from bookings") == [(8000, "JPY")]


class TestWhose:
    def test_one_customer_for_one_address_and_known_ones_are_found(self, world, own):
        known = world.book(at(9, 15)).customer_id
        load(world, own({"id": "1", "email": "ADA@example.com"}, {"id": "2", "email": "bea@example.com", "starts_at": "2027-03-11 10:00"},
                        {"id": "3", "email": "Bea@Example.com", "starts_at": "2027-03-12 10:00"}))
        rows = world.sql("select external_id, customer_id from bookings where source is not null order by external_id")
        assert rows[0].customer_id == known and rows[1].customer_id == rows[2].customer_id != known
        assert world.customers() == 2

    def test_a_proven_account_before_a_guest(self, world, own):
        guest = world.book(at(9, 15), by=Actor("customer", "account")).customer_id
        with psycopg.connect(world.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
            owner.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
            owner.execute("update customers set email_verified_at = now() where id = %s", (guest,))
        second = world.book(at(9, 17), by=Actor("customer", "account")).customer_id
        load(world, own({"id": "1", "email": "ada@example.com"}))
        assert second != guest
        assert world.sql("select customer_id from bookings where source is not null") == [(guest,)]


class TestAgain:
    def test_a_repeat_writes_nothing(self, world, acuity):
        path = acuity({}, {"Start Time": "March 11, 2027 10:00 AM", "End Time": "March 11, 2027 11:00 AM", "Appointment ID": "2"})
        load(world, path)
        before = everything(world)
        report = load(world, path)
        assert (report.imported, report.known, report.created, report.bad) == (0, 2, {}, [])
        assert everything(world) == before

    def test_mended_rows_are_added(self, world, acuity):
        later = {"Start Time": "March 11, 2027 10:00 AM", "Appointment ID": "2"}
        assert load(world, acuity({}, later | {"End Time": "March 11, 2027 9:00 AM"})).imported == 1
        report = load(world, acuity({}, later | {"End Time": "March 11, 2027 11:00 AM"}))
        assert (report.imported, report.known) == (1, 1)

    def test_a_line_twice_in_one_file_counts_once(self, world, acuity):
        report = load(world, acuity({}, {}))
        assert (report.imported, report.known, report.bad) == (1, 1, [])

    def test_an_id_that_means_two_things_is_bad(self, world, acuity):
        report = load(world, acuity({}, {"Start Time": "March 11, 2027 10:00 AM", "End Time": "March 11, 2027 11:00 AM"}))
        assert (report.imported, report.known) == (1, 0)
        assert reasons(report) == [(3, "has the id of line 2, which says something else")]

    def test_a_cancelled_import_does_not_come_back(self, world, acuity):
        path = acuity({})
        load(world, path)
        cancel_booking(world.store_id, MERCHANT, world.sql("select ref from bookings")[0].ref, override=True)
        assert load(world, path).known == 1
        assert world.sql("select status from bookings") == [("cancelled",)]

    def test_another_shop_imports_the_same_file_for_itself(self, world, acuity, owner_url):
        path = acuity({})
        assert (load(world, path).imported, load(World(owner_url), path).imported) == (1, 1)


class TestDryRun:
    def test_it_writes_nothing_and_says_what_would_happen(self, world, own):
        world.book(at(10, 15))
        path = own({"id": "1"}, {"id": "2", "starts_at": "2027-03-10 12:00", "service": "New", "staff": "New Person"},
                   {"id": "3", "starts_at": "2027-03-10 12:30", "service": "New", "staff": "New Person"}, {"id": "4", "starts_at": "soon"})
        before = everything(world)
        dry = load(world, path, dry_run=True)
        assert everything(world) == before
        wet = load(world, path)
        assert dry.dry_run and not wet.dry_run
        assert (dry.imported, dry.known, dry.created, reasons(dry)) == (wet.imported, wet.known, wet.created, reasons(wet))
        assert (wet.imported, wet.created, [line for line, _ in reasons(wet)]) == (1, {"service": 1, "staff": 1}, [2, 4, 5])

    def test_flags_are_counted_too(self, world, own):
        path = own({"id": "1"}, {"id": "2", "starts_at": "2027-03-10 10:30"})
        assert (load(world, path, dry_run=True, flag_overlaps=True).flagged, load(world, path, flag_overlaps=True).flagged) == (1, 1)


class TestOverlaps:
    def test_what_meets_something_is_left_out_and_named(self, world, own):
        world.book(at(10, 15))
        create_block(world.store_id, MERCHANT, staff_id=world.elena, starts_at=at(11, 15), ends_at=at(11, 18))
        report = load(world, own({"id": "1", "starts_at": "2027-03-10 10:30"}, {"id": "2", "starts_at": "2027-03-11 12:00"},
                                 {"id": "3", "starts_at": "2027-03-12 10:00"}, {"id": "4", "starts_at": "2027-03-12 10:59"},
                                 {"id": "5", "starts_at": "2027-03-12 11:00"}))
        assert reasons(report) == [(2, "overlaps what Elena Marsh already has at 2027-03-10 15:00 UTC"),
                                   (3, "overlaps what Elena Marsh already has at 2027-03-11 15:00 UTC"), (5, "overlaps line 4")]
        assert report.imported == 2

    def test_or_taken_and_flagged(self, world, own):
        world.book(at(10, 15))
        report = load(world, own({"id": "1", "starts_at": "2027-03-10 10:30"}, {"id": "2", "starts_at": "2027-03-10 11:00"},
                                 {"id": "3", "starts_at": "2027-03-10 12:00"}), flag_overlaps=True)
        assert (report.imported, report.flagged, report.bad) == (3, 2, [])
        rows = world.sql("select external_id, conflict, overlap_ok from bookings where source is not null order by 1")
        assert rows == [("1", True, True), ("2", True, True), ("3", False, False)]

    def test_closed_rows_take_no_time(self, world, own):
        world.book(at(10, 15))
        report = load(world, own({"id": "1", "status": "cancelled"}, {"id": "2", "status": "no_show"}, columns=(*OWN, "status")))
        assert (report.imported, report.bad) == (2, [])

    def test_an_expired_hold_stands_in_nobodys_way_a_live_one_does(self, world, own):
        hold_slot(world.store_id, MERCHANT, service_id=world.service, staff_id=world.elena, starts_at=at(10, 15), owner="ann")
        path = own({"id": "1"})
        assert load(world, path).imported == 0
        world.set_clock(world.now + timedelta(minutes=10))
        assert load(world, path).imported == 1

    def test_without_the_look_ahead_the_database_still_refuses(self, world, own, monkeypatch):
        """The control: the batch is refused whole, nothing half done."""
        world.book(at(10, 15))
        monkeypatch.setattr("booking.importing.load._Busy.meets", lambda *_: None)
        before = everything(world)
        refused("slot_taken", load, world, own({"id": "1"}, {"id": "2", "starts_at": "2027-03-12 10:00"}))
        assert everything(world) == before


def test_batches_see_each_other(world, own, monkeypatch):
    monkeypatch.setattr("booking.importing.run.BATCH", 2)
    steps = []
    rows = [{"id": str(n), "starts_at": f"2027-03-10 {10 + n}:00"} for n in range(5)] + [{"id": "x", "starts_at": "2027-03-10 10:30"}]
    report = load(world, own(*rows), progress=lambda *step: steps.append(step))
    assert (report.imported, [line for line, _ in reasons(report)]) == (5, [7])
    assert steps == [("checked", 6, 6), ("imported", 2, 6), ("imported", 4, 6), ("imported", 6, 6)]
