"""New bookings: whose, at which price and policy, under which rules, and never two in one place (R8, R12, R20, R29, R30, R47)."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest

from bench.pages import counted
from booking.actions.action import Once
from booking.actions.create_booking import create_booking
from booking.actions.customers import create_customer
from booking.actions.people import Person
from booking.actions.services import update_service
from booking.actions.stores import update_store
from models.actor import SYSTEM, Actor
from tests.actions.test_reschedule import race, refused
from tests.support.world import MERCHANT, World, at, hours

GUEST = Actor("customer", "account")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def guest_books(world: World, starts_at: datetime, person: Person, *, by: Actor = GUEST, **more):
    values = {"service_id": world.service, "staff_id": world.elena, "person": person} | more
    return create_booking(world.store_id, by, starts_at=starts_at, **values).booking


def prove(world: World, customer_id: int, column: str = "email_verified_at", value: str = "now()") -> None:
    with psycopg.connect(world.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        owner.execute(f"update customers set {column} = {value} where id = %s", (customer_id,))


class TestWhatIsWritten:
    def test_all_of_a_booking(self, world):
        b = world.book(at(10, 15), paid=2500, by=GUEST, notes="Left shoulder")
        assert (b.status, b.version, b.link_epoch, b.seats, b.customer_moves) == ("confirmed", 1, 1, 1, 0)
        assert (b.starts_at, b.ends_at, b.original_starts_at) == (at(10, 15), at(10, 16), at(10, 15))
        assert (b.zone, b.local_start, b.fold) == ("America/New_York", datetime(2027, 3, 10, 10), 0)
        assert (b.price, b.paid, b.refunded, b.owed, b.currency) == (8000, 2500, 0, 0, "USD")
        assert (b.contact_name, b.contact_email, b.contact_phone) == ("Ada Archer", "ada@example.com", "+12125550101")
        assert (b.order_number, b.notes, b.created_at, b.conflict, b.never_approved) == (1001, "Left shoulder", world.now, False, False)
        assert len(b.ref) == 12 and world.read(b.ref) == b

    def test_order_numbers_count_per_shop_without_gaps(self, world, owner_url):
        world.book(at(10, 15))
        refused("slot_taken", world.book, at(10, 15))
        other = World(owner_url)
        assert (world.book(at(10, 17)).order_number, other.book(at(10, 17)).order_number) == (1002, 1001)

    def test_one_audit_entry_and_its_facts(self, world):
        b = world.book(at(10, 15), paid=2500, by=GUEST)
        rows = world.sql("select action, actor_kind, channel, after->>'status', (facts->>'paid')::int, (facts->>'override')::bool"
                         " from audit_entries where booking_id = %s", b.id)
        assert rows == [("create_booking", "customer", "account", "confirmed", 2500, False)]
        assert world.sql("select broken_audit_chain()") == [(None,)]

    def test_the_policy_is_copied_and_shared_between_equal_bookings(self, world):
        b = world.book(at(10, 15))
        update_service(world.store_id, MERCHANT, world.service, policy={"cancel": {"notice": "PT48H"}})
        c = world.book(at(10, 17))
        assert world.read(b.ref).policy_copy["cancel"]["notice"] == "PT24H"
        assert c.policy_copy["cancel"]["notice"] == "PT48H"
        assert c.policy_id == world.book(at(10, 19)).policy_id != b.policy_id

    def test_the_repeated_hour_is_two_times(self, db, owner_url):
        world = World(owner_url, now=datetime.fromisoformat("2027-11-01T00:00Z"))
        staff = world.staff("Night", hours={"sun": [["00:00", "06:00"]]})
        service = world.add_service("Half", staff=[staff], duration_s=1800)
        first, second = (world.book(at(7, hour, 30, month=11), service=service, staff=staff, by=GUEST) for hour in (5, 6))
        assert first.local_start == second.local_start == datetime(2027, 11, 7, 1, 30)
        assert (first.fold, second.fold) == (0, 1)

    def test_several_payments_add_up(self, world):
        b = guest_books(world, at(10, 15), Person("Ada"), payments=[
            {"amount": 1500, "method": "card", "provider_ref": "pi_1"}, {"amount": 700, "method": "gift_card"}])
        assert b.paid == 2200
        assert world.sql("select method, amount, provider_ref from payments order by amount") == [("gift_card", 700, None), ("card", 1500, "pi_1")]


class TestMessages:
    def test_a_guest_books_and_everyone_hears_once(self, world):
        world.book(at(10, 15), by=GUEST)
        assert sorted((row.topic, row.recipient) for row in world.outbox()) == [
            ("booking_confirmed", "ada@example.com"), ("merchant_booking_created", "elena@example.com"),
            ("merchant_booking_created", "shop@example.com")]
        assert [row.topic for row in world.outbox(channel="sms")] == ["booking_confirmed"]

    def test_the_shop_does_not_write_to_itself(self, world):
        world.book(at(10, 15), by=MERCHANT)
        assert [row.recipient for row in world.outbox()] == ["ada@example.com", "elena@example.com"]

    def test_quiet_on_request(self, world):
        world.book(at(10, 15), by=MERCHANT, notify=False)
        assert world.outbox("booking_confirmed") == []

    def test_a_refused_booking_says_nothing(self, world):
        refused("outside_hours", world.book, at(10, 3), by=GUEST)
        assert world.outbox() == []


class TestApproval:
    def test_a_request_waits_and_keeps_its_slot(self, world):
        service = world.add_service("By request", policy={"approval": "manual", "approval_hours": 6})
        b = world.book(at(10, 15), service=service, staff=world.elena, by=GUEST)
        assert (b.status, b.never_approved, b.approval_deadline) == ("pending", True, world.now + hours(6))
        assert sorted(row.topic for row in world.outbox()) == ["merchant_approval_needed", "request_received"]
        refused("slot_taken", world.book, at(10, 15, 30), by=GUEST)

    def test_the_shops_own_bookings_need_no_approval(self, world):
        service = world.add_service("By request", policy={"approval": "manual"})
        assert world.book(at(10, 15), service=service, staff=world.elena, by=MERCHANT).status == "confirmed"

    @pytest.mark.parametrize(("policy", "status"), [
        ("first_only", "pending"), ("reschedule_only", "confirmed"), ("automatic", "confirmed")])
    def test_which_services_ask(self, world, policy, status):
        service = world.add_service("Maybe", policy={"approval": policy})
        assert world.book(at(10, 15), service=service, staff=world.elena, by=GUEST).status == status


class TestRules:
    @pytest.mark.parametrize(("when", "code"), [
        (at(10, 15, 7), "outside_hours"), (at(10, 3), "outside_hours"), (at(1, 11), "outside_hours"), (at(10, 21, 15), "outside_hours"),
        (at(10, 15, month=9), "outside_hours"), (at(10, 15) + timedelta(seconds=1), "invalid")])
    def test_customers_book_only_what_is_offered(self, world, when, code):
        refused(code, world.book, when, by=GUEST)
        refused(code, world.book, when, by=GUEST, override=True)
        assert world.sql("select count(*) from bookings") == [(0,)]
        assert world.customers() == 0

    def test_with_override_the_shop_books_at_any_minute(self, world):
        """Design 4.4: without it, where customers could (A111)."""
        update_service(world.store_id, MERCHANT, world.service, lead_time_s=4 * 3600)
        soon, past = world.now + timedelta(hours=3), world.now - timedelta(days=3)
        for start in (at(10, 15, 7), at(10, 15, month=9), soon, past):
            refused("outside_hours", world.book, start)
            b = world.book(start, override=True)
            assert (b.starts_at, b.conflict) == (start, False)
        assert world.book(at(11, 15)).starts_at == at(11, 15)
        refused("outside_hours", world.book, at(10, 3))
        refused("slot_taken", world.book, at(10, 15))

    def test_override_goes_anywhere_and_is_flagged_only_where_it_overlaps(self, world):
        world.book(at(10, 15))
        night = world.book(at(10, 3), override=True)
        double = world.book(at(10, 15, 30), override=True)
        assert (night.conflict, double.conflict, double.overlap_ok) == (False, True, True)
        facts = world.sql("select facts->>'overlap', facts->>'outside_hours' from audit_entries where booking_id in (%s, %s) order by id",
                          night.id, double.id)
        assert facts == [("false", "true"), ("true", "false")]

    def test_a_closed_shop_takes_no_customers_bookings(self, world):
        update_store(world.store_id, MERCHANT, open_for_booking=False)
        assert refused("not_allowed", world.book, at(10, 15), by=GUEST).facts == {"kind": "book"}
        assert world.book(at(10, 15), by=MERCHANT).status == "confirmed"

    def test_a_switched_off_service_takes_only_the_shops(self, world):
        update_service(world.store_id, MERCHANT, world.service, active=False)
        refused("not_allowed", world.book, at(10, 15), by=GUEST)
        assert world.book(at(10, 15), by=MERCHANT).status == "confirmed"

    @pytest.mark.parametrize(("values", "field"), [
        ({"service_id": 1}, "service"), ({"staff_id": 1}, "staff"), ({"seats": 0}, "seats"), ({"seats": 2}, "seats"),
        ({"payments": [{"amount": 0, "method": "card"}]}, "payments.0.amount"),
        ({"payments": [{"amount": 5, "method": "card"}, {"amount": 5, "method": "iou"}]}, "payments.1.method"),
        ({"customer_id": 1}, "customer"), ({"person": Person("", "")}, "name"), ({"person": Person("A" * 121)}, "name"),
        ({"person": Person("Ada", "ada@")}, "email"), ({"person": Person("Ada", phone="0612345")}, "phone")])
    def test_bad_input_is_named_and_nothing_is_written(self, world, values, field):
        assert refused("invalid", guest_books, world, at(10, 15), values.pop("person", Person("Ada")), **values).facts["errors"][0]["field"] == field
        assert world.customers() == 0
        assert world.sql("select count(*) from orders") == [(0,)]
        assert world.sql("select last_order_number from stores") == [(1000,)]

    def test_somebody_who_does_not_give_the_service(self, world):
        alone = world.add_service("Elena only", staff=[world.elena])
        assert refused("invalid", world.book, at(10, 15), service=alone, staff=world.tom).facts["errors"][0]["field"] == "staff"


class TestWhose:
    """R8: a typed address never opens an account somebody has proven."""

    def test_a_guest_who_comes_back_is_the_same_guest(self, world):
        a = guest_books(world, at(10, 15), Person("Ada", "ada@example.com"))
        b = guest_books(world, at(10, 17), Person("", "  ADA@Example.com ", "+12125550101"))
        assert a.customer_id == b.customer_id
        assert (b.contact_name, b.contact_email, b.contact_phone) == ("Ada", "ADA@Example.com", "+12125550101")

    @pytest.mark.parametrize("proof", [("email_verified_at", "now()"), ("shopify_id", "'gid://shopify/Customer/1'")])
    def test_a_guest_never_lands_in_a_proven_account(self, world, proof):
        owner = guest_books(world, at(10, 15), Person("Ada", "ada@example.com"))
        prove(world, owner.customer_id, *proof)
        stranger = guest_books(world, at(10, 17), Person("Mallory", "ada@example.com"))
        again = guest_books(world, at(10, 19), Person("Mallory", "ada@example.com"))
        assert owner.customer_id != stranger.customer_id == again.customer_id
        assert world.read(owner.ref).customer_name == "Ada"

    def test_the_shop_knows_whom_it_means(self, world):
        owner = guest_books(world, at(10, 15), Person("Ada", "ada@example.com"))
        prove(world, owner.customer_id)
        guest_books(world, at(10, 17), Person("Mallory", "ada@example.com"))
        assert guest_books(world, at(10, 19), Person("Ada", "ada@example.com"), by=MERCHANT).customer_id == owner.customer_id

    def test_dots_and_tags_are_other_people(self, world):
        people = {guest_books(world, at(10, 14 + n), Person("A", email)).customer_id
                  for n, email in enumerate(("ada@example.com", "a.da@example.com", "ada+x@example.com"))}
        assert len(people) == 3

    def test_people_without_an_address_are_each_new(self, world):
        a, b = (guest_books(world, at(10, hour), Person("Ada"), by=MERCHANT) for hour in (15, 17))
        assert a.customer_id != b.customer_id and a.contact_email is None

    def test_a_signed_in_customer_books_for_themselves(self, world):
        customer = create_customer(world.store_id, MERCHANT, Person("Ada", "ada@example.com", "+12125550101")).facts["id"]
        b = guest_books(world, at(10, 15), None, by=Actor("customer", "account", customer), customer_id=customer)
        assert (b.customer_id, b.contact_name, b.contact_email, b.contact_phone) == (customer, "Ada", "ada@example.com", "+12125550101")

    def test_another_shops_customer_is_not_known_here(self, world, owner_url):
        elsewhere = World(owner_url).book(at(10, 15)).customer_id
        refused("invalid", guest_books, world, at(10, 15), None, by=MERCHANT, customer_id=elsewhere)

    def test_an_erased_customer_is_nobody(self, world):
        gone = guest_books(world, at(10, 15), Person("Ada", "ada@example.com"))
        prove(world, gone.customer_id, "erased_at")
        assert guest_books(world, at(10, 17), Person("Ada", "ada@example.com")).customer_id != gone.customer_id


def test_of_sixteen_for_one_time_one_wins_and_counts(world):
    outcomes = race(world, [lambda n=n: world.book(at(10, 15), by=GUEST, email=f"p{n}@example.com") for n in range(16)])
    assert outcomes == ["ok"] + ["slot_taken"] * 15
    assert world.sql("select last_order_number from stores") == [(1001,)]
    assert world.customers() == 1


def test_anyone_fills_everyone_before_it_is_full(world):
    outcomes = race(world, [lambda n=n: world.book(at(10, 15), service=world.service, by=GUEST, email=f"p{n}@example.com") for n in range(6)])
    assert outcomes == ["ok"] * 2 + ["slot_taken"] * 4
    assert {row.staff_id for row in world.sql("select staff_id from bookings")} == {world.elena, world.tom}


def test_overlapping_races_at_odd_starts_leave_no_overlap(world):
    race(world, [lambda n=n: world.book(at(10, 15) + timedelta(minutes=15 * n), by=GUEST, email=f"p{n}@example.com") for n in range(10)])
    assert world.sql("select count(*) from occupancies a join occupancies b on a.id < b.id and a.staff_id = b.staff_id"
                     " and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)") == [(0,)]
    assert world.sql("select count(*) from bookings")[0][0] >= 2


def test_the_same_key_books_once_also_in_parallel(world):
    def book():
        once = Once.of("token:1", "abc", lambda done: {"ref": done.booking.ref}, "same body")
        return create_booking(world.store_id, MERCHANT, service_id=world.service, starts_at=at(10, 15), staff_id=world.elena,
                              person=Person("Ada"), once=once).answer["ref"]

    refs: list[str] = []
    assert race(world, [lambda: refs.append(book()) for _ in range(6)]) == ["ok"] * 6
    assert len(set(refs)) == 1
    assert world.sql("select count(*) from bookings") == [(1,)]
    other = Once.of("token:1", "abc", lambda done: {}, "another body")
    refused("idempotency_mismatch", create_booking, world.store_id, SYSTEM, service_id=world.service, starts_at=at(10, 17),
            person=Person("Ada"), once=other)


def test_what_a_booking_asks_of_the_database(world):
    """Each question once, however many messages leave: the link's host among them."""
    customer_id = world.book(at(9, 15)).customer_id
    with counted() as seen:
        create_booking(world.store_id, Actor("customer", "account", str(customer_id)), service_id=world.service, staff_id=world.elena,
                       starts_at=at(10, 15), customer_id=customer_id)
    assert len(seen) <= 13
    assert sum("store_hosts" in statement for statement in seen) == 1
    assert sum("link_epoch" in statement and "SELECT" in statement for statement in seen) == 1
