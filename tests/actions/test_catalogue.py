"""What a shop sets up: stores, locations, services, staff, time off, customers (R2, R13, A116)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from booking.access_tokens import parse
from booking.actions.action import action
from booking.actions.approve_booking import approve_booking
from booking.actions.blocks import create_block, delete_block, update_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.catalogue import uses
from booking.actions.customers import create_customer, delete_customer, update_customer
from booking.actions.hold_slot import hold_slot, release_hold
from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.locations import create_location, delete_location, update_location
from booking.actions.mark_booking import arrive_booking
from booking.actions.people import Person
from booking.actions.services import create_service, delete_service, update_service
from booking.actions.sessions import create_session, create_sessions, delete_session
from booking.actions.staff import create_staff, delete_staff, update_staff
from booking.actions.stores import create_store, create_user, update_store
from booking.actions.tokens import create_token
from booking.offers import find_offer
from models.actor import SYSTEM, Actor
from models.class_session import ClassSession
from models.customer import Customer
from models.location import Location
from models.service import Service
from models.session import reading
from models.staff import Staff, StaffService
from tests.actions.test_reschedule import refused
from tests.actions.test_slots import accepted, shown
from tests.support.world import MERCHANT, OPEN, World, at

GUEST = Actor("customer", "account")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def wrong(call, *args, **kwargs) -> list[str]:
    """The fields a refusal names."""
    return [error["field"] for error in refused("invalid", call, *args, **kwargs).facts["errors"]]


def offer(world: World, service: int):
    with reading(world.store_id) as tx:
        return find_offer(tx, service)


def audit(world: World) -> list[str]:
    return [row.action for row in world.sql("select action from audit_entries order by chain")]


class TestStores:
    VALUES = {"slug": "cove", "name": "Cove", "zone": "Europe/Berlin", "currency": "EUR"}

    @pytest.mark.parametrize(("values", "field"), [
        ({"slug": "Cove"}, "slug"), ({"slug": ""}, "slug"), ({"slug": "a" * 64}, "slug"), ({"zone": "CET"}, "zone"),
        ({"zone": "Europe/Atlantis"}, "zone"), ({"currency": "eur"}, "currency"), ({"name": "  "}, "name"), ({"accent": "green"}, "accent"),
        ({"policy": {"cancel": {"notice": "soon"}}}, "policy.cancel.notice")])
    def test_bad_input_is_named(self, db, values, field):
        assert wrong(create_store, SYSTEM, **(self.VALUES | values)) == [field]

    def test_a_name_is_given_once(self, db):
        create_store(SYSTEM, **self.VALUES | {"slug": "only-one"})
        assert wrong(create_store, SYSTEM, **self.VALUES | {"slug": "only-one"}) == ["slug"]

    def test_changes_and_what_never_changes(self, world):
        update_store(world.store_id, MERCHANT, name="Harbor  Spa", accent="#1f5c4d", reschedule=False)
        assert world.sql("select name, accent, reschedule, version from stores") == [("Harbor Spa", "#1f5c4d", False, 2)]
        for field, value in (("slug", "x"), ("kind", "shopify"), ("currency", "EUR")):
            assert wrong(update_store, world.store_id, MERCHANT, **{field: value}) == [field]

    def test_the_switches_reach_open_bookings_at_once(self, world):
        b = world.book(at(10, 15))
        update_store(world.store_id, MERCHANT, cancel=False)
        refused("not_allowed", cancel_booking, world.store_id, world.customer(b), b.ref)

    def test_a_token_is_shown_once_and_kept_as_a_hash(self, world):
        made = create_token(world.store_id, MERCHANT, "till").facts
        assert parse(made["token"])[0] == world.store_id
        assert world.sql("select count(*) from merchant_tokens where secret_hash = %s", made["token"]) == [(0,)]
        assert world.sql("select id from merchant_tokens where label = 'till'") == [(made["id"],)]

    def test_people_of_the_shop_get_its_notices(self, world):
        create_user(world.store_id, MERCHANT, email="Maya@Example.com", name="Maya")
        world.book(at(10, 15), by=GUEST)
        assert "maya@example.com" in [row.recipient for row in world.outbox("merchant_booking_created")]


class TestLocations:
    def test_the_zone_stays_once_bookings_are_made_there(self, world):
        update_location(world.store_id, MERCHANT, world.location, zone="Europe/Berlin", name="Kai")
        update_location(world.store_id, MERCHANT, world.location, zone="America/New_York")
        world.book(at(10, 15))
        assert wrong(update_location, world.store_id, MERCHANT, world.location, zone="Europe/Berlin") == ["zone"]
        update_location(world.store_id, MERCHANT, world.location, name="Pier")

    def test_bad_input_is_named(self, world):
        assert wrong(create_location, world.store_id, MERCHANT) == ["name", "zone"]
        assert wrong(create_location, world.store_id, MERCHANT, name="X", zone="EST", address="a" * 401) == ["address", "zone"]
        refused("not_found", update_location, world.store_id, MERCHANT, 1, name="X")

    def test_an_unused_one_goes_a_used_one_is_kept_inactive(self, world):
        spare = create_location(world.store_id, MERCHANT, name="Spare", zone="UTC").facts["id"]
        for location in (spare, world.location):
            delete_location(world.store_id, MERCHANT, location)
        assert world.sql("select name, active from locations") == [("Harbor Street", False)]
        refused("not_found", delete_location, world.store_id, MERCHANT, spare)


class TestServices:
    @pytest.mark.parametrize(("values", "field"), [
        ({"duration_s": 0}, "duration_s"), ({"duration_s": 3601}, "duration_s"), ({"step_s": 90}, "step_s"), ({"buffer_after_s": -1}, "buffer_after_s"),
        ({"horizon_days": 0}, "horizon_days"), ({"capacity": 0}, "capacity"), ({"price": -1}, "price"), ({"lead_time_s": -1}, "lead_time_s"),
        ({"currency": "US"}, "currency"), ({"location_id": 1}, "location"), ({"staff": [1]}, "staff"), ({"name": ""}, "name"),
        ({"policy": {"approval": "maybe"}}, "policy.approval")])
    def test_bad_input_is_named(self, world, values, field):
        assert wrong(create_service, world.store_id, MERCHANT, **({"name": "X", "duration_s": 3600} | values)) == [field]
        assert wrong(update_service, world.store_id, MERCHANT, world.service, **values) == [field]

    def test_what_is_left_out_is_named_too(self, world):
        assert wrong(create_service, world.store_id, MERCHANT) == ["name", "duration_s"]

    def test_new_ones_inherit_the_shops_switches_and_currency(self, world):
        row = world.sql("select self_service, reschedule, cancel, currency, policy from services")[0]
        assert tuple(row) == ("inherit", "inherit", "inherit", "USD", None)

    def test_who_gives_it_is_replaced_as_a_whole(self, world):
        update_service(world.store_id, MERCHANT, world.service, staff=[world.tom, world.tom])
        assert [person.id for person in offer(world, world.service).staff] == [world.tom]
        update_service(world.store_id, MERCHANT, world.service, price=9000)
        assert [person.id for person in offer(world, world.service).staff] == [world.tom]

    def test_a_service_of_one_place_is_given_by_people_there(self, world):
        elsewhere = create_location(world.store_id, MERCHANT, name="Elsewhere", zone="America/New_York").facts["id"]
        update_service(world.store_id, MERCHANT, world.service, location_id=elsewhere)
        assert offer(world, world.service).staff == ()
        update_staff(world.store_id, MERCHANT, world.tom, location_id=elsewhere)
        assert [person.id for person in offer(world, world.service).staff] == [world.tom]

    def test_deleting_keeps_what_history_needs(self, world):
        fresh = world.add_service("Fresh")
        b = world.book(at(10, 15))
        for service in (fresh, world.service):
            delete_service(world.store_id, MERCHANT, service)
        assert world.sql("select id, active from services") == [(world.service, False)]
        assert world.read(b.ref).service_name == "Massage"
        assert offer(world, fresh) is None


class TestStaff:
    @pytest.mark.parametrize(("values", "field"), [
        ({"hours": {"mon": [["17:00", "09:00"]]}}, "hours"), ({"hours": {"monday": []}}, "hours"), ({"hours": {"mon": [["9:00", "17:00"]]}}, "hours"),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "hours"), ({"hours": []}, "hours"), ({"location_id": 1}, "location"),
        ({"location_id": None}, "location"), ({"services": [1]}, "services"), ({"name": " "}, "name")])
    def test_bad_input_is_named(self, world, values, field):
        assert wrong(create_staff, world.store_id, MERCHANT, **({"name": "X", "location_id": world.location} | values)) == [field]
        assert wrong(update_staff, world.store_id, MERCHANT, world.tom, **values) == [field]

    def test_what_is_left_out_is_named_too(self, world):
        assert wrong(create_staff, world.store_id, MERCHANT) == ["name", "location"]

    def test_new_hours_count_at_once_and_bookings_stay(self, world):
        b = world.book(at(10, 15))
        update_staff(world.store_id, MERCHANT, world.elena, hours=OPEN | {"wed": [["13:00", "14:00"]]})
        assert set(shown(world, world.service, date(2027, 3, 10), date(2027, 3, 10), staff_id=world.elena)) == {at(10, 18)}
        assert world.read(b.ref) == b

    def test_deleting_keeps_what_history_needs(self, world):
        fresh = world.staff("Fresh", services=[world.service])
        b = world.book(at(10, 15))
        for person in (fresh, world.elena):
            delete_staff(world.store_id, MERCHANT, person)
        assert {row.id: row.active for row in world.sql("select id, active from staff")} == {world.elena: False, world.tom: True}
        assert world.read(b.ref).staff_name == "Elena Marsh"
        assert [person.id for person in offer(world, world.service).staff] == [world.tom]

    def test_a_new_colleague_is_off_when_the_location_is(self, world):
        """Also where two blocks of the location lie over each other."""
        for start, override in ((at(10, 14), False), (at(10, 16), True)):
            create_block(world.store_id, MERCHANT, location_id=world.location, starts_at=start, ends_at=at(10, 20), override=override)
        ida = world.staff("Ida", services=[world.service])
        assert min(shown(world, world.service, date(2027, 3, 10), date(2027, 3, 10), staff_id=ida)) == at(10, 20)

    def test_who_moves_house_follows_the_blocks_of_the_new_one(self, world):
        there = create_location(world.store_id, MERCHANT, name="There", zone="America/New_York").facts["id"]
        b = world.book(at(11, 15))
        create_block(world.store_id, MERCHANT, location_id=world.location, starts_at=at(10, 5), ends_at=at(11, 5))
        create_block(world.store_id, MERCHANT, location_id=there, starts_at=at(11, 5), ends_at=at(12, 5))
        update_staff(world.store_id, MERCHANT, world.elena, location_id=there)
        assert {start.day for start in shown(world, world.service, date(2027, 3, 10), date(2027, 3, 12), staff_id=world.elena)} == {10, 12}
        assert world.read(b.ref).starts_at == at(11, 15)
        update_staff(world.store_id, MERCHANT, world.elena, location_id=world.location)
        assert {start.day for start in shown(world, world.service, date(2027, 3, 10), date(2027, 3, 12), staff_id=world.elena)} == {11, 12}


class TestTimeOff:
    def add(self, world, start, end, **more):
        given = more if "location_id" in more else {"staff_id": world.elena} | more
        return create_block(world.store_id, MERCHANT, starts_at=start, ends_at=end, **given).facts["id"]

    def test_bookings_in_it_are_named_and_stay(self, world):
        b = world.book(at(10, 15))
        assert refused("slot_taken", self.add, world, at(10, 15, 30), at(10, 18)).facts == {"bookings": [b.ref]}
        self.add(world, at(10, 16), at(10, 18))
        self.add(world, at(10, 14), at(10, 15))
        assert world.sql("select count(*) from blocks") == [(2,)]

    def test_a_place_where_the_person_does_not_work_is_refused(self, world):
        there = create_location(world.store_id, MERCHANT, name="There", zone="America/New_York").facts["id"]
        for place in (there, 1):
            assert refused("invalid", create_block, world.store_id, MERCHANT, staff_id=world.elena, location_id=place, starts_at=at(10, 15),
                           ends_at=at(10, 16)).facts["errors"] == [{"field": "location", "problem": "is not where this person works"}]
        block = create_block(world.store_id, MERCHANT, staff_id=world.elena, location_id=world.location, starts_at=at(10, 15), ends_at=at(10, 16)).facts["id"]
        update_staff(world.store_id, MERCHANT, world.elena, location_id=there)
        update_block(world.store_id, MERCHANT, block, reason="Dentist")
        assert world.sql("select location_id, reason from blocks") == [(there, "Dentist")]

    def test_override_lays_it_over_and_the_booking_lives_on(self, world):
        """What stood there before may still be checked in or approved; nothing new goes under it."""
        asked = world.book(at(10, 17), service=world.add_service("Asked", policy={"approval": "manual"}), staff=world.elena, by=GUEST)
        b = world.book(at(10, 15))
        self.add(world, at(10, 14), at(10, 20), override=True)
        assert arrive_booking(world.store_id, MERCHANT, b.ref).booking.status == "arrived"
        assert approve_booking(world.store_id, MERCHANT, asked.ref).booking.status == "confirmed"
        assert accepted(world, world.service, [at(10, 14), at(10, 16), at(10, 20)], world.elena) == {at(10, 20)}
        cancel_booking(world.store_id, MERCHANT, asked.ref)
        refused("slot_taken", world.book, at(10, 17))

    def test_the_first_of_two_overlapping_bookings_lives_on_too(self, world):
        first, second = world.book(at(10, 15)), world.book(at(10, 15, 30), override=True)
        for b in (first, second):
            assert arrive_booking(world.store_id, MERCHANT, b.ref).booking.status == "arrived"

    def test_other_time_off_is_named(self, world):
        self.add(world, at(10, 14), at(10, 18))
        assert refused("slot_taken", self.add, world, at(10, 16), at(10, 20)).facts == {"bookings": ["block"]}
        self.add(world, at(10, 16), at(10, 20), override=True)

    def test_weeks_off_are_busy_all_along(self, world):
        self.add(world, at(5, 12), at(26, 12))
        assert shown(world, world.service, date(2027, 3, 5), date(2027, 3, 25), staff_id=world.elena) == {}
        assert accepted(world, world.service, [at(day, 15) for day in range(5, 26)], world.elena) == set()

    def test_moving_it_frees_the_old_time_and_keeps_its_name(self, world):
        block = self.add(world, at(10, 14), at(10, 18), reason="Dentist")
        moved = update_block(world.store_id, MERCHANT, block, starts_at=at(10, 16), ends_at=at(10, 19)).facts["id"]
        assert moved == block
        assert world.sql("select id, starts_at, ends_at, reason from blocks") == [(block, at(10, 16), at(10, 19), "Dentist")]
        assert accepted(world, world.service, [at(10, 14), at(10, 16), at(10, 18)], world.elena) == {at(10, 14)}

    def test_a_move_onto_a_booking_changes_nothing(self, world):
        block = self.add(world, at(10, 14), at(10, 16))
        world.book(at(10, 18))
        refused("slot_taken", update_block, world.store_id, MERCHANT, block, ends_at=at(10, 19))
        assert accepted(world, world.service, [at(10, 15), at(10, 16)], world.elena) == {at(10, 16)}

    def test_removing_it_frees_the_time(self, world):
        block = self.add(world, at(10, 14), at(14, 16), location_id=world.location)
        delete_block(world.store_id, MERCHANT, block)
        assert world.sql("select count(*) from occupancies") == [(0,)]
        for call in (delete_block, update_block):
            refused("not_found", call, world.store_id, MERCHANT, block)

    def test_bad_input_is_named(self, world):
        assert wrong(self.add, world, at(10, 14), at(10, 14)) == ["ends_at"]
        assert wrong(self.add, world, at(10, 14), at(10, 14) + timedelta(days=367)) == ["ends_at"]
        assert wrong(self.add, world, at(10, 14), at(10, 15), reason="x" * 401) == ["reason"]
        assert wrong(self.add, world, at(10, 14), at(10, 15), staff_id=1) == ["staff"]
        assert wrong(self.add, world, at(10, 14), at(10, 15), location_id=None) == ["location"]


class TestCustomers:
    def test_a_changed_address_has_to_be_proven_again(self, world):
        customer = create_customer(world.store_id, MERCHANT, Person("Ada", "Ada@Example.com", "+12125550101")).facts["id"]
        update_customer(world.store_id, MERCHANT, customer, Person("Ada B", "ada.b@example.com"), {"email", "name"})
        assert world.sql("select name, email_canonical, phone, email_verified_at from customers") == [
            ("Ada B", "ada.b@example.com", "+12125550101", None)]
        assert wrong(update_customer, world.store_id, MERCHANT, customer, Person("A", "ada"), {"email"}) == ["email"]
        refused("not_found", update_customer, world.store_id, MERCHANT, 1, Person("A"), {"name"})


def test_every_change_is_on_record_and_shops_see_only_their_own(world, owner_url):
    made = ["create_store", "create_location", "create_staff", "create_staff", "create_service"]
    assert audit(world) == made
    other = World(owner_url)
    for call, row in ((update_service, world.service), (update_staff, world.tom), (update_location, world.location)):
        refused("not_found", call, other.store_id, MERCHANT, row, name="Mine now")
    assert wrong(create_staff, other.store_id, MERCHANT, name="X", location_id=world.location) == ["location"]
    assert wrong(create_service, other.store_id, MERCHANT, name="X", duration_s=60, staff=[world.tom]) == ["staff"]
    update_service(world.store_id, MERCHANT, world.service, price=1)
    assert (audit(world), audit(other)) == ([*made, "update_service"], made)


class TestRemoval:
    """What other rows refer to is refused or kept inactive in words; the database's foreign keys are never met as a failure."""

    def test_the_list_of_uses_is_the_databases_own(self, world):
        rows = world.sql("select conrelid::regclass::text, confrelid::regclass::text from pg_constraint where contype = 'f' and confdeltype = 'a'")
        for table in (Staff, Service, Location, ClassSession, Customer):
            assert {r for r, to in rows if to == table.__tablename__} == {column.table.name for column in uses(table)}

    def test_a_date_held_at_checkout_stays_until_the_hold_is_over(self, world):
        yoga = world.add_service("Yoga", capacity=3, staff=[world.elena])
        date = world.session(yoga, at(12, 18))
        hold_slot(world.store_id, GUEST, service_id=yoga, starts_at=at(12, 18), owner="browser")
        assert refused("not_allowed", delete_session, world.store_id, MERCHANT, date).facts["kind"] == "session"
        world.set_clock(world.now + timedelta(minutes=11))
        delete_session(world.store_id, MERCHANT, date)
        assert world.sql("select count(*) from sessions")[0][0] == world.sql("select count(*) from holds")[0][0] == 0
        assert audit(world)[-2:] == ["expire_hold", "delete_session"]

    def test_those_who_wait_without_a_booking_keep_what_they_wait_for(self, world):
        yoga = world.add_service("Yoga", capacity=2, staff=[world.elena])
        date = world.session(yoga, at(12, 18), capacity=2)
        hold_slot(world.store_id, GUEST, service_id=yoga, starts_at=at(12, 18), owner="browser")
        join_class_waitlist(world.store_id, GUEST, date, seats=2, person=Person("Bea", "bea@example.com", ""))
        release_hold(world.store_id, GUEST, "browser")
        bea = world.sql("select id from customers where email = 'bea@example.com'")[0][0]
        assert refused("not_allowed", delete_session, world.store_id, MERCHANT, date).facts["kind"] == "session"
        assert refused("not_allowed", delete_customer, world.store_id, MERCHANT, bea).facts["kind"] == "customer"
        delete_service(world.store_id, MERCHANT, yoga)
        delete_staff(world.store_id, MERCHANT, world.elena)
        assert world.sql("select active from services where id = %s", yoga) == world.sql("select active from staff where id = %s", world.elena) == [(False,)]

    def test_a_customer_nothing_refers_to_goes_with_logins_and_words(self, world):
        bea = create_customer(world.store_id, MERCHANT, Person("Bea", "bea@example.com", "")).facts["id"]
        delete_customer(world.store_id, MERCHANT, bea)
        assert world.sql("select count(*) from customers where id = %s", bea) == [(0,)]

    def test_a_race_with_someone_who_begins_to_use_it_is_a_refusal(self, world):
        gone = world.sql("select max(id) + 1 from staff")[0][0]

        @action
        def use(tx):
            tx.db.execute(insert(StaffService).values(store_id=tx.store_id, service_id=world.service, staff_id=gone))

        assert refused("not_allowed", use, world.store_id, MERCHANT).facts == {"kind": "in_use"}


