"""Forty people, one freed time; random days of a shop: the right one gets it, nobody hears too often, nothing overlaps, chains end (R34, I1, I14, I37)."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import psycopg
import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.claim_earlier_slot import claim_earlier_slot, refuse_earlier_slot
from booking.actions.fill_openings import expire_waiting
from booking.actions.leave_waitlist import leave_waitlist
from booking.actions.reschedule_booking import reschedule_booking
from booking.rules.decision import Refused
from models.actor import SYSTEM, Actor
from tests.support.world import MERCHANT, World, at, hours
from tests.waitlist.line import entry_states, later, offers, serve, until_it_waits, wait

HOLDER = Actor("link", "link")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def crowd(world: World, people: int):
    """One booking an hour from March 16 on, eight a day, in the order of the queue."""
    return [wait(world, at(16 + n // 8, 13 + n % 8), email=f"p{n}@example.com") for n in range(people)]


def claim(world: World, row):
    return claim_earlier_slot(world.store_id, HOLDER, row.entry_id, row.id).booking


def hearings(world: World) -> dict[str, list]:
    """When each customer was written to about a free time."""
    heard: dict[str, list] = {}
    for row in world.outbox("earlier_slot"):
        heard.setdefault(row.recipient, []).append(row.created_at)
    return heard


def at_most_once_in_six_hours(world: World) -> bool:
    return all(later - earlier >= hours(6) for times in hearings(world).values() for earlier, later in zip(times, times[1:], strict=False))


def no_overlap(world: World) -> bool:
    return world.sql("select 1 from occupancies a join occupancies b on a.staff_id = b.staff_id and a.id < b.id"
                     " and a.starts_at < b.ends_at and b.starts_at < a.ends_at"
                     " and (a.expires_at is null or a.expires_at > %s) and (b.expires_at is null or b.expires_at > %s)", world.now, world.now) == []


def together(*calls) -> list:
    """Results, or the codes of refusals, of calls begun at the same moment."""
    start, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(n: int, call) -> None:
        start.wait()
        try:
            results[n] = call()
        except Refused as no:
            results[n] = no.code

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return results


def test_forty_wait_for_one_freed_time(world):
    """The first refuses, the second lets it pass, the third clicks twice while the fourth tries too; then the chain runs to its end."""
    line = crowd(world, 40)
    other = world.book(at(10, 15), email="leaving@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    serve(world)
    assert [row.ref for row in offers(world, "open")] == [line[0].ref]
    refuse_earlier_slot(world.store_id, HOLDER, offers(world)[0].entry_id, offers(world)[0].id)
    serve(world)
    assert [row.ref for row in offers(world, "open")] == [line[1].ref]
    later(world, hours(1))
    serve(world)
    third, = offers(world, "open")
    assert third.ref == line[2].ref
    fourth = world.sql("select id from waitlist_entries where booking_id = %s", line[3].id)[0][0]
    results = together(
        lambda: claim(world, third), lambda: claim(world, third),
        lambda: claim_earlier_slot(world.store_id, HOLDER, fourth, third.id),
        lambda: world.book(at(10, 15), email="walk-in@example.com", by=Actor("customer", "account")))
    assert [getattr(r, "ref", r) for r in results if r not in ("stale", "not_found", "slot_taken")] == [line[2].ref]
    assert sorted(r for r in results if isinstance(r, str)) == ["not_found", "slot_taken", "stale"]
    assert world.read(line[2].ref).starts_at == at(10, 15)

    # Each one who is asked says yes: the time they leave goes to the next whose booking is later.
    rounds = 0
    while True:
        serve(world)
        standing = offers(world, "open")
        if not standing:
            break
        for row in standing:
            claim(world, row)
        rounds += 1
        assert rounds <= 40 and no_overlap(world)
    moved = [b for b in line if world.read(b.ref).starts_at != b.starts_at]
    assert all(world.read(b.ref).starts_at < b.starts_at for b in moved) and len(moved) > 30
    assert at_most_once_in_six_hours(world) and all(len(times) == 1 for times in hearings(world).values())
    states = entry_states(world)
    assert [states[b.ref] for b in line[:3]] == ["waiting", "waiting", "taken"]
    # The two who said no at first may be told of what is left over when they have rested; then nothing is left to look at.
    later(world, hours(6))
    serve(world)
    for row in offers(world, "open"):
        claim(world, row)
    later(world, hours(6))
    serve(world)
    assert world.sql("select 1 from openings where due_at <= %s", world.now) == [] and at_most_once_in_six_hours(world)


def test_the_click_and_the_end_of_its_window_at_once_have_one_outcome(world):
    line = crowd(world, 2)
    other = world.book(at(10, 15), email="leaving@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    serve(world)
    row, = offers(world)
    world.set_clock(row.expires_at)
    assert together(lambda: claim(world, row), lambda: expire_waiting(world.store_id, SYSTEM) and "done")[0] == "stale"
    assert offers(world)[0].state == "expired" and world.read(line[0].ref).starts_at == line[0].starts_at


def test_a_cancellation_and_the_claim_of_the_same_booking_at_once(world):
    """Either the move comes first and is cancelled there, or the claim finds nothing: never a moved corpse, never a lost hold."""
    for n in range(4):
        b = wait(world, at(16 + n, 15), email=f"c{n}@example.com")
        other = world.book(at(8 + n, 15), email="leaving@example.com")
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
        serve(world)
        # Whoever moved and then left has freed a time of an earlier round: the offer says which one it is.
        row = [row for row in offers(world, "open") if row.ref == b.ref][0]
        results = together(lambda row=row: claim(world, row), lambda b=b: cancel_booking(world.store_id, MERCHANT, b.ref, override=True).booking)
        end = world.read(b.ref)
        assert end.status == "cancelled" and getattr(results[1], "status", None) == "cancelled"
        state = [row.state for row in offers(world) if row.ref == b.ref][0]
        assert end.starts_at == (row.starts_at if state == "accepted" else b.starts_at) and state in ("accepted", "void")
        assert world.sql("select 1 from holds") == []


def test_who_leaves_at_the_very_moment_is_not_asked(world, db, owner_url):
    """The line is read, then one in it goes before the time is held for them: the second look under the entry's lock sees it."""
    gone, stays = crowd(world, 2)
    other = world.book(at(10, 15), email="leaving@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    server = threading.Thread(target=lambda: serve(world))
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as watcher, db.transaction(world.store_id, HOLDER) as tx:
        leave_waitlist.within(tx, gone.ref)
        server.start()
        until_it_waits(watcher, server)
    server.join()
    assert [row.ref for row in offers(world)] == [stays.ref]


def test_four_servers_at_once_ask_each_person_once(world):
    """Two beats may overlap when a leader is replaced."""
    line = crowd(world, 12)
    for n in range(4):
        other = world.book(at(8 + n, 15), email="leaving@example.com")
        cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    together(*[lambda: serve(world)] * 4)
    serve(world)
    standing = offers(world, "open")
    assert sorted(row.starts_at for row in standing) == [at(8 + n, 15) for n in range(4)]
    assert {row.ref for row in standing} == {b.ref for b in line[:4]} and at_most_once_in_six_hours(world)


@pytest.mark.parametrize("seed", range(2))
def test_random_days_of_a_shop(world, seed):
    """All want any time with the same person, so a model can say who is next for a time: the oldest waiting, later, rested, not asked for it."""
    dice = random.Random(seed)
    line = crowd(world, 10)
    told: dict[str, object] = {}
    asked: set[tuple[str, object]] = set()
    seen: set[int] = set()
    for _ in range(30):
        act = dice.choice(["cancel", "free", "claim", "claim", "refuse", "leave", "move", "wait", "long"])
        b = dice.choice(line)
        standing = offers(world, "open")
        try:
            if act == "cancel":
                cancel_booking(world.store_id, MERCHANT, b.ref, override=True)
            elif act == "free":
                other = world.book(at(dice.randint(3, 12), 14 + dice.randint(0, 6)), email="x@example.com")
                cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
            elif act in ("claim", "refuse") and standing:
                row = dice.choice(standing)
                claim(world, row) if act == "claim" else refuse_earlier_slot(world.store_id, HOLDER, row.entry_id, row.id)
            elif act == "leave":
                leave_waitlist(world.store_id, world.customer(b), b.ref)
            elif act == "move":
                reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(dice.randint(24, 30), 13 + dice.randint(0, 7)))
            elif act in ("wait", "long"):
                later(world, timedelta(minutes=dice.choice([20, 60, 200])) if act == "wait" else hours(6))
        except Refused as no:
            assert no.code in ("slot_taken", "closed", "stale", "no_change")
        before = entry_states(world)
        serve(world)
        for row in offers(world):
            if row.id in seen:
                continue
            seen.add(row.id)
            # The model: who stands before this one in line and could have been asked for this time instead?
            for other in line[:next(n for n, mine in enumerate(line) if mine.ref == row.ref)]:
                now = world.read(other.ref)
                passed_over = (before.get(other.ref) == "waiting" and now.starts_at > row.starts_at
                               and (told.get(other.ref) is None or world.now - told[other.ref] >= hours(6))
                               and not any(ref == other.ref and abs(start - row.starts_at) < hours(1) for ref, start in asked))
                assert not passed_over, (seed, other.ref, row)
            assert told.get(row.ref) is None or world.now - told[row.ref] >= hours(6)
            told[row.ref] = world.now
            asked.add((row.ref, row.starts_at))
        assert no_overlap(world) and at_most_once_in_six_hours(world)
        for row in offers(world, "open"):
            assert entry_states(world)[row.ref] == "waiting" and row.starts_at < world.read(row.ref).starts_at
