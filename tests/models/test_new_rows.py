"""What follows new rows is done once a statement, and only by the database's own triggers (I1, I4, R40)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from psycopg import errors
from sqlalchemy import delete, insert, select

from models.base import new_id
from models.booking import Booking
from models.customer_words import CustomerWord, matching
from models.occupancy import Occupancy
from models.reminder import Reminder
from models.session import Database
from models.staff import Staff
from tests.models.test_guards import HOUR, NINE, Shop, refused


@pytest.fixture
def shop(database_url) -> Shop:
    return Shop(Database(database_url))


def block(shop: Shop, *spans: tuple[datetime, datetime, bool], staff: int | None = None) -> None:
    """Blocks in one statement, in this order; the third says whether it may overlap."""
    with shop.tx() as tx:
        tx.db.execute(insert(Occupancy).values([
            {"store_id": shop.store_id, "staff_id": staff or shop.staff, "kind": "block", "source_id": new_id(), "starts_at": start, "ends_at": end,
             "overlap_ok": flagged} for start, end, flagged in spans]))


class TestOverlapsOfOneStatement:
    def test_a_flagged_row_may_come_after_the_row_it_meets(self, shop):
        block(shop, (NINE, NINE + HOUR, False), (NINE, NINE + HOUR, True))
        assert shop.count(Occupancy) == 2

    def test_but_nothing_comes_after_a_flagged_row(self, shop):
        with refused(errors.ExclusionViolation):
            block(shop, (NINE, NINE + HOUR, True), (NINE, NINE + HOUR, False))
        assert shop.count(Occupancy) == 0

    def test_nor_into_one_that_was_there_before(self, shop):
        block(shop, (NINE, NINE + HOUR, True))
        with refused(errors.ExclusionViolation):
            block(shop, (NINE - HOUR, NINE, False), (NINE + HOUR / 2, NINE + 2 * HOUR, False))
        block(shop, (NINE - HOUR, NINE, False), (NINE + HOUR, NINE + 2 * HOUR, False))

    def test_two_rows_of_one_statement_do_not_overlap(self, shop):
        with refused(errors.ExclusionViolation):
            block(shop, (NINE, NINE + HOUR, False), (NINE + HOUR / 2, NINE + 2 * HOUR, False))


class TestWhereTheConstraintLooks:
    """Its index sorts by a box of half the person's id and microseconds: exact all the same."""

    @pytest.mark.parametrize("at", [datetime(1990, 1, 1, tzinfo=NINE.tzinfo), NINE, datetime(2099, 12, 31, 23, tzinfo=NINE.tzinfo)])
    def test_to_the_microsecond(self, shop, at):
        least = timedelta(microseconds=1)
        block(shop, (at, at + HOUR, False))
        block(shop, (at + HOUR, at + 2 * HOUR, False), (at - HOUR, at, False), (at + 2 * HOUR, at + 2 * HOUR + least, False))
        for start, end in ((at + HOUR - least, at + HOUR), (at, at + least), (at - 2 * HOUR, at - HOUR + least), (at + 2 * HOUR, at + 3 * HOUR)):
            with refused(errors.ExclusionViolation):
                block(shop, (start, end, False))

    def test_people_whose_ids_differ_in_one_bit_are_two(self, shop):
        ids = (shop.staff, shop.staff ^ 1, shop.staff ^ 1 << 30, shop.staff ^ 1 << 31)
        with shop.tx() as tx:
            for staff_id in ids[1:]:
                tx.db.execute(insert(Staff).values(store_id=shop.store_id, created_at=tx.now, id=staff_id, name="P", location_id=shop.location, hours={}))
        for staff_id in ids:
            block(shop, (NINE, NINE + HOUR, False), staff=staff_id)
        for staff_id in ids:
            with refused(errors.ExclusionViolation):
                block(shop, (NINE, NINE + HOUR, False), staff=staff_id)


class TestWhatIsDerived:
    def test_only_triggers_write_reminders(self, shop):
        booking_id = shop.book(datetime(2090, 1, 1, tzinfo=NINE.tzinfo))
        assert shop.count(Reminder) == 3
        for statement in (delete(Reminder), insert(Reminder).values(
                store_id=shop.store_id, booking_id=new_id(), kind="feedback", lead_s=0, starts_at=NINE, due_at=NINE, since=NINE)):
            with refused(errors.InsufficientPrivilege), shop.tx() as tx:
                tx.db.execute(statement)
        with shop.tx() as tx:
            tx.db.execute(delete(Booking).where(Booking.id == booking_id))
        assert shop.count(Reminder) == 0

    def test_only_triggers_write_words(self, shop):
        with shop.db.reading(shop.store_id) as tx:
            assert matching(tx, "c") == [shop.customer]
        for statement in (delete(CustomerWord), insert(CustomerWord).values(store_id=shop.store_id, word="x", customer_id=new_id())):
            with refused(errors.InsufficientPrivilege), shop.tx() as tx:
                tx.db.execute(statement)
        with shop.tx() as tx:
            tx.db.exec_driver_sql("delete from customers")
        assert shop.count(CustomerWord) == 0

    def test_another_store_keeps_its_own(self, shop, database_url):
        other = Shop(Database(database_url))
        other.book(datetime(2090, 1, 1, tzinfo=NINE.tzinfo))
        booking_id = shop.book(datetime(2090, 1, 1, tzinfo=NINE.tzinfo))
        with shop.tx() as tx:
            tx.db.execute(delete(Booking).where(Booking.id == booking_id))
            tx.db.exec_driver_sql("delete from customers")
        assert (other.count(Reminder), other.count(CustomerWord)) == (3, 1)
        with shop.db.reading(shop.store_id) as tx:
            assert tx.db.execute(select(Reminder.booking_id)).all() == []
