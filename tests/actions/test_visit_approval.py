"""A visit of which a part has to be agreed to waits whole: asked, answered, offered and taken back as one (R17, R32, R35)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.accept_offer import accept_offer
from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.decline_booking import decline_booking, expire_approvals
from booking.actions.decline_offers import decline_offers
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.people import Person
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.stores import update_store
from booking.actions.visits import cancel_visit_part, reschedule_visit
from booking.counter_offers import suggestions
from booking.visit_times import visit_days
from booking.visiting import visit_of
from messages import render_mail
from models.actor import SYSTEM
from models.booking_summary import find
from models.session import reading
from tests.actions.test_cancel import quoted
from tests.actions.test_reschedule import refused
from tests.support.world import MERCHANT, World, at, hours

MANUAL = {"approval": "manual", "reschedule": {"notice": "PT2H"}, "cancel": {"notice": "PT0S"}}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def visit(world: World, *policies: dict, starts_at=at(10, 15), **more):
    """An hour of each service by one person, one after the other, from March 10, 15:00 UTC."""
    services = [world.add_service(f"Part {n}", policy=policy, **more) for n, policy in enumerate(policies, 1)]
    return create_visit(world.store_id, MERCHANT, person=Person("Ada Archer", "ada@example.com", "+12125550101"), starts_at=starts_at,
                        parts=[VisitPart(service, world.elena) for service in services]).bookings


def move(world, b, starts_at, by=None, **more):
    return reschedule_visit(world.store_id, by or world.customer(b), b.ref, starts_at=starts_at, **more)


def stands(world, parts):
    return [(b.status, b.starts_at) for b in (world.read(part.ref) for part in parts)]


def taken(world, *times):
    for time in times:
        refused("slot_taken", world.book, time, email="x@example.com")


OLD = [("confirmed", at(10, 15)), ("confirmed", at(10, 16))]
ASKED = [("pending", at(12, 15)), ("pending", at(12, 16))]


@pytest.fixture(params=[(0, 1), (1, 0), (1, 1)], ids=["second", "first", "both"])
def asked(world, request):
    """A visit whose first part, second part or both need approval, and which is asked to move two days on."""
    parts = visit(world, *(MANUAL if needs else {"reschedule": {"notice": "PT2H"}, "cancel": {"notice": "PT0S"}} for needs in request.param))
    move(world, parts[0], at(12, 15))
    return parts


def test_all_of_it_waits_and_all_times_are_kept(world, asked):
    assert stands(world, asked) == ASKED
    assert {world.read(b.ref).approval_deadline for b in asked} == {world.now + hours(12)}
    taken(world, at(10, 15), at(10, 16), at(12, 15), at(12, 16))
    assert (world.outbox("booking_moved"), [row.recipient for row in world.outbox("approval_asked")]) == ([], ["ada@example.com"])
    assert [row.recipient for row in world.outbox("merchant_approval_needed")] == ["shop@example.com"]
    [mail] = world.outbox("approval_asked")
    assert [(line["service"], line["status"]) for line in mail.payload["bookings"]] == [("Part 1", "pending"), ("Part 2", "pending")]


@pytest.mark.parametrize("which", [0, 1])
def test_yes_to_one_part_is_yes_to_all(world, asked, which):
    done = approve_booking(world.store_id, MERCHANT, asked[which].ref)
    assert (done.booking.ref, [b.ref for b in done.bookings]) == (asked[which].ref, [b.ref for b in asked])
    assert stands(world, asked) == [("confirmed", at(12, 15)), ("confirmed", at(12, 16))]
    [mail] = world.outbox("approval_given")
    assert len(mail.payload["bookings"]) == 2 and render_mail("approval_given", mail.payload, "opencals.com").ics.count("BEGIN:VEVENT") == 2
    for time in (at(10, 15), at(10, 16)):
        world.book(time, email="x@example.com")
    refused("not_allowed", approve_booking, world.store_id, MERCHANT, asked[1 - which].ref)


@pytest.mark.parametrize("which", [0, 1])
def test_no_to_one_part_brings_all_of_it_back(world, asked, which):
    decline_booking(world.store_id, MERCHANT, asked[which].ref)
    assert stands(world, asked) == OLD
    [mail] = world.outbox("approval_refused")
    assert (mail.payload["restored"], [line["starts_at"] for line in mail.payload["bookings"]]) == (True, [at(10, 15).isoformat(), at(10, 16).isoformat()])
    assert world.sql("select count(*) from holds") == [(0,)]
    for time in (at(12, 15), at(12, 16)):
        world.book(time, email="x@example.com")


def test_silence_brings_all_of_it_back_once(world, asked):
    world.set_clock(world.now + hours(12))
    expire_approvals(world.store_id, SYSTEM)
    assert stands(world, asked) == OLD
    assert [row.payload["because"] for row in world.outbox("approval_refused")] == ["deadline"]
    assert expire_approvals(world.store_id, SYSTEM).bookings == ()


@pytest.mark.parametrize("shift", [-1, -0.5, 0.5, 1])
@pytest.mark.parametrize("answer", [approve_booking, decline_booking])
def test_a_visit_may_be_asked_into_its_own_time(world, shift, answer):
    """Of its old times what the new ones do not cover is kept, and the way back is free."""
    parts = visit(world, MANUAL, MANUAL, starts_at=at(10, 17))
    to = at(10, 17) + timedelta(hours=shift)
    move(world, parts[0], to)
    taken(world, at(10, 17), at(10, 18), to, to + hours(1))
    answer(world.store_id, MERCHANT, parts[1].ref)
    start = to if answer is approve_booking else at(10, 17)
    assert stands(world, parts) == [("confirmed", start), ("confirmed", start + hours(1))]
    assert world.sql("select count(*) from holds") == [(0,)]


def test_chosen_anew_it_still_goes_back_to_where_it_was(world, asked):
    move(world, asked[1], at(10, 16))
    assert stands(world, asked) == [("pending", at(10, 16)), ("pending", at(10, 17))]
    taken(world, at(10, 15), at(10, 16), at(10, 17))
    world.book(at(12, 15), email="x@example.com")
    decline_booking(world.store_id, MERCHANT, asked[0].ref)
    assert stands(world, asked) == OLD


def test_the_old_time_is_offered_and_takes_the_request_back(world, asked):
    with reading(world.store_id) as tx:
        day = at(10, 15).date()
        assert at(10, 15) in {slot.starts_at for _, slots in visit_days(tx, visit_of(tx, asked[0].ref), day, day).days for slot in slots}
    move(world, asked[1], at(10, 15))
    assert (stands(world, asked), [world.read(b.ref).customer_moves for b in asked]) == (OLD, [0, 0])
    assert [row.payload["because"] for row in world.outbox("approval_refused")] == ["taken_back"]


def test_it_is_taken_back_at_the_limit_and_inside_the_window_too(world):
    """R17: as long as it waits the old times are kept."""
    policy = MANUAL | {"approval_hours": 24, "reschedule": {"notice": "PT24H", "limit": 1}}
    parts = visit(world, policy, policy)
    world.set_clock(at(1, 18))
    move(world, parts[0], at(3, 15))
    refused("limit_reached", move, world, parts[0], at(12, 15))
    world.set_clock(at(2, 16))
    refused("too_late", move, world, parts[0], at(12, 15))
    move(world, parts[1], at(10, 15))
    assert (stands(world, parts), [world.read(b.ref).customer_moves for b in parts]) == (OLD, [0, 0])


def test_where_the_old_times_are_given_up_a_no_ends_all_of_it(world):
    parts = visit(world, {"reschedule": {"notice": "PT2H"}}, MANUAL | {"release_old_slot_at_once": True})
    move(world, parts[0], at(12, 15))
    for time in (at(10, 15), at(10, 16)):
        world.book(time, email="x@example.com")
    decline_booking(world.store_id, MERCHANT, parts[0].ref)
    assert stands(world, parts) == [("declined", at(12, 15)), ("declined", at(12, 16))]
    assert len(world.outbox("approval_refused")) == 1


def test_what_needs_no_answer_moves_at_once(world):
    parts = visit(world, {}, {})
    move(world, parts[0], at(12, 15))
    assert stands(world, parts) == [("confirmed", at(12, 15)), ("confirmed", at(12, 16))]


def test_by_notice_the_start_of_the_visit_counts(world):
    near = {"approval": "by_notice", "approval_notice": "PT24H", "reschedule": {"notice": "PT2H"}}
    parts = visit(world, near, near)
    world.set_clock(at(9, 15, 30))  # less than 24 hours before the first part only
    move(world, parts[0], at(12, 15))
    assert stands(world, parts) == ASKED
    assert world.read(parts[1].ref).approval_deadline == at(10, 3, 30)


def test_the_shops_own_move_decides_for_all(world, asked):
    move(world, asked[0], at(13, 15), by=MERCHANT)
    assert stands(world, asked) == [("confirmed", at(13, 15)), ("confirmed", at(13, 16))]
    assert world.sql("select count(*) from holds") == [(0,)]


@pytest.mark.parametrize("leaves", ["moved", "cancelled"])
def test_a_part_that_leaves_takes_nothing_of_the_others_old_time_along(world, leaves):
    """Its new place lay over the old time of the first part, and kept it."""
    parts = visit(world, MANUAL, MANUAL, starts_at=at(10, 17))
    move(world, parts[0], at(10, 16))
    if leaves == "moved":
        reschedule_booking(world.store_id, MERCHANT, parts[1].ref, starts_at=at(11, 15), override=True)
    else:
        cancel_visit_part(world.store_id, world.customer(parts[1]), parts[1].ref, quote=quoted(world, world.read(parts[1].ref)))
    taken(world, at(10, 17), at(10, 16))
    decline_booking(world.store_id, MERCHANT, parts[0].ref)
    assert stands(world, parts[:1]) == [("confirmed", at(10, 17))]


def test_the_last_part_may_be_cancelled_too(world, asked):
    for b in asked:
        cancel_booking(world.store_id, MERCHANT, b.ref)
    assert world.sql("select count(*) from holds") == [(0,)]


class TestOffers:
    @pytest.fixture
    def offered(self, world, asked):
        make_offers(world.store_id, MERCHANT, asked[1].ref, [Proposal(at(13, 16)), Proposal(at(12, 15))])
        return asked

    def test_every_part_is_offered_its_time(self, world, offered):
        assert world.sql("select n, starts_at from counter_offers order by n, starts_at") == [
            (1, at(13, 15)), (1, at(13, 16)), (2, at(12, 14)), (2, at(12, 15))]
        [mail] = world.outbox("counter_offer")
        assert [offer["starts_at"] for offer in mail.payload["offers"]] == [at(13, 15).isoformat(), at(12, 14).isoformat()]

    @pytest.mark.parametrize("which", [0, 1])
    @pytest.mark.parametrize(("n", "start"), [(1, at(13, 15)), (2, at(12, 14))])
    def test_taken_from_any_part_all_of_it_moves(self, world, offered, which, n, start):
        accept_offer(world.store_id, world.holder(offered[which]), offered[which].ref, n)
        assert stands(world, offered) == [("confirmed", start), ("confirmed", start + hours(1))]
        assert [world.read(b.ref).customer_moves for b in offered] == [0, 0]
        assert len(world.outbox("approval_given")) == 1 and world.sql("select count(*) from holds") == [(0,)]
        assert {state for (state,) in world.sql("select state from counter_offers where n = %s", n)} == {"accepted"}

    def test_where_one_part_is_taken_meanwhile_nothing_moves(self, world, offered):
        world.book(at(13, 16), email="x@example.com")
        refused("slot_taken", accept_offer, world.store_id, world.holder(offered[0]), offered[0].ref, 1)
        assert stands(world, offered) == ASKED

    @pytest.mark.parametrize("which", [0, 1])
    def test_none_of_them_brings_all_of_it_back(self, world, offered, which):
        decline_offers(world.store_id, world.holder(offered[which]), offered[which].ref)
        assert stands(world, offered) == OLD
        assert len(world.outbox("approval_refused")) == len(world.outbox("merchant_offers_ended")) == 1

    def test_when_they_run_out_all_of_it_goes_back(self, world, offered):
        world.set_clock(world.now + hours(24))
        expire_approvals(world.store_id, SYSTEM)
        assert stands(world, offered) == OLD
        assert [row.payload["because"] for row in world.outbox("approval_refused")] == ["offers_expired"]

    def test_the_old_times_are_kept_as_long_as_the_offers_stand(self, world, offered):
        world.set_clock(world.now + hours(20))
        taken(world, at(10, 15), at(10, 16))

    def test_a_time_that_suits_one_part_only_is_not_offered(self, world, asked):
        world.book(at(13, 17), email="x@example.com")
        assert refused("slot_taken", make_offers, world.store_id, MERCHANT, asked[0].ref, [Proposal(at(13, 16))]).facts["offer"] == 1
        with reading(world.store_id) as tx:
            for n, b in enumerate(asked):
                assert all(time - hours(n) not in (at(13, 16), at(13, 17)) for time in suggestions(tx, find(tx, b.ref)))

    def test_times_held_for_it_are_free_for_it_alone(self, world, asked):
        update_store(world.store_id, MERCHANT, offer_hold=True)
        make_offers(world.store_id, MERCHANT, asked[0].ref, [Proposal(at(12, 15, 30)), Proposal(at(10, 15, 30))])
        taken(world, at(12, 16, 30), at(10, 16, 30))
        accept_offer(world.store_id, world.holder(asked[0]), asked[0].ref, 2)
        assert stands(world, asked) == [("confirmed", at(10, 15, 30)), ("confirmed", at(10, 16, 30))]
        assert world.sql("select count(*) from holds") == [(0,)]
