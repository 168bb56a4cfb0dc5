"""Reminders and requests for feedback: due rows follow the booking, what is sent is decided when due (R37, R40, A160, I59, D25)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking, expire_approvals
from booking.actions.leave_feedback import leave_feedback
from booking.actions.mark_booking import complete_booking
from booking.actions.profile import update_profile
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.send_reminders import send_reminders
from booking.actions.services import update_service
from booking.actions.stores import update_store
from models.actor import SYSTEM
from models.session import database, transaction
from sync.outbox import Carrier, deliver
from tests.support.world import MERCHANT, NOW, World, at, hours


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def remind(world: World, now: datetime) -> None:
    """Look at what is due at `now`."""
    world.set_clock(now)
    while send_reminders(world.store_id, SYSTEM).facts["looked_at"]:
        pass


def look(world: World, now: datetime) -> list[tuple[str, str]]:
    """(topic, channel) of what was queued by looking at what is due at `now`."""
    seen = {row.id for channel in ("email", "sms") for row in world.outbox(channel=channel)}
    remind(world, now)
    rows = [row for channel in ("email", "sms") for row in world.outbox("reminder", "feedback_request", channel=channel)]
    return sorted((row.topic, row.channel) for row in rows if row.id not in seen)


def reminders(world: World) -> list[tuple]:
    return world.sql("select kind, lead_s::int, due_at, state from reminders where store_id = opencals_store() order by due_at")


def asked(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in found if pair[0] == "feedback_request"]


BOTH = [("reminder", "email"), ("reminder", "sms")]


def test_a_booking_has_two_reminders_and_one_question(world):
    b = world.book(at(10, 15))
    assert reminders(world) == [("before", 86400, b.starts_at - hours(24), "due"), ("before", 7200, b.starts_at - hours(2), "due"),
                                ("feedback", 0, b.ends_at, "due")]
    assert look(world, b.starts_at - hours(24) - timedelta(seconds=1)) == []
    assert look(world, b.starts_at - hours(24)) == BOTH and look(world, b.starts_at - hours(23)) == []
    assert look(world, b.starts_at - hours(2)) == BOTH and look(world, b.starts_at) == []
    assert {state for *_, state in reminders(world)} == {"sent", "due"}


def test_the_beat_finds_it(world):
    b = world.book(at(10, 15))
    world.set_clock(b.starts_at - hours(24))
    assert (world.store_id, "reminders") in database().due_stores()
    look(world, world.now)
    assert (world.store_id, "reminders") not in database().due_stores()


def test_a_reminder_carries_the_link_and_the_way_to_move(world):
    b = world.book(at(10, 15))
    look(world, b.starts_at - hours(24))
    [row] = world.outbox("reminder")
    assert f"/manage/{b.ref}?token=" in row.payload["manage_url"] and "action=reschedule" in row.payload["reschedule_url"]


def test_booked_at_short_notice_it_is_only_reminded_shortly_before(world):
    """A160."""
    world.set_clock(at(8, 15, 1))
    b = world.book(at(10, 15))
    assert look(world, b.starts_at - hours(24)) == []
    assert look(world, b.starts_at - hours(2)) == BOTH


def test_leads_are_the_services_own(world):
    update_service(world.store_id, MERCHANT, world.service, reminder_leads=[3600])
    b = world.book(at(10, 15))
    assert [(lead, due) for kind, lead, due, _ in reminders(world) if kind == "before"] == [(3600, b.starts_at - hours(1))]
    update_service(world.store_id, MERCHANT, world.service, reminder_leads=[])
    world.book(at(11, 15))
    assert len([row for row in reminders(world) if row[0] == "before"]) == 1


def test_a_move_takes_the_old_reminders_away(world):
    b = world.book(at(10, 15))
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(12, 16))
    assert [due for _, _, due, _ in reminders(world)] == [at(11, 16), at(12, 14), at(12, 17)]
    assert look(world, b.starts_at - hours(24)) == [] and look(world, b.starts_at - hours(2)) == []
    assert look(world, at(11, 16)) == BOTH


def test_what_was_sent_stays_on_record_when_the_booking_moves(world):
    b = world.book(at(10, 15))
    assert look(world, at(9, 15)) == BOTH
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(12, 15), override=True)
    assert [(due, state) for _, _, due, state in reminders(world)] == [
        (at(9, 15), "sent"), (at(11, 15), "due"), (at(12, 13), "due"), (at(12, 16), "due")]


def test_moved_away_and_back_it_is_reminded_once(world):
    b = world.book(at(20, 15))
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(21, 15))
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(20, 15))
    assert look(world, at(19, 15)) == BOTH
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(21, 15), override=True)
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(20, 15), override=True)
    assert look(world, at(19, 16)) == []


class TestAWaitingMove:
    """R17, A160: the old time was agreed when it was booked, whatever was asked for meanwhile."""

    @pytest.fixture
    def asked(self, world):
        b = world.book(at(10, 15), service=world.add_service("By request", policy={"approval": "manual"}), staff=world.elena)
        world.set_clock(b.starts_at - hours(40))
        return reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(12, 16)).booking

    def test_declined_it_is_reminded_as_before(self, world, asked):
        decline_booking(world.store_id, MERCHANT, asked.ref)
        assert [(due, state) for _, _, due, state in reminders(world)] == [(at(9, 15), "due"), (at(10, 13), "due"), (at(10, 16), "due")]
        assert look(world, at(9, 15)) == BOTH and look(world, at(9, 16)) == [] and look(world, at(10, 13)) == BOTH

    def test_what_came_due_while_it_waited_is_sent_after(self, world, asked):
        world.set_clock(at(9, 1))
        reschedule_booking(world.store_id, world.customer(asked), asked.ref, starts_at=at(13, 16))
        with transaction(world.store_id, SYSTEM) as tx:
            tx.db.execute(text("update bookings set approval_deadline = '2027-03-09T20:00Z'"))
        assert look(world, at(9, 15)) == []
        expire_approvals(world.store_id, SYSTEM)
        assert look(world, at(9, 19)) == []
        world.set_clock(at(9, 20))
        assert [b.starts_at for b in expire_approvals(world.store_id, SYSTEM).bookings] == [at(10, 15)]
        assert look(world, at(9, 20)) == BOTH and look(world, at(9, 21)) == []

    def test_approved_it_is_reminded_of_the_new_time_only(self, world, asked):
        approve_booking(world.store_id, MERCHANT, asked.ref)
        assert [look(world, now) for now in (at(9, 15), at(10, 13))] == [[], []]
        world.set_clock(asked.ends_at)
        assert asked_about_once(world, asked)


def asked_about_once(world: World, b) -> bool:
    complete_booking(world.store_id, MERCHANT, b.ref)
    return asked(look(world, b.ends_at)) == [("feedback_request", "email")] and look(world, b.ends_at + hours(3)) == []


def test_a_cancelled_booking_is_not_reminded_nor_asked_about(world):
    b = world.book(at(10, 15))
    cancel_booking(world.store_id, MERCHANT, b.ref)
    assert {state for *_, state in reminders(world)} == {"dropped"}
    assert look(world, b.starts_at - hours(24)) == [] and look(world, b.ends_at + hours(3)) == []


def test_after_an_outage_the_nearest_reminder_says_it_all(world):
    b = world.book(at(10, 15))
    assert look(world, b.starts_at - hours(1)) == BOTH
    assert look(world, b.starts_at + hours(1)) == []


def test_a_queued_reminder_is_looked_at_once_more_before_it_leaves(world, settings):
    """Queued, then cancelled, moved, or the worker was away until after the start: it stays here (D25, I59)."""
    gone, moved, late = (world.book(at(10, hour)) for hour in (15, 17, 19))
    look(world, at(9, 19))
    cancel_booking(world.store_id, MERCHANT, gone.ref, override=True)
    reschedule_booking(world.store_id, MERCHANT, moved.ref, starts_at=at(12, 15), override=True)
    world.set_clock(late.starts_at - timedelta(seconds=59))
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(text("delete from outbox where topic <> 'reminder'"))
    deliver(world.store_id, Carrier(settings))
    assert {(row.state, row.attempts) for row in world.outbox("reminder")} == {("superseded", 1)}


def test_sms_wait_for_the_end_of_quiet_hours_or_stay_away(world):
    update_store(world.store_id, MERCHANT, quiet_from="09:00", quiet_to="12:00")
    early, late = world.book(at(10, 15)), world.book(at(10, 18))
    look(world, at(9, 15))  # ten in the morning in New York
    look(world, at(9, 18))  # one in the afternoon
    assert [row.due_at for row in world.outbox("reminder", channel="sms")] == [at(9, 17), at(9, 18)]
    update_store(world.store_id, MERCHANT, quiet_from="07:00", quiet_to="11:00")
    look(world, early.starts_at - hours(2))
    assert len(world.outbox("reminder", channel="sms")) == 2, "quiet until after the start: only the mail"
    look(world, late.starts_at - hours(2))
    assert len(world.outbox("reminder", channel="sms")) == 3


def test_whoever_wants_no_reminders_gets_none(world):
    b = world.book(at(10, 15))
    update_profile(world.store_id, world.customer(b), b.customer_id, name="Ada", phone="+12125550101", locale=None, preferences={
        "email": {"transactional": True, "reminders": False}, "sms": {"transactional": False, "reminders": True}})
    assert look(world, b.starts_at - hours(24)) == [("reminder", "sms")]
    cancel_booking(world.store_id, MERCHANT, b.ref)
    assert len(world.outbox("booking_cancelled")) == 1 and world.outbox("booking_cancelled", channel="sms") == []


def test_the_visit_is_asked_about_when_it_is_completed_or_two_hours_after(world):
    done, unmarked = world.book(at(10, 15)), world.book(at(10, 17))
    world.set_clock(done.starts_at)
    complete_booking(world.store_id, MERCHANT, done.ref)
    assert asked(look(world, done.ends_at)) == [("feedback_request", "email")]
    look(world, unmarked.ends_at)
    assert len(world.outbox("feedback_request")) == 1
    look(world, unmarked.ends_at + hours(2))
    assert len(world.outbox("feedback_request")) == 2


def test_nobody_is_asked_who_has_answered_or_whose_shop_does_not_ask(world):
    b, other = world.book(at(10, 15)), world.book(at(11, 15))
    world.set_clock(b.ends_at)
    complete_booking(world.store_id, MERCHANT, b.ref)
    leave_feedback(world.store_id, world.customer(b), b.ref, rating=4)
    assert asked(look(world, b.ends_at)) == []
    update_store(world.store_id, MERCHANT, ask_feedback=False)
    assert asked(look(world, other.ends_at + hours(3))) == []


@pytest.mark.parametrize(("zone", "change"), [("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC)), ("America/New_York", datetime(2027, 11, 7, 6, tzinfo=UTC))])
def test_across_a_clock_change_with_moves_and_cancellations_and_a_worker_away(db, owner_url, settings, zone, change):
    """I59: none twice, none for an old time, none after the start, none missing that was due while somebody looked."""
    rng = random.Random(7)
    world = World(owner_url, zone=zone, now=change - timedelta(days=20))
    people = [world.staff(f"Person {n}", hours={day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})
              for n in range(2)]
    service = world.add_service("Night and day", staff=people, duration_s=1800)
    bookings = [world.book(change + timedelta(minutes=30 * n), service=service, staff=person)
                for person in people for n in range(-14, 14)]
    carrier, truth, now = _Recorder(world, settings), {b.ref: b.starts_at for b in bookings}, change - timedelta(hours=34)
    moved: set[str] = set()
    while now < change + timedelta(hours=9):
        if not change - timedelta(hours=3) <= now < change - timedelta(hours=1):  # the worker is away for two hours
            remind(world, now)
            deliver(world.store_id, carrier)
        world.set_clock(now)
        for b in rng.sample(bookings, 2):
            start = truth[b.ref]
            if start is None or start <= now:
                continue
            if rng.random() < 0.2:
                cancel_booking(world.store_id, MERCHANT, b.ref, override=True)
                truth[b.ref] = None
            elif rng.random() < 0.3:
                wanted = start + timedelta(minutes=rng.choice((-5, 5)))
                if wanted > now:
                    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=wanted, override=True)
                    truth[b.ref] = wanted
                    moved.add(b.ref)
        carrier.truth = truth
        now += timedelta(minutes=30)
    assert carrier.wrong == [] and len(carrier.sent) == len(set(carrier.sent)) and len(carrier.sent) > 60
    for ref, start in truth.items():
        if start is not None and ref not in moved:
            assert [lead for r, s, lead in carrier.sent if (r, s) == (ref, start)], ref


class _Recorder(Carrier):
    """Notes what would leave, and whether it was true when it did."""

    def __init__(self, world: World, settings) -> None:
        super().__init__(settings)
        self.world, self.truth, self.sent, self.wrong = world, None, [], []

    def send(self, row) -> None:
        if row.topic != "reminder" or row.channel != "email":
            return
        ref, start = row.payload["booking"]["ref"], datetime.fromisoformat(row.payload["booking"]["starts_at"])
        if self.truth is not None and self.truth[ref] != start or self.world.now >= start:
            self.wrong.append((ref, start, self.world.now))
        self.sent.append((ref, start, row.payload["at"]))


def test_rows_of_imported_bookings_are_there_too(world):
    """The trigger sees every writer; what is past has none."""
    past = world.book(NOW - timedelta(days=3), override=True)
    assert world.sql("select count(*) from reminders where booking_id = %s", past.id) == [(0,)]