@pytest.mark.parametrize("currency", ["XYZ", "XXX", "XTS", "XAU", "usd", "US", "", "ANG"])
def test_r25_only_money_that_exists(world, currency):
    problem = [{"field": "currency", "problem": "is not a currency code such as USD"}]
    assert refused("invalid", world.add_service, "Foreign", currency=currency).facts["errors"] == problem
    assert refused("invalid", update_service, world.store_id, MERCHANT, world.service, currency=currency).facts["errors"] == problem
    assert refused("invalid", create_store, SYSTEM, name="New", slug="new", zone="UTC", currency=currency).facts["errors"] == problem


@pytest.mark.parametrize("name", ["Mas\x07sage", "Massage\u202egnp.exe", "a\x7fb", "\u2066Massage\u2069", "a\x85\x9bb"])
def test_names_have_only_what_can_be_seen(world, name):
    assert refused("invalid", world.add_service, name).facts["errors"][0]["field"] == "name"


@pytest.mark.parametrize("name", ["Soin du visage", "ماساژ نیم\u200cساعته", "Nails 💅🏽", "👩\u200d🦰 cut", "a\t b\n"])
def test_names_of_every_script_are_taken(world, name):
    service = world.add_service(name)
    assert world.sql("select name from services where id = %s", service) == [(" ".join(name.split()),)]


def test_a_date_of_an_unknown_service_names_the_service(world):
    given = {"service_id": 1, "staff_id": world.elena}
    for dates in (lambda: create_session(world.store_id, MERCHANT, starts_at=at(10, 15), **given),
                  lambda: create_sessions(world.store_id, MERCHANT, local_start=at(10, 15), weeks=2, **given)):
        assert refused("invalid", dates).facts["errors"] == [{"field": "service", "problem": "is not known"}]
