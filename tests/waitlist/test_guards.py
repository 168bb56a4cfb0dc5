"""What the database itself refuses about offers and waiting (I1, I7, I14, D27)."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.stores import update_store
from models.actor import Actor
from tests.support.world import MERCHANT, World, at, hours
from tests.waitlist.line import offers, serve, wait


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def run(database_url, world) -> Callable[..., None]:
    """One statement as the app's role in the world's store; it is committed."""

    def run(statement: str, *values: object) -> None:
        with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
            connection.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
            connection.execute(statement, values)

    return run


@pytest.fixture
def asked(world):
    """Someone who waits and is asked."""
    b = wait(world)
    other = world.book(at(10, 15), email="x@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    serve(world)
    return b


COPY = ("insert into waitlist_offers (store_id, id, entry_id, customer_id, booking_id, service_id, staff_id, starts_at, ends_at, state,"
        " expires_at, created_at, closed_at) select store_id, id + 1, entry_id, customer_id, booking_id, service_id, staff_id,"
        " starts_at + interval '{shift}', ends_at + interval '{shift}', '{state}', expires_at, created_at, {closed} from waitlist_offers")


@pytest.mark.parametrize(("statement", "constraint"), [
    (COPY.format(shift="1 hour", state="open", closed="null"), "waitlist_offers_one_open"),
    (COPY.format(shift="0", state="refused", closed="created_at"), "waitlist_offers_each_time_once"),
    ("update waitlist_offers set state = 'gone', closed_at = created_at", "waitlist_offers_state"),
    ("update waitlist_offers set state = 'refused'", "waitlist_offers_closed"),
    ("update waitlist_offers set expires_at = starts_at + interval '1 second'", "waitlist_offers_span"),
    ("update waitlist_offers set expires_at = created_at", "waitlist_offers_span"),
    ("update waitlist_entries set weekdays = 0", "waitlist_entries_wishes"), ("update waitlist_entries set weekdays = 128", "waitlist_entries_wishes"),
    ("update waitlist_entries set bands = '{}'", "waitlist_entries_wishes"), ("update waitlist_entries set bands = '{night}'", "waitlist_entries_wishes"),
    ("update waitlist_entries set state = 'taken'", "waitlist_entries_ended"), ("update waitlist_entries set kind = 'seat'", "waitlist_entries_kind"),
    ("update waitlist_entries set state = 'ended', ended_at = created_at", "waitlist_entries_reason"),
    ("insert into waitlist_entries select kind, booking_id, session_id, service_id, staff_id, customer_id, seats, before, lives_until, weekdays,"
     " bands, state, end_reason, created_at, ended_at, store_id, id + 1 from waitlist_entries", "waitlist_once_a_booking"),
    ("update stores set waitlist_claim_minutes = 1", "stores_waitlist"), ("update stores set offer_hours = 0", "stores_waitlist"),
    ("update services set offer_hold = 'maybe'", "services_offer_hold")])
def test_the_waitlist_keeps_its_shape(run, asked, statement, constraint):
    with pytest.raises(psycopg.errors.IntegrityError) as no:
        run(statement)
    assert no.value.diag.constraint_name == constraint


def test_one_acceptance_a_waiting(run, asked):
    run("update waitlist_offers set state = 'accepted', closed_at = created_at")
    with pytest.raises(psycopg.errors.UniqueViolation, match="waitlist_offers_one_accepted"):
        run(COPY.format(shift="1 hour", state="accepted", closed="created_at"))


def test_an_offer_keeps_its_time_in_the_table_of_busy_time(world, run, asked):
    with pytest.raises(psycopg.errors.ExclusionViolation):
        run("update bookings set starts_at = %s, ends_at = %s where ref <> %s and status = 'confirmed'", at(10, 15), at(10, 16), "x")


@pytest.mark.parametrize(("statement", "constraint"), [
    ("update counter_offers set n = 4 where n = 1", "counter_offers_number"), ("update counter_offers set n = 0 where n = 1", "counter_offers_number"),
    ("update counter_offers set n = 2", "counter_offers_numbered"), ("update counter_offers set state = 'accepted'", "counter_offers_closed"),
    ("update counter_offers set state = 'accepted', closed_at = created_at", "counter_offers_one_accepted"),
    ("update counter_offers set expires_at = starts_at + interval '1 second'", "counter_offers_span")])
def test_a_round_keeps_its_shape(world, run, statement, constraint):
    update_store(world.store_id, MERCHANT, policy={"approval": "manual"})
    b = world.book(at(10, 15), by=Actor("customer", "account"))
    make_offers(world.store_id, MERCHANT, b.ref, [Proposal(at(11, 15)), Proposal(at(12, 15))])
    with pytest.raises(psycopg.errors.IntegrityError) as no:
        run(statement)
    assert no.value.diag.constraint_name == constraint


def test_whatever_moves_or_closes_a_booking_ends_what_was_offered_for_it(world, run, asked):
    """Also a statement that no action of ours sends."""
    run("update bookings set starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour',"
        " local_start = local_start + interval '1 hour' where ref = %s", asked.ref)
    assert [row.state for row in offers(world)] == ["void"] and world.sql("select 1 from holds") == []
    assert world.sql("select state, end_reason from waitlist_entries") == [("ended", "moved")]


def test_openings_of_one_store_are_not_another_stores(world, owner_url, asked):
    other = World(owner_url)
    wait(other)
    assert serve(other) == 0 and offers(other) == []
    world.set_clock(world.now + hours(1))
    assert serve(world) == 1
