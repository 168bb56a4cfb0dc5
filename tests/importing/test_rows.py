"""Lines and files that cannot be taken: each is named with its line and the reason, the rest goes on."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from booking.importing.formats import FORMATS, FormatError, detect
from booking.importing.rows import BadRow, ImportRow, read_rows
from booking.importing.run import import_bookings
from commands.import_bookings import group
from tests.support.world import World, at

HEADER = "id,starts_at,ends_at,duration_minutes,zone,service,staff,name,email,phone,seats,price,paid,status,booked_at\n"
GOOD = {"id": "1", "starts_at": "2027-03-10 10:00", "duration_minutes": "60", "service": "Massage", "staff": "Elena Marsh", "name": "Ada"}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def read(tmp_path: Path, text: str, currency: str = "USD") -> list[ImportRow | BadRow]:
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8", newline="")
    with path.open(encoding="utf-8", newline="") as file:
        return list(read_rows(file, FORMATS["opencals"], "America/New_York", currency))


def one(tmp_path: Path, **cells: str) -> ImportRow | BadRow:
    names = HEADER.strip().split(",")
    path = tmp_path / "one.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, [(GOOD | cells).get(name, "") for name in names]])
    return read(tmp_path, path.read_text())[0]


@pytest.mark.parametrize(("cells", "reason"), [
    ({"starts_at": ""}, "start '' is not a date and time"), ({"starts_at": "tomorrow"}, "start 'tomorrow' is not a date and time"),
    ({"starts_at": "2027-02-30 10:00"}, "is not a date and time"), ({"starts_at": "1912-03-10 10:00"}, "between 1990 and 2100"),
    ({"starts_at": "2027-03-14 02:30"}, "does not exist in America/New_York: clocks go forward then"),
    ({"zone": "EST"}, "unknown time zone 'EST'"), ({"zone": "../../etc/passwd"}, "unknown time zone"),
    ({"ends_at": "2027-03-10 10:00"}, "must end after its start"), ({"ends_at": "2027-03-11 10:01"}, "at most 24 hours later"),
    ({"ends_at": "2027-03-10 10:00:30"}, "at least a minute"),
    ({"duration_minutes": "0"}, "duration must be 1 to 1440 minutes"), ({"duration_minutes": "1441"}, "duration"),
    ({"duration_minutes": "an hour"}, "duration"), ({"duration_minutes": ""}, "duration"),
    ({"service": " "}, "has no service"), ({"staff": ""}, "has no staff"), ({"name": ""}, "neither a name nor an e-mail"),
    ({"email": "ada@"}, "'ada@' is not an e-mail address"), ({"phone": "555"}, "phone '555' needs its country code"),
    ({"seats": "0"}, "seats '0'"), ({"seats": "two"}, "seats 'two'"), ({"status": "maybe"}, "unknown status 'maybe'"),
    ({"price": "free"}, "price 'free' is not an amount"), ({"price": "-5"}, "price '-5'"), ({"price": "1.005"}, "price '1.005'"),
    ({"price": "NaN"}, "price 'NaN'"), ({"price": "1e3"}, "price '1e3'"), ({"paid": "80,00"}, "paid '80,00' is not an amount"),
    ({"paid": "1,00,000"}, "paid"), ({"price": "10.00", "paid": "50.00"}, "paid '50.00' is more than its price '10.00'"),
    ({"price": "9" * 15}, "price"), ({"booked_at": "once"}, "booking date 'once'"),
    ({"name": "x" * 2001}, "longer than 2000 characters"), ({"name": "a\x00b"}, "zero byte")])
def test_each_bad_cell_is_named(tmp_path, cells, reason):
    row = one(tmp_path, **cells)
    assert isinstance(row, BadRow) and row.line == 2
    assert reason in row.reason


@pytest.mark.parametrize(("text", "instant"), [
    ("March 10, 2027 10:00 AM", at(10, 15)), ("March 10, 2027 10:00am", at(10, 15)), ("2027-03-10 10:00", at(10, 15)),
    ("2027-03-10T10:00:00", at(10, 15)), ("2027-03-10T10:00:00-05:00", at(10, 15)), ("2027-03-10T15:00Z", at(10, 15)),
    ("03/10/2027 1:30 PM", at(10, 18, 30)), ("03/10/2027 13:30", at(10, 18, 30)), ("March 10, 2027 12:00 PM", at(10, 17)),
    ("March 10, 2027 12:00 AM", at(10, 5)), ("2027-07-10 10:00", at(10, 14, month=7)), ("2027-11-07 01:30", at(7, 5, 30, month=11))])
def test_times_are_understood(tmp_path, text, instant):
    assert one(tmp_path, starts_at=text).starts_at == instant


def test_an_offset_chooses_between_the_two_repeated_hours(tmp_path):
    rows = [one(tmp_path, starts_at=f"2027-11-07T01:30:00-0{hour}:00") for hour in (4, 5)]
    assert [row.starts_at for row in rows] == [at(7, 5, 30, month=11), at(7, 6, 30, month=11)]
    assert [(row.local_start, row.fold) for row in rows] == [(datetime(2027, 11, 7, 1, 30), 0), (datetime(2027, 11, 7, 1, 30), 1)]


@pytest.mark.parametrize(("text", "minor"), [("80", 8000), ("80.5", 8050), ("$80.00", 8000), ("1,250.50", 125050), ("€ 3", 300), ("0", 0)])
def test_amounts_are_understood(tmp_path, text, minor):
    assert one(tmp_path, price=text).price == minor


def test_lines_are_counted_as_an_editor_counts_them(tmp_path):
    """Quoted line breaks, empty lines, too few and too many cells."""
    short = "id,starts_at,duration_minutes,service,staff,name,notes\n"
    rows = read(tmp_path, short + '1,2027-03-10 10:00,60,M,E,Ada,"two\nlines"\n\n,,,,,,\n2,bad,60,M,E,Ada,\n3,2027-03-10 12:00,60,M,E\n'
                '4,2027-03-10 14:00,60,M,E,Bea,,,\r\n5,2027-03-10 14:00,60,M,E,Bea,x\n')
    assert [(row.line, row.reason if isinstance(row, BadRow) else row.external_id) for row in rows] == [
        (2, "1"), (6, "start 'bad' is not a date and time between 1990 and 2100"), (7, "has 5 columns where the header has 7"),
        (8, "has 9 columns where the header has 7"), (9, "5")]


def test_broken_quotes_spoil_one_record_at_most_to_the_next(tmp_path):
    short = "id,starts_at,duration_minutes,service,staff,name\n"
    rows = read(tmp_path, short + '1,"2027"-03-10 10:00,60,M,E,Ada\n2,2027-03-10 12:00,60,M,E,Bea\n3,2027-03-10 14:00,60,M,E,"Cem\n')
    assert [row.line for row in rows] == [2, 3, 4]
    assert [type(row) for row in rows] == [BadRow, ImportRow, BadRow]
    assert all(row.reason.startswith("not readable as CSV") for row in rows if isinstance(row, BadRow))


class TestFiles:
    def path(self, tmp_path: Path, content: bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        return path

    LINE = "1,2027-03-10 10:00,,60,,Massage,Elena Marsh,Zoë,,,,,,,\n"

    def test_a_byte_order_mark_is_no_part_of_the_first_column(self, world, tmp_path):
        path = self.path(tmp_path, b"\xef\xbb\xbf" + (HEADER + self.LINE).encode())
        assert import_bookings(world.store_id, path).imported == 1
        assert world.sql("select external_id, contact_name from bookings") == [("1", "Zoë")]

    @pytest.mark.parametrize(("content", "says"), [
        (b"", "empty"), (b"\n\n", "empty"), (b"\xff\xfea\x00,\x00", "not UTF-8"), ((HEADER + LINE).encode("latin-1"), "not UTF-8"),
        (HEADER.encode() + b"x" * 9000 + b"\xe9", "not UTF-8"), (b"%PDF-1.7\n%abc\n", "neither Acuity"), (b"a,b\n1,2\n", "neither Acuity"),
        (b'"id"x,starts_at,duration_minutes,service,staff\n', "header"),
        (b"starts_at,service,staff\n", "neither Acuity")])
    def test_a_file_that_cannot_be_read_is_refused_whole(self, world, tmp_path, content, says):
        with pytest.raises(FormatError, match=says):
            import_bookings(world.store_id, self.path(tmp_path, content))
        assert world.sql("select count(*) from bookings") == [(0,)]

    def test_a_header_alone_is_an_empty_import(self, world, tmp_path):
        report = import_bookings(world.store_id, self.path(tmp_path, HEADER.encode()))
        assert (report.imported, report.bad, report.created) == (0, [], {})

    def test_windows_line_ends_and_no_last_one(self, world, tmp_path):
        text = (HEADER + self.LINE + self.LINE.replace("1,", "2,", 1).replace("10:00", "12:00")).replace("\n", "\r\n").removesuffix("\r\n")
        assert import_bookings(world.store_id, self.path(tmp_path, text.encode())).imported == 2

    def test_unknown_formats_and_fields_are_named(self, world, tmp_path):
        path = self.path(tmp_path, HEADER.encode())
        with pytest.raises(FormatError, match="Unknown format 'calendly'. Formats: acuity, opencals"):
            import_bookings(world.store_id, path, format_name="calendly")
        with pytest.raises(FormatError, match="Unknown field start"):
            import_bookings(world.store_id, path, columns={"start": "starts_at"})
        with pytest.raises(FormatError, match="Missing in the file: staff"):
            import_bookings(world.store_id, path, format_name="opencals", columns={"staff": "Nobody"})

    def test_formats_are_found_by_their_columns(self):
        assert detect(["start time", " End Time", "Type", "Calendar"]).name == "acuity"
        assert detect(["starts_at", "ends_at", "service", "staff", "more"]).name == "opencals"


class TestCommand:
    @pytest.fixture
    def run(self, world, tmp_path):
        path = tmp_path / "in.csv"
        path.write_text(HEADER + "1,2027-03-10 10:00,,60,,Massage,Elena Marsh,Ada,,,,,,,\n"
                        '2,2027-03-10 12:00,,60,,Massage,Elena Marsh,Ada,,"5\' ""x""",,,,,\n')
        app = Flask("test")

        def call(*options: str):
            with app.app_context():
                return CliRunner().invoke(group, ["bookings", str(path), "--store", world.slug, *options])
        return call

    def test_it_says_what_it_did_and_writes_the_errors_as_csv(self, run, tmp_path):
        errors = tmp_path / "errors.csv"
        result = run("--errors", str(errors))
        assert result.exit_code == 0, result.output
        assert result.output.startswith("Imported 1 bookings; 0 were there already; 1 rows are bad (")
        rows = list(csv.reader(errors.open(newline=""), strict=True))
        assert rows[0] == ["line", "reason"] and rows[1][0] == "3"
        assert rows[1][1].startswith("phone") and '"x"' in rows[1][1] and len(rows) == 2

    def test_a_dry_run_says_would(self, run, world):
        assert run("--dry-run").output.startswith("Would import 1 bookings;")
        assert world.sql("select count(*) from bookings") == [(0,)]

    def test_wrong_options_end_with_an_error(self, run):
        for options in (["--map", "staff"], ["--map", "who=staff"], ["--format", "calendly"]):
            assert run(*options).exit_code != 0

    @pytest.mark.parametrize("dry", [[], ["--dry-run"]])
    @pytest.mark.parametrize(("options", "says"), [
        (["--status", "weird=nonsense"], "Unknown status nonsense. Statuses: cancelled, completed, confirmed, no_show, pending."),
        (["--region", "ZZ"], "ZZ is not a country such as BR."), (["--errors", "/nowhere/bad.csv"], "/nowhere/bad.csv: No such file or directory.")])
    def test_what_cannot_be_is_said_before_anything_is_written(self, run, world, options, says, dry):
        result = run(*options, *dry)
        assert (result.exit_code, result.output.strip()) == (1, f"Error: {says}")
        assert world.sql("select count(*) from bookings") == [(0,)]
