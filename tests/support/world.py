"""A shop to test in, made through the real actions, and a clock to set."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta

import psycopg
from sqlalchemy import func, select, update

from booking.actions.create_booking import create_booking
from booking.actions.locations import create_location
from booking.actions.payment_accounts import connect_account
from booking.actions.people import Person
from booking.actions.services import create_service
from booking.actions.sessions import create_session
from booking.actions.staff import create_staff
from booking.actions.stores import create_store
from models.actor import SYSTEM, Actor
from models.booking_summary import BookingSummary, find
from models.customer import Customer
from models.outbox import OutboxRow
from models.payment import Payment
from models.session import reading, transaction

MERCHANT = Actor("token", "api")
OPEN = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


class _Clock:
    """The clock of the database in use, over one connection kept for its owner: a test sets it several times."""

    def __init__(self) -> None:
        self.url, self.owner = "", None
        self.lock = threading.Lock()

    def set(self, url: str, body: str) -> None:
        with self.lock:
            try:
                self._write(url, body)
            except psycopg.OperationalError:  # the server ended the connection, as some tests have it do
                self.url = ""
                self._write(url, body)

    def _write(self, url: str, body: str) -> None:
        if self.owner is None or self.url != url:
            if self.owner is not None:
                self.owner.close()
            self.owner, self.url = psycopg.connect(url.replace("+psycopg", ""), autocommit=True), url
        # Written only when it changes: a new function makes every session plan its statements anew.
        if self.owner.execute("select btrim(prosrc) from pg_proc where proname = 'opencals_now'").fetchone()[0] != body:
            self.owner.execute(f"create or replace function opencals_now() returns timestamptz language sql stable as $$ {body} $$")


_clock = _Clock()


def set_clock(owner_url: str, now: datetime | None) -> None:
    """Stop the database's clock at `now` (all transactions see it), or let it run again."""
    _clock.set(owner_url, "select transaction_timestamp()" if now is None else f"select timestamptz '{now.isoformat()}'")


class World:
    """One store in Brooklyn with one location, two people and one service of an hour at $80; more on request."""

    def __init__(self, owner_url: str, *, zone: str = "America/New_York", now: datetime = NOW, **store) -> None:
        self.owner_url = owner_url
        self.set_clock(now)
        self.slug = f"shop{next(_numbers)}"
        self.store_id = create_store(SYSTEM, slug=self.slug, name="Harbor Massage", zone=zone, currency="USD",
                                     email="shop@example.com", phone="+12125550142", **store)
        self.location = create_location(self.store_id, MERCHANT, name="Harbor Street", address="48 Harbor Street", zone=zone).facts["id"]
        self.elena, self.tom = (self.staff(name) for name in ("Elena Marsh", "Tom Okonkwo"))
        self.service = self.add_service("Massage")

    def set_clock(self, now: datetime | None) -> None:
        self.now = now
        set_clock(self.owner_url, now)

    def staff(self, name: str, **values) -> int:
        return create_staff(self.store_id, MERCHANT, **({"name": name, "location_id": self.location, "hours": OPEN,
                            "email": f"{name.split()[0].lower()}@example.com"} | values)).facts["id"]

    def add_service(self, name: str, *, staff: list[int] | None = None, **values) -> int:
        return create_service(self.store_id, MERCHANT, staff=[self.elena, self.tom] if staff is None else staff,
                              **({"name": name, "duration_s": 3600, "price": 8000} | values)).facts["id"]

    def session(self, service_id: int, starts_at: datetime, capacity: int = 3) -> int:
        return create_session(self.store_id, MERCHANT, service_id=service_id, staff_id=self.elena, starts_at=starts_at,
                              capacity=capacity).facts["id"]

    def book(self, starts_at: datetime, *, email: str = "ada@example.com", by: Actor = MERCHANT, paid: int = 0, method: str = "card",
             service: int | None = None, staff: int | None = None, **more) -> BookingSummary:
        return create_booking(
            self.store_id, by, service_id=service or self.service, starts_at=starts_at,
            staff_id=staff or (self.elena if service is None else None), person=Person("Ada Archer", email, "+12125550101"),
            payments=[{"amount": paid, "method": method}] if paid else [], **more).booking

    def take_cards(self) -> None:
        """The shop has an account at the provider, which took the card payments there are: money can go back to those cards."""
        connect_account(self.store_id, SYSTEM, f"acct_{self.slug}")
        with transaction(self.store_id, SYSTEM) as tx:
            tx.db.execute(update(Payment).where(Payment.store_id == self.store_id, Payment.method == "card", Payment.provider_ref.is_(None)).values(
                provider_ref=func.concat("pi_", Payment.id)))
            tx.audit("record_payment", subject="store", subject_id=self.store_id)

    def read(self, ref: str) -> BookingSummary:
        with reading(self.store_id) as tx:
            return find(tx, ref)

    def customer(self, b: BookingSummary) -> Actor:
        return Actor("customer", "account", b.customer_id)

    def holder(self, b: BookingSummary) -> Actor:
        return Actor("link", "link", b.id)

    def outbox(self, *topics: str, channel: str = "email") -> list:
        with reading(self.store_id) as tx:
            rows = tx.db.execute(select(OutboxRow).where(OutboxRow.channel == channel).order_by(OutboxRow.id)).all()
        return [row for row in rows if not topics or row.topic in topics]

    def customers(self) -> int:
        with reading(self.store_id) as tx:
            return tx.db.execute(select(func.count()).select_from(Customer)).scalar_one()

    def sql(self, statement: str, *values):  # noqa: ANN201
        with reading(self.store_id) as tx:
            return tx.db.exec_driver_sql(statement, values).all()


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """An instant of 2027 in UTC; New York is 5 hours behind until March 14."""
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


def hours(n: float) -> timedelta:
    return timedelta(hours=n)
