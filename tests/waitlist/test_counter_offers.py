"""Other times for a request: numbered, standing for a while, taken at most once, and what happens when none is (R35, A63, A93, A153, I14)."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest

from booking.actions.accept_offer import accept_offer
from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import expire_approvals
from booking.actions.decline_offers import decline_offers
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.manage_link import revoke_link
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.stores import update_store
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.slots import free_days
from models.actor import SYSTEM, Actor
from models.booking_summary import BookingSummary
from models.session import reading
from tests.actions.test_reschedule import refused
from tests.support.world import MERCHANT, World, at, hours

GUEST = Actor("customer", "account")
MANUAL = {"approval": "manual"}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url, policy=MANUAL)


def ask(world: World, starts_at=at(10, 15), **more) -> BookingSummary:
    return world.book(starts_at, by=GUEST, **more)


def propose(world: World, b: BookingSummary, *starts, by: Actor = MERCHANT, **more):
    return make_offers(world.store_id, by, b.ref, [Proposal(*(s if isinstance(s, tuple) else (s,))) for s in starts], **more)


def states(world: World) -> list[tuple[int, int, str]]:
    return [tuple(row) for row in world.sql("select round, n, state from counter_offers order by round, n")]


def test_offers_are_numbered_in_the_order_given_and_the_request_lives_as_long_as_they_do(world):
    b = ask(world)
    done = propose(world, b, at(12, 15), at(11, 15), (at(11, 17), world.tom))
    end = world.now + hours(24)
    assert done.facts["offers"] == [(1, at(12, 15), end), (2, at(11, 15), end), (3, at(11, 17), end)]
    assert (done.booking.status, done.booking.approval_deadline) == ("pending", end)
    mail = world.outbox("counter_offer")[0].payload
    assert [offer["n"] for offer in mail["offers"]] == [1, 2, 3]
    assert [offer["url"].partition("&")[2] for offer in mail["offers"]] == [f"round=1&action=accept&offer={n}" for n in (1, 2, 3)]
    assert len(world.outbox("counter_offer", channel="sms")) == 1


def test_accepting_moves_and_confirms_and_voids_the_rest(world):
    b = ask(world)
    propose(world, b, at(11, 15), (at(11, 17), world.tom))
    taken = accept_offer(world.store_id, world.holder(b), b.ref, 2).booking
    assert (taken.status, taken.starts_at, taken.staff_id, taken.ref) == ("confirmed", at(11, 17), world.tom, b.ref)
    assert (taken.customer_moves, taken.approval_deadline, taken.never_approved, taken.price) == (0, None, False, b.price)
    assert states(world) == [(1, 1, "void"), (1, 2, "accepted")]
    assert world.book(at(10, 15), email="bea@example.com").status == "confirmed", "the time asked for is free"
    assert len(world.outbox("approval_given")) == 1
    assert {row.recipient for row in world.outbox("merchant_offer_accepted")} == {"elena@example.com", "tom@example.com", "shop@example.com"}


def test_a_time_held_for_the_customer_can_be_chosen_under_reschedule_too(world):
    """It is held against others, not against them; seats of a class as well."""
    update_store(world.store_id, MERCHANT, offer_hold=True)
    b = ask(world)
    propose(world, b, at(11, 15))
    refused("slot_taken", world.book, at(11, 15), email="bea@example.com", by=GUEST)
    with reading(world.store_id) as tx:
        shown = free_days(tx, find_offer(tx, world.service), date(2027, 3, 11), date(2027, 3, 11), staff_id=world.elena, moving=world.read(b.ref))
    assert at(11, 15) in [slot.starts_at for slot in shown.on(date(2027, 3, 11))]
    moved = reschedule_booking(world.store_id, world.holder(b), b.ref, starts_at=at(11, 15)).booking
    assert (moved.status, moved.starts_at) == ("pending", at(11, 15)) and world.sql("select count(*) from holds") == [(0,)]
    course = world.add_service("Yoga", capacity=2, staff=[world.elena])
    for day in (15, 16):
        world.session(course, at(day, 15), capacity=1)
    seat = ask(world, at(15, 15), service=course, email="cem@example.com")
    propose(world, seat, at(16, 15))
    refused("slot_taken", world.book, at(16, 15), service=course, email="dee@example.com", by=GUEST)
    assert reschedule_booking(world.store_id, world.holder(seat), seat.ref, starts_at=at(16, 15)).booking.starts_at == at(16, 15)


def test_the_first_acceptance_wins(world):
    b = ask(world)
    propose(world, b, at(11, 15), at(12, 15))
    accept_offer(world.store_id, world.customer(b), b.ref, 1)
    for n in (1, 2):
        assert refused("stale", accept_offer, world.store_id, world.customer(b), b.ref, n).facts["state"] == "confirmed"
    assert world.read(b.ref).starts_at == at(11, 15)


def test_two_clicks_at_once_are_one_acceptance(world):
    b = ask(world)
    propose(world, b, at(11, 15), at(12, 15))
    start, outcomes = threading.Barrier(2), []

    def click(n: int) -> None:
        start.wait()
        try:
            outcomes.append(accept_offer(world.store_id, world.customer(b), b.ref, n).booking.starts_at)
        except Refused as no:
            outcomes.append(no.code)

    threads = [threading.Thread(target=click, args=(n,)) for n in (1, 2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert outcomes.count("stale") == 1 and world.read(b.ref).starts_at in outcomes
    assert sorted(state for _, _, state in states(world)) == ["accepted", "void"]


def test_a_taken_time_is_refused_and_the_others_remain(world):
    b = ask(world)
    propose(world, b, at(11, 15), at(12, 15))
    world.book(at(11, 15), email="bea@example.com")
    refused("slot_taken", accept_offer, world.store_id, world.holder(b), b.ref, 1)
    assert (world.read(b.ref).status, world.read(b.ref).version) == ("pending", 2)
    assert accept_offer(world.store_id, world.holder(b), b.ref, 2).booking.starts_at == at(12, 15)


def test_a_new_round_voids_the_old_and_numbers_from_one(world):
    b = ask(world)
    propose(world, b, at(11, 15), at(12, 15))
    propose(world, b, at(13, 15))
    assert states(world) == [(1, 1, "void"), (1, 2, "void"), (2, 1, "open")]
    refused("not_found", accept_offer, world.store_id, world.holder(b), b.ref, 2)
    assert accept_offer(world.store_id, world.holder(b), b.ref, 1).booking.starts_at == at(13, 15)


def test_an_answer_is_to_the_round_its_customer_saw(world):
    """R27, I14: in another round the same number is a time nobody has looked at."""
    b = ask(world, paid=2500)
    propose(world, b, at(11, 15), at(12, 15))
    propose(world, b, at(13, 15), at(14, 15))
    for verb, args in ((accept_offer, (2,)), (accept_offer, (9,)), (decline_offers, ())):
        assert refused("stale", verb, world.store_id, world.holder(b), b.ref, *args, of_round=1).facts["kind"] == "offers"
    assert (world.read(b.ref).status, world.read(b.ref).starts_at, world.read(b.ref).owed) == ("pending", at(10, 15), 0)
    assert accept_offer(world.store_id, world.holder(b), b.ref, 2, of_round=2).booking.starts_at == at(14, 15)


def test_what_the_round_is_declined_for_is_the_round_seen(world):
    b = ask(world)
    propose(world, b, at(11, 15))
    assert decline_offers(world.store_id, world.holder(b), b.ref, of_round=1).booking.status == "declined"


def test_an_offer_stands_until_its_last_microsecond(world):
    b = ask(world)
    end = propose(world, b, at(11, 15)).facts["offers"][0][2]
    world.set_clock(end)
    refused("stale", accept_offer, world.store_id, world.holder(b), b.ref, 1)
    world.set_clock(end - timedelta(microseconds=1))
    assert accept_offer(world.store_id, world.holder(b), b.ref, 1).booking.status == "confirmed"


def test_it_never_stands_past_its_own_start_minus_the_lead_time(world):
    update_service(world.store_id, MERCHANT, world.service, lead_time_s=7200)
    b = ask(world)
    ends = [end for _, _, end in propose(world, b, at(2, 15), at(1, 20), at(12, 15)).facts["offers"]]
    assert ends == [at(2, 12), at(1, 18), at(2, 12)]
    assert refused("invalid", propose, world, b, at(11, 15), at(1, 14)).facts["errors"] == [
        {"field": "offers.1.starts_at", "problem": "is too soon to be answered"}]


def test_when_the_round_has_ended_the_request_ends_and_the_deposit_comes_back(world):
    b = ask(world, paid=2500)
    propose(world, b, at(11, 15), at(1, 20))
    world.set_clock(at(1, 20))
    assert expire_approvals(world.store_id, SYSTEM).bookings == (), "one still stands"
    world.set_clock(at(2, 12))
    ended, = expire_approvals(world.store_id, SYSTEM).bookings
    assert (ended.status, ended.owed, ended.cancelled_by) == ("expired", 2500, "system")
    assert states(world) == [(1, 1, "expired"), (1, 2, "expired")]
    assert world.outbox("approval_refused")[0].payload["because"] == "offers_expired"
    assert [row.recipient for row in world.outbox("merchant_offers_ended")] == ["shop@example.com"]


def test_declining_all_ends_the_request_with_everything_back(world):
    b = ask(world, paid=2500)
    propose(world, b, at(11, 15), at(12, 15))
    done = decline_offers(world.store_id, world.holder(b), b.ref)
    assert (done.booking.status, done.booking.owed, done.booking.cancelled_by) == ("declined", 2500, "customer")
    assert [state for _, _, state in states(world)] == ["declined", "declined"]
    assert world.outbox("approval_refused")[0].payload["because"] == "offers_declined"
    refused("closed", decline_offers, world.store_id, world.holder(b), b.ref)
    refused("closed", accept_offer, world.store_id, world.holder(b), b.ref, 1)


def test_without_a_round_there_is_nothing_to_decline(world):
    b = ask(world)
    refused("stale", decline_offers, world.store_id, world.holder(b), b.ref)
    assert refused("not_found", accept_offer, world.store_id, world.holder(b), b.ref, 1)


@pytest.mark.parametrize("change", [
    lambda w, b: approve_booking(w.store_id, MERCHANT, b.ref),
    lambda w, b: reschedule_booking(w.store_id, w.customer(b), b.ref, starts_at=at(15, 15)),
    lambda w, b: reschedule_booking(w.store_id, MERCHANT, b.ref, starts_at=at(15, 15)),
    lambda w, b: cancel_booking(w.store_id, MERCHANT, b.ref, override=True)], ids=["approved", "asked anew", "moved", "cancelled"])
def test_an_offer_ends_with_the_request_it_was_made_for(world, change):
    b = ask(world)
    propose(world, b, at(11, 15))
    change(world, b)
    assert states(world) == [(1, 1, "void")]
    with pytest.raises(Refused) as no:
        accept_offer(world.store_id, world.holder(b), b.ref, 1)
    assert no.value.code in ("stale", "closed")


def test_a_renewed_link_leaves_the_offers_standing(world):
    b = ask(world)
    propose(world, b, at(11, 15))
    revoke_link(world.store_id, MERCHANT, b.ref)
    assert accept_offer(world.store_id, world.holder(b), b.ref, 1).booking.status == "confirmed"


class TestAMoveThatWaits:
    """The old time is confirmed and stays the customer's until an answer (R17)."""

    @pytest.fixture
    def moving(self, world) -> BookingSummary:
        b = world.book(at(10, 15), paid=2500)
        return reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(12, 15)).booking

    def test_accepting_gives_up_both_times_and_counts_as_no_move(self, world, moving):
        assert (moving.status, moving.customer_moves) == ("pending", 1)
        propose(world, moving, at(11, 15))
        taken = accept_offer(world.store_id, world.holder(moving), moving.ref, 1).booking
        assert (taken.status, taken.starts_at, taken.customer_moves, taken.held) == ("confirmed", at(11, 15), 0, None)
        for free in (at(10, 15), at(12, 15)):
            assert world.book(free, email="bea@example.com").status == "confirmed"

    def test_declining_brings_the_old_time_back(self, world, moving):
        propose(world, moving, at(11, 15))
        back = decline_offers(world.store_id, world.holder(moving), moving.ref).booking
        assert (back.status, back.starts_at, back.owed, back.customer_moves) == ("confirmed", at(10, 15), 0, 0)

    def test_offers_end_an_hour_before_the_old_start(self, world, moving):
        world.set_clock(at(9, 20))
        assert propose(world, moving, at(11, 15)).facts["offers"][0][2] == at(10, 14)


