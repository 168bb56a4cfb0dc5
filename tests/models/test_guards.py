"""What the database itself refuses, whatever the code above it does (I1, I2, I3, I7, I63)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy import delete, insert, select, update

from models.actor import SYSTEM
from models.audit import AuditEntry
from models.base import new_id, new_ref
from models.booking import Booking
from models.class_session import ClassSession
from models.customer import Customer
from models.hold import Hold
from models.location import Location
from models.occupancy import Occupancy
from models.payment import Payment
from models.policy_copy import keep
from models.refund import Refund, RefundLine
from models.service import Service
from models.session import Database
from models.staff import Staff
from models.store import Store

NINE = datetime(2027, 3, 10, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Shop:
    """One store with one of everything, written row by row: these tests are about the rows."""

    def __init__(self, db: Database) -> None:
        self.db, self.store_id = db, new_id()
        self.location, self.service, self.staff, self.other_staff, self.customer = (new_id() for _ in range(5))
        with db.transaction(self.store_id, SYSTEM) as tx:
            at = {"store_id": self.store_id, "created_at": tx.now}
            tx.db.execute(insert(Store).values(**at, slug=f"s{self.store_id}", name="S", zone="UTC", currency="USD", policy={}))
            tx.db.execute(insert(Location).values(**at, id=self.location, name="L", zone="UTC"))
            tx.db.execute(insert(Service).values(**at, id=self.service, name="V", duration_s=3600, currency="USD"))
            for staff_id in (self.staff, self.other_staff):
                tx.db.execute(insert(Staff).values(**at, id=staff_id, name="P", location_id=self.location, hours={}))
            tx.db.execute(insert(Customer).values(**at, id=self.customer, name="C"))
            self.policy = keep(tx, {"a": 1})

    def tx(self):
        return self.db.transaction(self.store_id, SYSTEM)

    def book(self, starts_at=NINE, *, status="confirmed", staff=None, session=None, seats=1, **values) -> int:
        booking_id = new_id()
        with self.tx() as tx:
            tx.db.execute(insert(Booking).values(
                store_id=self.store_id, id=booking_id, ref=new_ref(), status=status, service_id=self.service,
                staff_id=staff or self.staff, location_id=self.location, customer_id=self.customer, session_id=session,
                starts_at=starts_at, ends_at=starts_at + HOUR, zone="UTC", local_start=starts_at.replace(tzinfo=None),
                seats=seats, currency="USD", policy_id=self.policy, original_starts_at=starts_at, created_at=tx.now,
                updated_at=tx.now, **values))
        return booking_id

    def change(self, booking_id: int, **values) -> None:
        with self.tx() as tx:
            tx.db.execute(update(Booking).where(Booking.id == booking_id).values(**values))

    def session(self, capacity=3) -> int:
        session_id = new_id()
        with self.tx() as tx:
            tx.db.execute(insert(ClassSession).values(
                store_id=self.store_id, id=session_id, service_id=self.service, staff_id=self.staff, location_id=self.location,
                starts_at=NINE, ends_at=NINE + HOUR, occupied_from=NINE, occupied_to=NINE + HOUR, capacity=capacity,
                created_at=tx.now))
        return session_id

    def one(self, column, *where):
        with self.db.reading(self.store_id) as tx:
            return tx.db.execute(select(column).where(*where)).scalar_one()

    def count(self, table) -> int:
        with self.db.reading(self.store_id) as tx:
            return len(tx.db.execute(select(table.store_id)).all())


@pytest.fixture
def shop(database_url) -> Shop:
    return Shop(Database(database_url))


def refused(kind):
    class Refused:
        def __enter__(self):
            self.raises = pytest.raises(DBAPIError)
            self.info = self.raises.__enter__()

        def __exit__(self, *args):
            handled = self.raises.__exit__(*args)
            assert isinstance(self.info.value.orig, kind), self.info.value
            return handled

    return Refused()


def test_one_staff_member_is_never_booked_twice(shop):
    shop.book()
    with refused(errors.ExclusionViolation):
        shop.book(NINE + HOUR / 2)
    shop.book(NINE + HOUR)
    shop.book(NINE, staff=shop.other_staff)


def test_buffers_count_as_busy(shop):
    shop.book(buffer_after_s=900)
    with refused(errors.ExclusionViolation):
        shop.book(NINE + HOUR)


@pytest.mark.parametrize("status", ["cancelled", "declined", "expired", "completed", "no_show"])
def test_closing_a_booking_frees_its_time_at_once(shop, status):
    booking = shop.book()
    shop.change(booking, status=status, closed_at=NINE)
    shop.book()
    assert shop.count(Occupancy) == 1


def test_a_move_frees_the_old_time_and_takes_the_new_one(shop):
    booking = shop.book()
    shop.change(booking, starts_at=NINE + 3 * HOUR, ends_at=NINE + 4 * HOUR)
    shop.book()
    with refused(errors.ExclusionViolation):
        shop.book(NINE + 3 * HOUR)


def test_a_move_may_overlap_its_own_old_time(shop):
    booking = shop.book()
    shop.change(booking, starts_at=NINE + HOUR / 2, ends_at=NINE + HOUR * 3 / 2)


def test_a_flagged_overlap_is_taken_but_opens_no_door_for_others(shop):
    shop.book()
    shop.book(overlap_ok=True, conflict=True)
    shop.change(shop.book(NINE + 5 * HOUR), overlap_ok=True)
    with refused(errors.ExclusionViolation):
        shop.book(NINE + 5 * HOUR)


def test_a_hold_keeps_a_time_and_letting_go_frees_it(shop):
    with shop.tx() as tx:
        tx.db.execute(insert(Hold).values(
            store_id=shop.store_id, id=new_id(), kind="checkout", service_id=shop.service, staff_id=shop.staff, owner="x",
            starts_at=NINE, ends_at=NINE + HOUR, expires_at=NINE, created_at=tx.now))
    with refused(errors.ExclusionViolation):
        shop.book()
    with shop.tx() as tx:
        tx.db.execute(delete(Hold))
    shop.book()


def test_a_class_never_takes_more_than_its_seats(shop):
    session = shop.session(capacity=3)
    first = shop.book(session=session, seats=2)
    with refused(errors.CheckViolation):
        shop.book(session=session, seats=2)
    shop.book(session=session, seats=1)
    shop.change(first, status="cancelled", closed_at=NINE)
    assert shop.one(ClassSession.seats_taken, ClassSession.id == session) == 1
    shop.change(shop.book(session=session), seats=2)
    assert shop.one(ClassSession.seats_taken, ClassSession.id == session) == 3


def test_parties_of_a_class_share_one_occupancy(shop):
    session = shop.session()
    shop.book(session=session)
    shop.book(session=session)
    assert shop.count(Occupancy) == 1
    with refused(errors.ExclusionViolation):
        shop.book()


def pay(shop, booking, amount) -> int:
    payment = new_id()
    with shop.tx() as tx:
        tx.db.execute(insert(Payment).values(store_id=shop.store_id, id=payment, booking_id=booking, amount=amount,
                                             currency="USD", method="card", captured_at=tx.now))
    return payment


def refund(shop, booking, payment, amount, cause="cancellation") -> None:
    refund_id = new_id()
    with shop.tx() as tx:
        tx.db.execute(insert(Refund).values(store_id=shop.store_id, id=refund_id, booking_id=booking, cause=cause,
                                            outcome="full", mode="manual", amount=amount, currency="USD", created_at=tx.now))
        tx.db.execute(insert(RefundLine).values(store_id=shop.store_id, id=new_id(), refund_id=refund_id, payment_id=payment,
                                                amount=amount))


def test_never_more_is_refunded_than_was_paid(shop):
    booking = shop.book(price=5000)
    payment = pay(shop, booking, 2500)
    refund(shop, booking, payment, 2000)
    with refused(errors.CheckViolation):
        refund(shop, booking, payment, 600, cause="goodwill")
    refund(shop, booking, payment, 500, cause="goodwill")
    assert shop.one(Booking.owed, Booking.id == booking) == 2500
    assert shop.one(Payment.refunded, Payment.id == payment) == 2500


def test_one_cancellation_has_one_refund(shop):
    booking = shop.book(price=5000)
    payment = pay(shop, booking, 2500)
    refund(shop, booking, payment, 100)
    with refused(errors.UniqueViolation):
        refund(shop, booking, payment, 100)


def test_a_settled_refund_moves_from_owed_to_refunded(shop):
    booking = shop.book(price=5000)
    refund(shop, booking, pay(shop, booking, 2500), 700)
    with shop.tx() as tx:
        tx.db.execute(update(Refund).where(Refund.booking_id == booking).values(state="succeeded"))
    assert (shop.one(Booking.owed, Booking.id == booking), shop.one(Booking.refunded, Booking.id == booking)) == (0, 700)


def test_a_payment_in_another_currency_is_refused(shop):
    booking = shop.book()
    with refused(errors.CheckViolation), shop.tx() as tx:
        tx.db.execute(insert(Payment).values(store_id=shop.store_id, id=new_id(), booking_id=booking, amount=1, currency="EUR",
                                             method="cash", captured_at=tx.now))


@pytest.mark.parametrize("statement", [update(AuditEntry).values(action="x"), delete(AuditEntry)])
def test_audit_entries_never_change(shop, statement):
    with shop.tx() as tx:
        tx.audit("something", subject="store", subject_id=shop.store_id)
    with refused(errors.InsufficientPrivilege), shop.tx() as tx:
        tx.db.execute(statement)


def test_the_audit_chain_shows_any_tampering(shop, owner_url):
    for number in range(5):
        with shop.tx() as tx:
            tx.audit("change", subject="store", subject_id=shop.store_id, number=number)
    with shop.db.reading(shop.store_id) as tx:
        assert tx.db.exec_driver_sql("select broken_audit_chain()").scalar() is None
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, true)", (str(shop.store_id),))
        c.execute("alter table audit_entries disable trigger audit_is_append_only")
        c.execute("update audit_entries set facts = '{\"number\": 99}' where chain = 3")
        c.execute("alter table audit_entries enable trigger audit_is_append_only")
        assert c.execute("select broken_audit_chain()").fetchone() == (3,)
        c.rollback()


def test_the_app_cannot_number_audit_entries_itself(shop):
    with refused(errors.InsufficientPrivilege), shop.tx() as tx:
        tx.db.execute(insert(AuditEntry).values(
            store_id=shop.store_id, at=tx.now, actor_kind="system", channel="api", action="x", subject="store", chain=7,
            previous=b"x", hash=b"x"))


def test_many_entries_at_once_continue_the_chain(shop):
    with shop.tx() as tx:
        tx.audit("first", subject="store")
    with shop.tx() as tx:
        tx.db.exec_driver_sql(
            "select append_audit(jsonb_build_array(jsonb_build_object('at', now(), 'actor_kind', 'system', 'channel', 'import',"
            " 'action', 'import_booking', 'subject', 'booking')))")
        tx.audit("last", subject="store")
    with shop.db.reading(shop.store_id) as tx:
        assert tx.db.execute(select(AuditEntry.action).order_by(AuditEntry.chain)).scalars().all() == [
            "first", "import_booking", "last"]
        assert tx.db.exec_driver_sql("select broken_audit_chain()").scalar() is None


@pytest.mark.parametrize("nouns", [{"pt": "terapeuta"}, {"de": ""}, {"de": "x" * 81}, {"de": 7}, {"de": None}, ["x"]])
def test_words_for_staff_are_of_shipped_languages(shop, nouns):
    """A94, R46."""
    with refused(errors.CheckViolation), shop.tx() as tx:
        tx.db.execute(update(Store).where(Store.store_id == tx.store_id).values(staff_nouns=nouns))
