"""A list by start, walked while things move: each that is there throughout is shown once (I66)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import psycopg
import pytest

from tests.support.world import at


def walk(api, path, between, **query) -> Counter:
    """Every page, two at a time; `between` runs after each."""
    seen, page = Counter(), api.get(path, limit=2, **query)
    while True:
        seen.update(item.get("ref") or item["id"] for item in page["items"])
        if page["next"] is None:
            return seen
        between()
        page = api.get(path, limit=2, cursor=page["next"], **query)


def move(api, ref: str, starts_at) -> None:
    api.post(f"/bookings/{ref}/reschedule", {"starts_at": starts_at.isoformat(), "override": True}, status=200)


@pytest.mark.parametrize("query", [{}, {"status": "confirmed"}, {"q": "ada"}, {"starts_from": "2027-03-01T00:00:00Z", "starts_to": "2027-05-01T00:00:00Z"}],
                         ids=["all", "status", "search", "between"])
@pytest.mark.parametrize("seed", range(3))
def test_bookings_that_move_to_and_fro(api, world, query, seed):
    refs = [world.book(at(10 + n, 15)).ref for n in range(9)]
    chance = random.Random(seed)
    free = [at(3 + n, 19, 30) for n in range(25)]
    chance.shuffle(free)

    def some_move():
        for ref in chance.sample(refs, 3):
            move(api, ref, free.pop())

    assert walk(api, "/bookings", some_move, **query) == Counter(refs)


def test_the_first_page_is_by_start_as_it_is_now(api, world):
    refs = [world.book(at(10 + n, 15)).ref for n in range(5)]
    move(api, refs[0], at(25, 15))
    first = api.get("/bookings", limit=2)
    assert [b["ref"] for b in first["items"]] == refs[1:3]
    assert [b["ref"] for b in api.get("/bookings", limit=2, cursor=first["next"])["items"]] == refs[3:]


def test_a_move_begun_before_the_walk_and_finished_during_it(api, world, owner_url):
    refs = [world.book(at(10 + n, 15)).ref for n in range(6)]
    with psycopg.connect(owner_url.replace("+psycopg", "")) as other:
        other.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        for ref, starts_at in ((refs[5], at(9, 15)), (refs[0], at(20, 15))):
            other.execute("update bookings set starts_at = %s, ends_at = %s, local_start = %s where ref = %s",
                          (starts_at, starts_at + timedelta(hours=1), starts_at.replace(tzinfo=None) - timedelta(hours=5), ref))
        ends = iter([other.commit])
        assert walk(api, "/bookings", lambda: next(ends, lambda: None)()) == Counter(refs)


def test_time_off_that_moves(api, world):
    ids = [api.post("/blocks", {"staff": str(world.tom), "starts_at": at(10 + n, 15).isoformat(), "ends_at": at(10 + n, 16).isoformat()})["id"]
           for n in range(6)]
    moves = iter([(ids[5], 3), (ids[0], 28), (ids[1], 27)])

    def one_moves():
        if (to := next(moves, None)) is not None:
            api.patch(f"/blocks/{to[0]}", {"starts_at": at(to[1], 15).isoformat(), "ends_at": at(to[1], 16).isoformat()})

    assert walk(api, "/blocks", one_moves) == Counter(ids)


def test_after_a_week_a_walk_begins_anew(api, world, monkeypatch):
    """By then it is forgotten how the list stood."""
    for n in range(3):
        world.book(at(10 + n, 15))
    cursor = api.get("/bookings", limit=1)["next"]
    monkeypatch.setattr("models.moved_start.LONGEST_WALK", timedelta())
    problem = api.refused(422, "invalid", "GET", "/bookings", query_string={"limit": 1, "cursor": cursor})
    assert problem["errors"][0]["field"] == "cursor"
