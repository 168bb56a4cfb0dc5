"""Everything that frees time or seats is seen, and offered to the right one (R34, A64, A94-A96, D27, D28)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking import waitlist
from booking.actions.approve_booking import approve_booking
from booking.actions.blocks import create_block, delete_block, update_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.claim_earlier_slot import claim_earlier_slot, refuse_earlier_slot
from booking.actions.hold_slot import hold_slot, release_hold
from booking.actions.join_waitlist import join_waitlist
from booking.actions.leave_waitlist import leave_waitlist
from booking.actions.locations import create_location
from booking.actions.profile import update_profile
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.staff import update_staff
from booking.actions.stores import update_store
from models.actor import Actor
from models.session import reading
from tests.actions.test_reschedule import refused
from tests.support.world import MERCHANT, OPEN, World, at, hours
from tests.waitlist.line import FAR, entry_states, later, offers, serve, wait

GUEST = Actor("customer", "account")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def heard(world: World) -> list[str]:
    return [row.recipient for row in world.outbox("earlier_slot")]


def taken(world: World, *starts, staff: int | None = None):
    return [world.book(start, email=f"x{n}@example.com", staff=staff) for n, start in enumerate(starts)]


class TestWhatFreesTime:
    def test_a_cancellation(self, world):
        other, = taken(world, at(10, 15))
        b = wait(world)
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        assert serve(world) == 1
        offer, = offers(world)
        assert (offer.ref, offer.starts_at, offer.state, offer.expires_at) == (b.ref, at(10, 15), "open", world.now + hours(1))
        assert heard(world) == ["ada@example.com"]
        mail = world.outbox("earlier_slot")[0].payload
        assert mail["waits_for"] == "earlier" and mail["offer"]["url"].startswith(f"http://{world.slug}.localhost/waitlist/")

    @pytest.mark.parametrize("by", ["customer", "merchant"])
    def test_a_move(self, world, by):
        other, = taken(world, at(10, 15))
        wait(world)
        actor = MERCHANT if by == "merchant" else world.customer(other)
        reschedule_booking(world.store_id, actor, other.ref, starts_at=at(12, 15))
        serve(world)
        assert [row.starts_at for row in offers(world)] == [at(10, 15)]

    @pytest.mark.parametrize("change", [
        lambda w, block: delete_block(w.store_id, MERCHANT, block),
        lambda w, block: update_block(w.store_id, MERCHANT, block, starts_at=at(12, 14), ends_at=at(12, 22))], ids=["removed", "moved"])
    def test_time_off_that_ends_serves_several(self, world, change):
        block = create_block(world.store_id, MERCHANT, staff_id=world.elena, starts_at=at(11, 14), ends_at=at(11, 22)).facts["id"]
        first, second = wait(world), wait(world, at(30, 15), email="bea@example.com")
        change(world, block)
        serve(world)
        assert {row.ref: row.starts_at for row in offers(world)} == {first.ref: at(11, 14), second.ref: at(11, 15)}

    def test_new_working_hours_but_only_the_new_ones(self, world):
        wait(world)
        update_staff(world.store_id, MERCHANT, world.elena, hours=OPEN | {"wed": [["08:00", "17:00"]]})
        serve(world)
        offer, = offers(world)
        # The first Wednesday is March 3; at 8:00 in New York the new hour begins.
        assert offer.starts_at == at(3, 13)

    def test_hours_that_only_shrink_free_nothing(self, world):
        wait(world)
        update_staff(world.store_id, MERCHANT, world.elena, hours=OPEN | {"wed": [["10:00", "17:00"]]})
        assert serve(world) == 0

    def test_someone_new_and_someone_newly_qualified_for_those_who_take_anyone(self, world):
        alone = world.add_service("Deep", staff=[world.elena])
        wait(world, service=alone, staff=world.elena, anyone=True)
        update_service(world.store_id, MERCHANT, alone, staff=[world.elena, world.tom])
        serve(world)
        assert [row.staff_id for row in offers(world)] == [world.tom]

    def test_the_end_of_a_move_that_waited_frees_the_old_time(self, world):
        update_store(world.store_id, MERCHANT, policy={"approval": "manual"})
        other, = taken(world, at(10, 15))
        reschedule_booking(world.store_id, world.customer(other), other.ref, starts_at=at(12, 15))
        wait(world)
        assert serve(world) == 0
        approve_booking(world.store_id, MERCHANT, other.ref)
        serve(world)
        assert [row.starts_at for row in offers(world)] == [at(10, 15)]

    def test_without_anyone_waiting_nothing_is_noted(self, world):
        other, = taken(world, at(10, 15))
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        update_staff(world.store_id, MERCHANT, world.elena, hours=OPEN | {"wed": [["08:00", "17:00"]]})
        assert world.sql("select 1 from openings") == []

    def test_a_time_someone_only_looked_at_is_no_opening_but_is_waited_for(self, world):
        other, = taken(world, at(10, 15))
        wait(world)
        hold_slot(world.store_id, GUEST, service_id=world.service, starts_at=at(11, 15), owner="ann", staff_id=world.elena)
        release_hold(world.store_id, GUEST, "ann")
        assert serve(world) == 0
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        hold_slot(world.store_id, GUEST, service_id=world.service, starts_at=at(10, 15), owner="ann", staff_id=world.elena)
        serve(world)
        assert offers(world) == []
        later(world, timedelta(minutes=10))
        serve(world)
        assert [row.starts_at for row in offers(world)] == [at(10, 15)]


class TestWhoIsAsked:
    def free(self, world: World, start=at(10, 15)):
        other = world.book(start, email="x@example.com")
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        serve(world)

    def test_the_oldest_opt_in_first_then_the_next(self, world):
        first, second = wait(world), wait(world, at(30, 15), email="bea@example.com")
        self.free(world)
        assert [row.ref for row in offers(world, "open")] == [first.ref]
        refuse_earlier_slot(world.store_id, GUEST, offers(world)[0].entry_id, offers(world)[0].id)
        serve(world)
        assert [row.ref for row in offers(world, "open")] == [second.ref]
        later(world, hours(1))
        serve(world)
        assert sorted(row.state for row in offers(world)) == ["expired", "refused"]
        assert world.book(at(10, 15), email="walk-in@example.com").status == "confirmed"

    def test_the_time_is_held_for_the_one_who_is_asked(self, world):
        wait(world)
        self.free(world)
        refused("slot_taken", world.book, at(10, 15), email="eve@example.com", by=GUEST)
        later(world, hours(1))
        assert world.book(at(10, 15), email="eve@example.com", by=GUEST).status == "confirmed"

    def test_nobody_hears_twice_in_six_hours_and_then_the_time_is_still_remembered(self, world):
        first = wait(world)
        self.free(world)
        self.free(world, at(11, 15))
        assert [row.starts_at for row in offers(world)] == [at(10, 15)]
        later(world, hours(6) - timedelta(microseconds=1))
        serve(world)
        assert len(offers(world)) == 1
        later(world, timedelta(microseconds=1))
        serve(world)
        assert [(row.ref, row.starts_at) for row in offers(world)] == [(first.ref, at(10, 15)), (first.ref, at(11, 15))]

    def test_two_bookings_of_one_customer_are_asked_about_one_at_a_time(self, world):
        wait(world), wait(world, at(30, 15))
        block = create_block(world.store_id, MERCHANT, staff_id=world.elena, starts_at=at(10, 14), ends_at=at(10, 22)).facts["id"]
        delete_block(world.store_id, MERCHANT, block)
        serve(world)
        assert len(offers(world)) == 1

    @pytest.mark.parametrize(("wishes", "start", "asked"), [
        ({"weekdays": [2]}, at(10, 15), True), ({"weekdays": [3]}, at(10, 15), False),
        ({"bands": ["morning"]}, at(10, 16), True), ({"bands": ["morning"]}, at(10, 17), False), ({"bands": ["afternoon"]}, at(10, 17), True),
        ({"bands": ["evening"]}, at(10, 21), False)])
    def test_only_times_as_wished_by_the_clocks_of_the_place(self, world, wishes, start, asked):
        """March 10 is a Wednesday; 17:00 UTC is noon in New York."""
        wait(world, **wishes)
        self.free(world, start)
        assert bool(offers(world)) == asked

    def test_the_bands_are_the_shops(self, world):
        update_store(world.store_id, MERCHANT, waitlist_bands={
            "morning": ["06:00", "10:00"], "afternoon": ["10:00", "17:00"], "evening": ["17:00", "22:00"]})
        wait(world, bands=["morning"])
        self.free(world)
        assert offers(world) == []

    def test_the_same_person_unless_anyone_will_do(self, world):
        wait(world), wait(world, at(30, 15), email="bea@example.com", anyone=True)
        other = world.book(at(10, 15), email="x@example.com", staff=world.tom)
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        serve(world)
        assert heard(world) == ["bea@example.com"]

    def test_nothing_later_than_the_booking_nothing_past_and_nothing_within_the_lead_time(self, world):
        others = taken(world, at(30, 15), at(2, 15), at(1, 18))
        update_service(world.store_id, MERCHANT, world.service, lead_time_s=86400)
        wait(world)
        world.set_clock(at(1, 15, 30))
        for other in others:
            cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        serve(world)
        assert offers(world) == [], "on March 2 at 15:00 the lead time of a day has begun half an hour ago"

    def test_the_claim_window_ends_with_the_lead_time(self, world):
        update_service(world.store_id, MERCHANT, world.service, lead_time_s=86400)
        wait(world)
        other, = taken(world, at(2, 15))
        world.set_clock(at(1, 14, 30))
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        serve(world)
        assert [row.expires_at for row in offers(world)] == [at(1, 15)]

    def test_length_and_buffers_must_fit(self, world):
        long = world.add_service("Long", duration_s=5400, buffer_after_s=900)
        taken(world, at(10, 14), at(10, 16, 30))
        wait(world, service=long, staff=world.elena)
        self.free(world, at(10, 15))
        assert offers(world) == [], "an hour and a half is free, its buffer is not"
        cancel_booking(world.store_id, MERCHANT, world.sql("select ref from bookings where starts_at = %s", at(10, 16, 30))[0][0], override=True)
        serve(world)
        assert [row.starts_at for row in offers(world)] == [at(10, 15)]

    def test_a_step_forward_may_overlap_the_booking_itself(self, world):
        other, = taken(world, at(29, 14))
        b = wait(world, at(29, 15))
        service = world.add_service("Half", duration_s=1800)
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        world.book(at(29, 14), email="half@example.com", staff=world.elena, service=service)
        serve(world)
        offer, = offers(world)
        assert offer.starts_at == at(29, 14, 30)
        moved = claim_earlier_slot(world.store_id, world.holder(b), offer.entry_id, offer.id).booking
        assert moved.starts_at == at(29, 14, 30)

    def test_who_has_switched_such_messages_off_is_passed_over(self, world):
        first, second = wait(world), wait(world, at(30, 15), email="bea@example.com")
        off = {"transactional": True, "reminders": True, "offers": False, "marketing": False}
        update_profile(world.store_id, world.customer(first), first.customer_id, name="Ada", phone="+12125550101", locale=None,
                       preferences={"email": off, "sms": off})
        self.free(world)
        assert [row.ref for row in offers(world)] == [second.ref]

    def test_a_time_that_stands_over_another_is_no_opening(self, world):
        """With real-time availability off two bookings may share a time; one of them going frees nothing (R16)."""
        update_store(world.store_id, MERCHANT, real_time=False)
        wait(world)
        taken(world, at(10, 15))
        self.free(world)
        assert offers(world) == []

    def test_a_shop_that_stops_offering_it_offers_nothing(self, world):
        wait(world)
        update_store(world.store_id, MERCHANT, waitlist=False)
        self.free(world)
        assert offers(world) == [] and world.sql("select 1 from openings") == []


class TestTheEndOfWaiting:
    @pytest.fixture
    def asked(self, world):
        b = wait(world)
        other, = taken(world, at(10, 15))
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        serve(world)
        return b

    @pytest.mark.parametrize(("end", "state", "offer"), [
        (lambda w, b: cancel_booking(w.store_id, MERCHANT, b.ref, override=True), "ended", "void"),
        (lambda w, b: reschedule_booking(w.store_id, w.customer(b), b.ref, starts_at=at(28, 15)), "ended", "void"),
        (lambda w, b: reschedule_booking(w.store_id, MERCHANT, b.ref, starts_at=at(28, 15)), "ended", "void"),
        (lambda w, b: leave_waitlist(w.store_id, w.customer(b), b.ref), "withdrawn", "refused")],
        ids=["cancelled", "moved", "moved by the shop", "withdrawn"])
    def test_it_ends_with_the_booking_or_by_will_and_the_time_goes_on(self, world, asked, end, state, offer):
        second = wait(world, at(30, 15), email="bea@example.com")
        end(world, asked)
        assert entry_states(world)[asked.ref] == state and offers(world)[0].state == offer
        serve(world)
        assert [(row.ref, row.starts_at) for row in offers(world, "open")][:1] == [(second.ref, at(10, 15))]

    def test_taking_it_moves_and_counts_as_nothing(self, world, asked):
        before = world.read(asked.ref)
        offer, = offers(world)
        moved = claim_earlier_slot(world.store_id, world.holder(asked), offer.entry_id, offer.id).booking
        assert (moved.starts_at, moved.status, moved.ref) == (at(10, 15), "confirmed", asked.ref)
        assert (moved.customer_moves, moved.price, moved.sticky_num, moved.original_starts_at) == (
            before.customer_moves, before.price, before.sticky_num, before.original_starts_at)
        assert entry_states(world) == {asked.ref: "taken"} and offers(world)[0].state == "accepted"
        assert [row.recipient for row in world.outbox("booking_moved")] == ["ada@example.com"]
        assert world.sql("select 1 from holds") == []

    def test_the_sticky_share_of_an_earlier_move_stays(self, world):
        update_store(world.store_id, MERCHANT, policy={"cancel": {"tiers": [
            {"at_least": "P60D", "outcome": "full"}, {"outcome": "partial", "percent": 50}]}})
        b = world.book(at(29, 15), paid=2500)
        moved = reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(28, 15)).booking
        join_waitlist(world.store_id, world.customer(b), b.ref)
        other, = taken(world, at(10, 15))
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        serve(world)
        claimed = claim_earlier_slot(world.store_id, world.holder(b), offers(world)[0].entry_id, offers(world)[0].id).booking
        assert (claimed.sticky_num, claimed.sticky_den, claimed.customer_moves) == (moved.sticky_num, moved.sticky_den, 1)

    def test_what_was_taken_does_not_come_back_after_a_cancellation(self, world, asked):
        offer, = offers(world)
        claim_earlier_slot(world.store_id, world.holder(asked), offer.entry_id, offer.id)
        later(world, hours(12))
        cancel_booking(world.store_id, MERCHANT, asked.ref, override=True)
        serve(world)
        assert len(offers(world)) == 1

    def test_over_is_over(self, world, asked):
        offer, = offers(world)
        world.set_clock(offer.expires_at)
        refused("stale", claim_earlier_slot, world.store_id, world.holder(asked), offer.entry_id, offer.id)
        refused("stale", refuse_earlier_slot, world.store_id, world.holder(asked), offer.entry_id, offer.id)
        world.set_clock(offer.expires_at - timedelta(microseconds=1))
        assert claim_earlier_slot(world.store_id, world.holder(asked), offer.entry_id, offer.id).booking.starts_at == at(10, 15)
        refused("stale", claim_earlier_slot, world.store_id, world.holder(asked), offer.entry_id, offer.id)

    def test_no_is_no(self, world, asked):
        """A refusal is not taken back, and is said once."""
        offer, = offers(world)
        refuse_earlier_slot(world.store_id, world.holder(asked), offer.entry_id, offer.id)
        for act in (refuse_earlier_slot, claim_earlier_slot):
            assert refused("stale", act, world.store_id, world.holder(asked), offer.entry_id, offer.id).facts["state"] == "refused"
        assert world.read(asked.ref).starts_at == FAR and entry_states(world) == {asked.ref: "waiting"}

    def test_it_ends_by_itself_when_nothing_earlier_can_come(self, world, asked):
        update_service(world.store_id, MERCHANT, world.service, lead_time_s=0)
        world.set_clock(FAR)
        serve(world)
        assert entry_states(world) == {asked.ref: "ended"}

    def test_another_entrys_offer_cannot_be_claimed(self, world, asked):
        offer, = offers(world)
        other = wait(world, at(30, 15), email="bea@example.com")
        entry = world.sql("select id from waitlist_entries where id <> %s", offer.entry_id)[0][0]
        refused("not_found", claim_earlier_slot, world.store_id, world.holder(other), entry, offer.id)


class TestTheLocation:
    """R14: taking an earlier time never leads to another place."""

    @pytest.fixture
    def zed(self, world) -> int:
        south = create_location(world.store_id, MERCHANT, name="South Street", address="99 South Street", zone="America/New_York").facts["id"]
        zed = world.staff("Zed South", location_id=south)
        update_service(world.store_id, MERCHANT, world.service, staff=[world.elena, world.tom, zed])
        return zed

    def test_anyone_means_anyone_there(self, world, zed):
        there, = taken(world, at(10, 15), staff=zed)
        b, south = wait(world, anyone=True), wait(world, at(30, 15), email="bea@example.com", staff=zed, anyone=True)
        cancel_booking(world.store_id, MERCHANT, there.ref, override=True)
        serve(world)
        assert [row.ref for row in offers(world)] == [south.ref]
        here, = taken(world, at(11, 15), staff=world.tom)
        cancel_booking(world.store_id, MERCHANT, here.ref, override=True)
        serve(world)
        assert {row.ref: row.staff_id for row in offers(world)} == {south.ref: zed, b.ref: world.tom}

    def test_who_works_elsewhere_by_now_takes_nobody_along(self, world, zed):
        here, = taken(world, at(11, 15), staff=world.tom)
        b = wait(world, anyone=True)
        cancel_booking(world.store_id, MERCHANT, here.ref, override=True)
        serve(world)
        offer, = offers(world)
        update_staff(world.store_id, MERCHANT, world.tom, location_id=world.sql("select location_id from staff where id = %s", zed)[0][0])
        refused("slot_taken", claim_earlier_slot, world.store_id, world.customer(b), offer.entry_id, offer.id)
        assert world.read(b.ref).location_id == world.location

    def test_the_line_is_that_of_the_place(self, world, zed):
        wait(world, email="bea@example.com", staff=zed, anyone=True)
        b = wait(world, at(28, 15), anyone=True)
        with reading(world.store_id) as tx:
            assert waitlist.place_of(tx, waitlist.waiting_of(tx, world.read(b.ref))[1]) == 1
