"""Moving a booking (R10-R18, R28, R29, R33, A37-A39, A82)."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import psycopg
import pytest

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking, expire_approvals
from booking.actions.mark_booking import arrive_booking
from booking.actions.reschedule_booking import ANYONE, reschedule_booking
from booking.actions.services import update_service
from booking.links import manage_token
from booking.offers import find_offer
from booking.rules.decision import Refused
from booking.slots import free_days
from models.actor import SYSTEM
from models.session import reading
from tests.support.world import MERCHANT, World, at, hours

MANUAL = {"approval": "manual", "approval_hours": 12}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def refused(code: str, call, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    assert caught.value.code == code, caught.value.facts
    return caught.value


def move(world, b, starts_at, **more):
    return reschedule_booking(world.store_id, more.pop("by", world.customer(b)), b.ref, starts_at=starts_at, **more).booking


def test_a_time_that_is_taken_is_refused_without_waiting_for_those_at_work_on_the_person(world, owner_url):
    """A look comes before the queue (docs/decisions/0003), also where it goes with the commit."""
    b, taken = world.book(at(10, 15)), world.book(at(11, 16))
    answers: list[str] = []
    with psycopg.connect(owner_url.replace("+psycopg", "")) as other:
        other.execute("select pg_advisory_xact_lock(%s)", (world.elena,))
        tries = [threading.Thread(target=lambda way=way: answers.append(refused("slot_taken", way).code), daemon=True) for way in (
            lambda: move(world, b, taken.starts_at, by=MERCHANT), lambda: world.book(taken.starts_at))]
        for one in tries:
            one.start()
        for one in tries:
            one.join(20)
        assert answers == ["slot_taken"] * 2


def test_the_booking_moves_and_stays_itself(world):
    b = world.book(at(10, 15), paid=2500)
    moved = move(world, b, at(11, 16))
    assert (moved.ref, moved.order_number, moved.link_epoch, moved.id) == (b.ref, b.order_number, b.link_epoch, b.id)
    assert manage_token(moved.store_id, moved.ref, moved.link_epoch) == manage_token(b.store_id, b.ref, b.link_epoch)
    assert (moved.starts_at, moved.status, moved.version, moved.customer_moves, moved.paid) == (at(11, 16), "confirmed", 2, 1, 2500)
    assert moved.local_start.hour == 11


def test_the_old_time_is_free_and_the_new_one_taken_at_once(world):
    b = world.book(at(10, 15))
    move(world, b, at(11, 16))
    world.book(at(10, 15), email="bea@example.com")
    refused("slot_taken", world.book, at(11, 16), email="cem@example.com")


def test_everyone_concerned_is_told_once(world):
    b = world.book(at(10, 15))
    move(world, b, at(11, 16))
    told = [(row.topic, row.recipient) for row in world.outbox("booking_moved", "merchant_booking_moved")]
    assert sorted(told) == [("booking_moved", "ada@example.com"), ("merchant_booking_moved", "elena@example.com"),
                            ("merchant_booking_moved", "shop@example.com")]
    assert len(world.outbox("booking_moved", channel="sms")) == 1


def test_one_audit_entry_for_the_move(world):
    b = world.book(at(10, 15))
    move(world, b, at(11, 16))
    rows = world.sql("select actor_kind, before->>'starts_at', after->>'starts_at' from audit_entries where booking_id = %s"
                     " and action = 'reschedule_booking'", b.id)
    assert rows == [("customer", at(10, 15).isoformat(), at(11, 16).isoformat())]


def test_allowed_exactly_24_hours_before_and_not_a_microsecond_later(world):
    b = world.book(at(10, 15))
    world.set_clock(at(10, 15) - hours(24))
    moved = move(world, b, at(12, 15))
    world.set_clock(at(12, 15) - hours(24) + timedelta(microseconds=1))
    late = refused("too_late", move, world, moved, at(13, 15))
    assert late.facts["deadline"] == at(12, 15) - hours(24)
    assert late.facts["notice_hours"] == "24"
    assert world.read(b.ref).starts_at == at(12, 15)


def test_a_refused_attempt_is_on_record(world):
    b = world.book(at(2, 15))
    world.set_clock(at(2, 14))
    refused("too_late", move, world, b, at(12, 15))
    assert world.sql("select allowed, facts->>'code' from audit_entries where booking_id = %s and not allowed", b.id) == [(False, "too_late")]


def test_the_shop_may_override_the_window(world):
    b = world.book(at(2, 15))
    world.set_clock(at(2, 14))
    refused("too_late", move, world, b, at(2, 20), by=MERCHANT)
    assert move(world, b, at(2, 20), by=MERCHANT, override=True).starts_at == at(2, 20)


def test_the_shop_may_override_hours_and_overlaps_and_both_are_flagged(world):
    b, other = world.book(at(10, 15)), world.book(at(11, 15), email="bea@example.com")
    refused("outside_hours", move, world, b, at(10, 3), by=MERCHANT)
    assert not move(world, b, at(10, 3), by=MERCHANT, override=True).conflict
    moved = move(world, b, other.starts_at, by=MERCHANT, override=True)
    assert moved.conflict and moved.overlap_ok


@pytest.mark.parametrize("when", [at(10, 15, 7), at(10, 3), at(1, 11), at(1, 12, 5)])
def test_customers_move_only_to_offered_times(world, when):
    refused("outside_hours", move, world, world.book(at(10, 15)), when)


def test_the_same_time_is_no_change(world):
    refused("no_change", move, world, world.book(at(10, 15)), at(10, 15))


def test_a_move_may_overlap_its_own_old_time(world):
    assert move(world, world.book(at(10, 15)), at(10, 15, 30)).starts_at == at(10, 15, 30)


def test_a_stale_page_changes_nothing(world):
    b = world.book(at(10, 15))
    move(world, b, at(11, 16), version=b.version)
    stale = refused("stale", move, world, b, at(12, 16), version=b.version)
    assert stale.facts["version"] == 2
    assert world.read(b.ref).starts_at == at(11, 16)


def test_the_limit_counts_customers_moves_only(world):
    service = world.add_service("Two moves", policy={"reschedule": {"limit": 2}})
    b = world.book(at(10, 15), service=service, staff=world.elena)
    move(world, b, at(10, 16), by=MERCHANT)
    move(world, b, at(10, 17))
    move(world, b, at(10, 18))
    refused("limit_reached", move, world, b, at(10, 19))
    assert move(world, b, at(10, 19), by=MERCHANT, override=True).customer_moves == 2


def test_another_person_only_where_the_policy_allows(world):
    b = world.book(at(10, 15))
    refused("not_allowed", move, world, b, at(11, 16), staff_id=world.tom)
    free = world.book(at(10, 17), service=world.add_service("Free choice", policy={"reschedule": {"change_staff": True}}), staff=world.elena)
    assert move(world, free, at(11, 16), staff_id=world.tom).staff_id == world.tom
    world.book(at(12, 16), staff=world.tom, email="x@example.com")
    assert move(world, free, at(12, 16), staff_id=ANYONE).staff_id == world.elena


def test_checked_in_and_closed_bookings_do_not_move(world):
    b, c = world.book(at(10, 15)), world.book(at(10, 17))
    arrive_booking(world.store_id, MERCHANT, b.ref)
    refused("checked_in", move, world, b, at(11, 16))
    cancel_booking(world.store_id, MERCHANT, c.ref)
    refused("closed", move, world, c, at(11, 16))
    refused("closed", move, world, c, at(11, 16), by=MERCHANT, override=True)


def test_a_switch_turned_off_acts_at_once(world):
    b = world.book(at(10, 15))
    update_service(world.store_id, MERCHANT, world.service, reschedule="off")
    refused("not_allowed", move, world, b, at(11, 16))


class TestApproval:
    """R17: the old slot stays until the shop has decided."""

    @pytest.fixture
    def asked(self, world):
        service = world.add_service("By request", policy=MANUAL)
        b = world.book(at(10, 15), service=service, staff=world.elena)
        return b, move(world, b, at(11, 16))

    def test_both_times_are_kept_while_it_waits(self, world, asked):
        b, pending = asked
        assert (pending.status, pending.starts_at) == ("pending", at(11, 16))
        assert pending.approval_deadline == world.now + hours(12)
        refused("slot_taken", world.book, at(10, 15), email="x@example.com")
        refused("slot_taken", world.book, at(11, 16), email="x@example.com")

    def test_yes_frees_the_old_time(self, world, asked):
        b, _ = asked
        assert approve_booking(world.store_id, MERCHANT, b.ref).booking.status == "confirmed"
        world.book(at(10, 15), email="x@example.com")
        assert len(world.outbox("approval_given")) == 1

    def test_no_brings_the_old_time_back(self, world, asked):
        b, _ = asked
        back = decline_booking(world.store_id, MERCHANT, b.ref).booking
        assert (back.status, back.starts_at, back.customer_moves) == ("confirmed", at(10, 15), 0)
        world.book(at(11, 16), email="x@example.com")
        assert world.outbox("approval_refused")[0].payload["because"] == "declined"

    def test_silence_brings_it_back_too_and_says_so(self, world, asked):
        b, pending = asked
        world.set_clock(pending.approval_deadline - timedelta(microseconds=1))
        assert expire_approvals(world.store_id, SYSTEM).bookings == ()
        world.set_clock(pending.approval_deadline)
        assert [x.ref for x in expire_approvals(world.store_id, SYSTEM).bookings] == [b.ref]
        assert (world.read(b.ref).status, world.read(b.ref).starts_at) == ("confirmed", at(10, 15))
        assert world.outbox("approval_refused")[0].payload["because"] == "deadline"

    def test_an_overlapping_move_keeps_what_it_leaves(self, world):
        service = world.add_service("By request", policy=MANUAL)
        b = world.book(at(10, 15), service=service, staff=world.elena)
        move(world, b, at(10, 15, 30))
        refused("slot_taken", world.book, at(10, 14, 30), email="x@example.com")
        decline_booking(world.store_id, MERCHANT, b.ref)
        assert world.read(b.ref).starts_at == at(10, 15)
        assert world.sql("select count(*) from holds") == [(0,)]

    def test_the_deadline_is_never_later_than_an_hour_before_the_old_start(self, world):
        service = world.add_service("Soon", policy=MANUAL | {"reschedule": {"notice": "PT0S"}})
        b = world.book(at(1, 18), service=service, staff=world.elena)
        assert move(world, b, at(11, 16)).approval_deadline == at(1, 17)

    @pytest.mark.parametrize("before", [0.75, 1])
    def test_too_late_to_be_answered_it_is_not_asked(self, world, before):
        """It would end as it begins."""
        service = world.add_service("Soon", policy=MANUAL | {"reschedule": {"notice": "PT0S"}})
        b = world.book(at(10, 15), service=service, staff=world.elena)
        world.set_clock(at(10, 15) - hours(before))
        late = refused("too_late", move, world, b, at(11, 16))
        assert (late.facts["notice_hours"], late.facts["deadline"], world.read(b.ref).status) == ("1", at(10, 14), "confirmed")
        world.set_clock(at(10, 15) - hours(1) - timedelta(microseconds=1))
        assert move(world, b, at(11, 16)).approval_deadline == at(10, 14)

    def test_what_needs_no_answer_moves_until_the_start(self, world):
        service = world.add_service("At once", policy={"reschedule": {"notice": "PT0S"}})
        b = world.book(at(10, 15), service=service, staff=world.elena)
        world.set_clock(at(10, 14, 45))
        assert move(world, b, at(11, 16)).status == "confirmed"

    def test_a_time_chosen_anew_has_a_deadline_of_its_own(self, world):
        """R29, A152: never after the time asked for, nor after the old one less an hour; and not run out before its hours are over."""
        service = world.add_service("By request", policy=MANUAL | {"reschedule": {"notice": "PT0S"}})
        b = world.book(at(3, 15), service=service, staff=world.elena)
        move(world, b, at(11, 16))
        world.set_clock(world.now + hours(3))
        assert move(world, b, at(1, 20)).approval_deadline == at(1, 20)
        world.set_clock(at(1, 19))
        assert move(world, b, at(12, 16)).approval_deadline == at(2, 7)
        world.set_clock(at(2, 6))
        assert move(world, b, at(12, 17)).approval_deadline == at(2, 18)

    def test_the_old_slot_is_shown_and_kept_as_taken_until_the_shop_has_decided(self, world, asked):
        """D23f: between the deadline and the look at it, and after offers that stand for longer."""
        b, pending = asked
        world.set_clock(pending.approval_deadline + hours(1))
        refused("slot_taken", world.book, at(10, 15), email="x@example.com")
        with reading(world.store_id) as tx:
            day = date(2027, 3, 10)
            assert at(10, 15) not in {slot.starts_at for slot in free_days(tx, find_offer(tx, b.service_id), day, day, staff_id=world.elena).on(day)}

    def test_choosing_the_old_time_takes_the_request_back(self, world, asked):
        b, _ = asked
        done = move(world, b, at(10, 15))
        assert (done.status, done.starts_at, done.customer_moves, done.held, done.approval_deadline) == ("confirmed", at(10, 15), 0, None, None)
        assert [row.payload["because"] for row in world.outbox("approval_refused")] == ["taken_back"]
        assert [row.recipient for row in world.outbox("merchant_offers_ended")] == ["shop@example.com"]
        assert world.sql("select count(*) from holds") == [(0,)]
        world.book(at(11, 16), email="x@example.com")

    @pytest.mark.parametrize("code", ["limit_reached", "too_late", "not_allowed"])
    def test_it_is_taken_back_as_long_as_it_waits_whatever_may_still_be_changed(self, world, code):
        """R17: the old time is kept all along, and going back there is no move (R18)."""
        service = world.add_service("By request", policy=MANUAL | {"approval_hours": 24, "reschedule": {"notice": "PT24H", "limit": 1 if code == "limit_reached" else 5}})
        b = world.book(at(10, 15), service=service, staff=world.elena)
        world.set_clock(at(1, 18))
        move(world, b, at(3, 15))
        world.set_clock(at(2, 16 if code == "too_late" else 14))
        if code == "not_allowed":
            update_service(world.store_id, MERCHANT, service, reschedule="off")
        refused(code, move, world, b, at(12, 16))
        done = move(world, b, at(10, 15))
        assert (done.status, done.starts_at, done.customer_moves, done.held) == ("confirmed", at(10, 15), 0, None)
        refused("not_allowed" if code == "not_allowed" else "no_change", move, world, b, at(10, 15))

    def test_it_is_taken_back_by_naming_the_person_it_was_with(self, world):
        service = world.add_service("By request", policy=MANUAL | {"reschedule": {"change_staff": True}})
        b = world.book(at(10, 15), service=service, staff=world.elena)
        move(world, b, at(11, 16), staff_id=world.tom)
        assert move(world, b, at(10, 15)).staff_id == world.tom, "another request: that time with the person now asked for"
        done = move(world, b, at(10, 15), staff_id=world.elena)
        assert (done.status, done.staff_id, done.customer_moves) == ("confirmed", world.elena, 0)

    def test_an_old_time_that_was_given_up_is_asked_for_like_any_other(self, world):
        service = world.add_service("By request", policy=MANUAL | {"release_old_slot_at_once": True})
        b = world.book(at(10, 15), service=service, staff=world.elena)
        move(world, b, at(11, 16))
        assert move(world, b, at(10, 15)).status == "pending"
        move(world, b, at(12, 16))
        assert world.sql("select count(*) from holds") == [(0,)], "what was given up is not kept after all"


def test_a_request_chosen_anew_ends_by_its_new_time(world):
    service = world.add_service("By request", policy=MANUAL | {"approval_hours": 24})
    b = world.book(at(10, 15), service=service, staff=world.elena, by=world_customer(world))
    assert b.approval_deadline == world.now + hours(24)
    assert move(world, b, at(1, 20)).approval_deadline == at(1, 20)
    world.set_clock(at(1, 20))
    assert [x.status for x in expire_approvals(world.store_id, SYSTEM).bookings] == ["expired"]


def test_a_request_put_off_is_not_ended_by_the_time_it_had(world):
    service = world.add_service("By request", policy=MANUAL | {"approval_hours": 24})
    for n, by in enumerate((None, MERCHANT)):
        b = world.book(at(1, 18), service=service, staff=world.elena, by=world_customer(world))
        assert b.approval_deadline == at(1, 18)
        moved = move(world, b, at(6 + n, 16), by=by or world.customer(b))
        assert (moved.status, moved.approval_deadline) == ("pending", world.now + hours(24))


def test_a_request_not_yet_approved_moves_without_notice(world):
    service = world.add_service("By request", policy=MANUAL)
    b = world.book(at(2, 15), service=service, staff=world.elena, by=world_customer(world))
    assert b.status == "pending" and b.never_approved
    world.set_clock(at(2, 14, 30) - hours(20))
    moved = move(world, b, at(3, 16))
    assert (moved.status, moved.never_approved, moved.starts_at) == ("pending", True, at(3, 16))
    world.book(at(2, 15), email="x@example.com")


def world_customer(world):
    from models.actor import Actor

    return Actor("customer", "account", None)


def race(world, jobs) -> list[str]:
    """Run all jobs at once; the outcome of each as `ok` or its refusal code."""
    outcomes, start = [], threading.Barrier(len(jobs))

    def run(job):
        start.wait()
        try:
            job()
            outcomes.append("ok")
        except Refused as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_of_twelve_moves_to_one_time_one_wins(world):
    bookings = [world.book(at(d, h), email=f"p{d}{h}@example.com") for d in (9, 10) for h in range(14, 20)]
    outcomes = race(world, [lambda b=b: move(world, b, at(12, 16)) for b in bookings])
    assert outcomes == ["ok"] + ["slot_taken"] * 11


def test_two_moves_of_one_booking_make_one_booking(world):
    b = world.book(at(10, 15))
    outcomes = race(world, [lambda h=h: move(world, b, at(12, h), version=b.version) for h in range(14, 20)])
    assert outcomes == ["ok"] + ["stale"] * 5
    assert world.sql("select count(*) from bookings") == [(1,)]


def test_without_the_constraint_and_the_check_the_race_is_lost(world):
    """The control: the database is the guard. With it off, a flagged row slips in where it must not."""
    b = world.book(at(10, 15))
    with psycopg.connect(world.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("alter table occupancies drop constraint no_double_booking")
    from sqlalchemy import text

    from models.session import transaction

    with transaction(world.store_id, MERCHANT) as tx:
        tx.db.execute(text("insert into occupancies (store_id, staff_id, kind, source_id, starts_at, ends_at)"
                           " select store_id, staff_id, 'booking', 1, starts_at, ends_at from occupancies where source_id = :id"), {"id": b.id})
    assert world.sql("select count(*) from occupancies a join occupancies b on a.id < b.id and a.staff_id = b.staff_id"
                     " and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)") == [(1,)]
