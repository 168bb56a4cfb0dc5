"""Stores of the suite: the same customer with 20 coming bookings in a store of 1 thousand, 100 thousand, 1 million bookings of many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import psycopg
from sqlalchemy import insert

from booking.actions.locations import create_location
from booking.actions.services import create_service
from booking.actions.staff import create_staff
from booking.actions.stores import create_store
from booking.rules.policy import DEFAULT
from models import policy_copy
from models.actor import SYSTEM
from models.base import new_id
from models.customer import Customer
from models.session import transaction

HOURS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
OPEN = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def administrator(owner_url: str) -> psycopg.Connection:
    """The server's own administrator: sees all stores and may do upkeep; the tables' owner sees no rows without a store."""
    return psycopg.connect(owner_url.replace("+psycopg", "").replace("opencals_owner", "postgres", 1), autocommit=True)


BOOKINGS_EACH = 40  # of a usual customer over the years: the server's idea of how many rows somebody has decides how it plans


@dataclass
class Shop:
    store_id: int
    slug: str
    customer_id: int
    service_id: int
    staff: list[int]


def make_shop(slug: str, owner_url: str, bookings: int, staff_count: int) -> Shop:
    """A store with `bookings` past and coming bookings spread over its staff, 20 of them coming for one customer."""
    store_id = create_store(SYSTEM, slug=slug, name=f"Bench {slug}", zone="America/New_York", currency="USD", email="shop@example.com")
    location = create_location(store_id, SYSTEM, name="Here", address="1 Main Street", zone="America/New_York").facts["id"]
    staff = [create_staff(store_id, SYSTEM, name=f"Staff {n:02d}", location_id=location, hours=HOURS).facts["id"] for n in range(staff_count)]
    service = create_service(store_id, SYSTEM, name="Hour", duration_s=3600, price=8000, staff=staff, horizon_days=365).facts["id"]
    with transaction(store_id, SYSTEM) as tx:
        policy = policy_copy.keep(tx, DEFAULT.to_json())
        customer, others = new_id(), [new_id() for _ in range(max(2, bookings // BOOKINGS_EACH))]
        tx.db.execute(insert(Customer), [
            {"store_id": store_id, "id": id, "name": name, "email": email, "email_canonical": email, "created_at": tx.now}
            for id, name, email in ((customer, "Ada Archer", "ada@example.com"), *((other, "Other", None) for other in others))])
        now = tx.now.replace(minute=0, second=0, microsecond=0)
    _fill(owner_url, store_id, service, staff, location, policy, customer, others, bookings, now)
    return Shop(store_id, slug, customer, service, staff)


def _fill(owner_url: str, store_id: int, service: int, staff: list[int], location: int, policy: int, customer: int, others: list[int],
          bookings: int, now) -> None:  # noqa: ANN001
    """Rows set by set, triggers off: measuring starts afterwards. Busy time is written as the triggers would."""
    per_staff = -(-bookings // len(staff))
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, true)", (str(store_id),))
        c.execute("alter table bookings disable trigger user")
        c.execute(
            """insert into bookings (store_id, id, ref, status, service_id, staff_id, location_id, customer_id, starts_at, ends_at, zone,
                 local_start, price, currency, policy_id, original_starts_at, contact_name, contact_email, contact_email_canonical,
                 closed_at, created_at, updated_at)
               select %(store)s, (random() * 4e18)::bigint, substr(md5(random()::text || s.n || i), 1, 12),
                 case when start < %(now)s then 'completed' else 'confirmed' end, %(service)s, s.id, %(location)s,
                 (%(others)s::bigint[])[1 + (s.n * %(count)s + i) %% cardinality(%(others)s::bigint[])], start,
                 start + interval '1 hour', 'America/New_York', start at time zone 'America/New_York', 8000, 'USD', %(policy)s, start, 'Other', null, null,
                 case when start < %(now)s then start + interval '1 hour' end, start - interval '9 days', start - interval '9 days'
               from unnest(%(staff)s::bigint[]) with ordinality as s(id, n), generate_series(1, %(count)s) as i,
                 lateral (select %(now)s::timestamptz + (i - %(count)s * 9 / 10) * interval '3 hours' as start) x
               where start <> %(now)s""",
            {"store": store_id, "now": now, "service": service, "location": location, "others": others, "policy": policy, "staff": staff,
             "count": per_staff})
        c.execute("update bookings set customer_id = %s, contact_name = 'Ada Archer', contact_email = 'ada@example.com',"
                  " contact_email_canonical = 'ada@example.com' where (store_id, id) in (select store_id, id from bookings"
                  " where store_id = %s and closed_at is null and starts_at > %s order by starts_at, id limit 20)", (customer, store_id, now + timedelta(hours=2)))
        c.execute("insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at)"
                  " select store_id, staff_id, 'booking', id, starts_at, ends_at from bookings where store_id = %s and closed_at is null", (store_id,))
        c.execute("alter table bookings enable trigger user")
        c.commit()
        c.autocommit = True
        c.execute("vacuum analyze bookings")
        c.execute("vacuum analyze occupancies")