class TestHeld:
    """The setting: times of a round are kept for the customer (R35)."""

    def test_not_by_default(self, world):
        propose(world, ask(world), at(11, 15))
        assert world.book(at(11, 15), email="bea@example.com").status == "confirmed"

    @pytest.mark.parametrize(("store", "service", "held"), [(True, "inherit", True), (False, "on", True), (True, "off", False)])
    def test_the_service_may_say_otherwise_than_the_store(self, world, store, service, held):
        update_store(world.store_id, MERCHANT, offer_hold=store)
        update_service(world.store_id, MERCHANT, world.service, offer_hold=service)
        propose(world, ask(world), at(11, 15))
        assert len(world.sql("select 1 from holds where kind = 'offer'")) == int(held)

    def test_nobody_else_gets_them_the_customer_does_and_the_rest_is_free_again(self, world):
        update_store(world.store_id, MERCHANT, offer_hold=True)
        b = ask(world)
        propose(world, b, at(11, 15), at(11, 15, 30), at(10, 15, 30))
        for start in (at(11, 15), at(11, 15, 30)):
            refused("slot_taken", world.book, start, email="bea@example.com")
        accept_offer(world.store_id, world.holder(b), b.ref, 2)
        assert world.sql("select 1 from holds") == []
        assert world.book(at(11, 14), email="bea@example.com").status == "confirmed"
        assert world.book(at(10, 15), email="bea@example.com").status == "confirmed"

    def test_a_new_round_lets_go_of_the_old_times(self, world):
        update_store(world.store_id, MERCHANT, offer_hold=True)
        b = ask(world)
        propose(world, b, at(11, 15))
        propose(world, b, at(12, 15))
        assert world.book(at(11, 15), email="bea@example.com").status == "confirmed"

    def test_seats_of_a_class_date_are_held(self, world):
        update_store(world.store_id, MERCHANT, offer_hold=True)
        yoga = world.add_service("Yoga", capacity=2, staff=[world.elena])
        world.session(yoga, at(10, 15), 2), world.session(yoga, at(11, 15), 2)
        b = ask(world, service=yoga, seats=2)
        propose(world, b, at(11, 15))
        refused("slot_taken", world.book, at(11, 15), email="bea@example.com", service=yoga)
        assert accept_offer(world.store_id, world.holder(b), b.ref, 1).booking.starts_at == at(11, 15)
        assert sorted(row[0] for row in world.sql("select seats_taken from sessions")) == [0, 2]


