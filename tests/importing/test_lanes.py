"""Two batches at once: what comes of a file is what one batch after the other makes of it."""

from __future__ import annotations

import csv
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from booking.actions.blocks import create_block
from booking.importing import lanes, run
from booking.importing.load import Loaded
from booking.importing.run import import_bookings
from tests.actions.test_reschedule import refused
from tests.importing.test_import import everything, reasons
from tests.support.world import MERCHANT, World, at


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@dataclass
class Watch:
    """Stands where the database would: how long a batch takes is chance, some rows are refused."""

    chance: random.Random
    lock: threading.Lock = field(default_factory=threading.Lock)
    running: list[list] = field(default_factory=list)
    most: int = 0
    order: list[int] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    def write(self, batch: list) -> Loaded:
        with self.lock:
            for other in self.running:
                assert not {d.row.staff for d in other} & {d.row.staff for d in batch}
                fresh = {d.person for d in batch} - self.made
                assert not fresh & {d.person for d in other}, "two lanes are at one new customer"
            self.running.append(batch)
            self.most = max(self.most, len(self.running))
            takes, kept = self.chance.random() / 500, [d for d in batch if self.chance.random() < 0.8]
        time.sleep(takes)
        with self.lock:
            self.running.remove(batch)
            self.order += [d.row.line for d in batch]
            self.made |= {d.person for d in kept}
        return Loaded(imported=len(kept), customers={d.person for d in kept})


def rows_of(chance: random.Random, count: int, staff: int, people: int) -> list:
    return [SimpleNamespace(line=n, external_id=str(n), staff=f"Staff {chance.randrange(staff)}", email_canonical=f"p{chance.randrange(people)}@example.com")
            for n in range(count)]


def drafts(rows) -> list:
    return [SimpleNamespace(row=row, person=row.email_canonical) for row in rows]


@pytest.mark.parametrize("seed", range(12))
def test_never_the_same_staff_or_new_customer_at_once_and_each_row_once(seed):
    chance = random.Random(seed)
    rows, watch, told = rows_of(chance, 400, chance.randint(2, 6), chance.choice((3, 40, 400))), Watch(chance), []
    lanes.write_in_lanes(rows, drafts, watch.write, lambda loaded, count: told.append(count), two=True, size=chance.choice((1, 7, 50)))
    assert sorted(watch.order) == list(range(400)) and sum(told) == 400
    for person in {row.staff for row in rows}:
        mine = [line for line in watch.order if rows[line].staff == person]
        assert mine == sorted(mine)
    first: dict[str, int] = {}
    for line in watch.order:
        first.setdefault(rows[line].email_canonical, line)
    earliest: dict[str, int] = {}
    for row in rows:
        earliest.setdefault(row.email_canonical, row.line)
    assert first == earliest, "a customer's first row is not the first that is written"


def test_the_lanes_do_run_at_once():
    watch = Watch(random.Random(1))
    lanes.write_in_lanes(rows_of(random.Random(1), 400, 4, 400), drafts, watch.write, lambda *_: None, two=True, size=50)
    assert watch.most == 2


@pytest.mark.parametrize("change", [{"email_canonical": None}, {"external_id": "7"}])
def test_where_only_the_order_decides_there_is_one(change):
    rows = rows_of(random.Random(2), 100, 4, 100)
    vars(rows[50]).update(change)
    assert len(lanes._two_lanes(rows)) == 1


def test_where_everybody_is_everybodys_customer_batches_stay_whole():
    """Customers who come to both lanes hold them up at first; then the rows of both are written as one, never a few at a time."""
    chance, told = random.Random(5), []
    rows, watch = rows_of(chance, 2_000, 4, 300), Watch(chance)
    lanes.write_in_lanes(rows, drafts, watch.write, lambda loaded, count: told.append(count), two=True, size=100)
    assert sum(count < 25 for count in told) <= 2 and watch.most == 2


def test_after_a_failure_nothing_more_begins():
    begun = []

    def fail(batch: list) -> Loaded:
        begun.append(batch)
        raise RuntimeError("no database")

    with pytest.raises(RuntimeError, match="no database"):
        lanes.write_in_lanes(rows_of(random.Random(3), 400, 4, 400), drafts, fail, lambda *_: None, two=True, size=20)
    assert len(begun) <= 3


class TestWithTheDatabase:
    COLUMNS = ("id", "starts_at", "duration_minutes", "service", "staff", "name", "email", "price", "paid", "notes")

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        monkeypatch.setattr(run, "BATCH", 25)

    @pytest.fixture
    def file(self, tmp_path) -> Path:
        """400 rows of 5 people and 60 customers, each often under another name; about a third overlap."""
        chance, path = random.Random(20), tmp_path / "in.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(self.COLUMNS)
            for n in range(400):
                start = datetime(2027, 3, 10, 9) + timedelta(days=n // 40, minutes=15 * chance.randrange(32))
                who = chance.randrange(60)
                out.writerow([n, f"{start:%Y-%m-%d %H:%M}", chance.choice((15, 30, 45)), f"Service {chance.randrange(3)}", f"Staff {chance.randrange(5)}",
                              f"Name {who} \\ {n}", f"p{who}@example.com", "20.00", "5.00" if n % 7 == 0 else "", 'a\ttab, a "quote" and\nlines\\.'])
        return path

    def facts(self, world: World) -> list:
        return world.sql("select b.external_id, b.status, b.conflict, b.starts_at, b.notes, b.price, b.paid, c.name, c.email, s.name staff, b.contact_name from bookings b"
                         " join customers c on c.store_id = b.store_id and c.id = b.customer_id join staff s on s.store_id = b.store_id and s.id = b.staff_id"
                         " order by b.external_id")

    @pytest.mark.parametrize("flag", [False, True])
    def test_the_result_is_that_of_one_lane(self, world, owner_url, file, flag):
        other, steps = World(owner_url), []
        both = import_bookings(world.store_id, file, flag_overlaps=flag, progress=lambda *step: steps.append(step))
        one = import_bookings(other.store_id, file, flag_overlaps=flag, at_once=False)
        assert (both.imported, both.flagged, both.created) == (one.imported, one.flagged, one.created)
        assert [line for line, _ in reasons(both)] == [line for line, _ in reasons(one)]
        assert (both.imported == 400) == flag and (both.flagged or len(both.bad)) > 20
        assert self.facts(world) == self.facts(other)
        assert everything(world) == everything(other)
        assert world.sql("select broken_audit_chain()") == [(None,)]
        assert [done for _, done, _ in steps[1:]] == sorted(done for _, done, _ in steps[1:]) and steps[-1] == ("imported", 400, 400)
        again = import_bookings(world.store_id, file, flag_overlaps=flag)
        assert (again.imported, again.known) == (0, both.imported)

    def test_a_batch_that_fails_leaves_whole_batches_and_a_repeat_does_the_rest(self, world, file, monkeypatch):
        """What the database refuses undoes that batch alone; what the other lane has written stays."""
        create_block(world.store_id, MERCHANT, staff_id=world.elena, starts_at=at(18, 9), ends_at=at(18, 23))
        text = file.read_text(encoding="utf-8").replace("Staff 4", "Elena Marsh")
        file.write_text(text, encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr("booking.importing.load._Busy.meets", lambda *_: None)
            refused("slot_taken", import_bookings, world.store_id, file)
        assert world.sql("select count(*) from bookings b where not exists (select 1 from audit_entries a where a.booking_id = b.id)") == [(0,)]
        left = world.sql("select count(*) from bookings")[0][0]
        report = import_bookings(world.store_id, file)
        assert report.known == left and report.imported + report.known + len(report.bad) == 400