class TestWhatMayBeOffered:
    def test_one_to_three(self, world):
        b = ask(world)
        for starts in ([], [at(11, 15 + n) for n in range(4)]):
            assert refused("invalid", propose, world, b, *starts).facts["errors"][0]["field"] == "offers"

    def test_free_times_only_and_the_refusal_names_the_one(self, world):
        b = ask(world)
        world.book(at(12, 15), email="bea@example.com")
        assert refused("slot_taken", propose, world, b, at(11, 15), at(12, 15)).facts["offer"] == 2
        assert refused("outside_hours", propose, world, b, at(11, 3)).facts["offer"] == 1
        assert states(world) == []

    def test_not_the_time_asked_for_and_none_twice(self, world):
        b = ask(world)
        for starts in ([at(10, 15)], [at(11, 15), at(11, 15)]):
            assert refused("invalid", propose, world, b, *starts)

    def test_only_for_requests(self, world):
        confirmed = world.book(at(10, 15))
        assert refused("not_allowed", propose, world, confirmed, at(11, 15)).facts["state"] == "confirmed"
        cancel_booking(world.store_id, MERCHANT, confirmed.ref, override=True)
        refused("closed", propose, world, confirmed, at(11, 15))

    def test_without_times_the_nearest_free_ones_within_three_days(self, world):
        b = ask(world)
        world.book(at(10, 16), email="bea@example.com")
        world.book(at(10, 14), email="bea@example.com")
        offers = make_offers(world.store_id, MERCHANT, b.ref).facts["offers"]
        # On the day itself the hour on either side is taken: 12:00, 12:15 and 12:30 in New York are nearest to 10:00.
        assert [start for _, start, _ in offers] == [at(10, 17), at(10, 17, 15), at(10, 17, 30)]

