"""Series and visits over the merchant API (R31, R32)."""

from __future__ import annotations

import pytest

from tests.support.world import World, at


@pytest.fixture
def body(world: World) -> dict:
    return {"service": str(world.service), "staff": str(world.elena), "starts_at": "2027-03-05T15:00:00Z", "customer": {"email": "ada@example.com"},
            "payments": [{"amount": 100, "method": "cash"}]}


def refs(answer):
    return [line["ref"] for line in answer["bookings"]]


class TestSeries:
    @pytest.fixture
    def made(self, api, body):
        return api.post("/bookings", body | {"repeat": {"dates": 4}})

    def test_it_is_made_at_one_wall_time(self, api, made):
        assert [line["starts_at"] for line in made["bookings"]] == [
            "2027-03-05T10:00:00-05:00", "2027-03-12T10:00:00-05:00", "2027-03-19T10:00:00-04:00", "2027-03-26T10:00:00-04:00"]
        assert [b["ref"] for b in api.get("/bookings", series=made["series"])["items"]] == refs(made)
        assert [b["paid"]["amount"] for b in api.get("/bookings", series=made["series"])["items"]] == [25, 25, 25, 25]

    def test_dates_that_do_not_fit_are_named(self, api, world, body):
        world.book(at(12, 15), email="bea@example.com")
        problem = api.refused(409, "slot_taken", "POST", "/bookings", body | {"repeat": {"dates": 3}})
        assert problem["dates"] == [{"ref": None, "starts_at": "2027-03-12T15:00:00+00:00", "code": "slot_taken"}]

    def test_moving_following_dates(self, api, made):
        second = refs(made)[1]
        moved = api.post(f"/bookings/{second}/reschedule", {"starts_at": "2027-03-13T16:00:00Z", "scope": "following"}, status=200)
        assert (moved["ref"], refs(moved)) == (second, refs(made)[1:])
        assert [line["starts_at"] for line in moved["bookings"]] == [
            "2027-03-13T11:00:00-05:00", "2027-03-20T11:00:00-04:00", "2027-03-27T11:00:00-04:00"]
        assert api.get(f"/bookings/{refs(made)[0]}")["version"] == 1

    def test_cancelling_all_gives_the_sum(self, api, made):
        done = api.post(f"/bookings/{refs(made)[0]}/cancel", {"scope": "all", "refund": "full"}, status=200)
        assert (len(done["bookings"]), done["refund"]) == (4, {"outcome": "full", "amount": 100, "currency": "USD", "state": "owed"})
        assert {b["status"] for b in api.get("/bookings", series=made["series"])["items"]} == {"cancelled"}

    def test_this_is_the_default(self, api, made):
        assert "bookings" not in api.post(f"/bookings/{refs(made)[0]}/cancel", {}, status=200)

    def test_a_stale_version_changes_nothing(self, api, made):
        api.refused(409, "stale", "POST", f"/bookings/{refs(made)[0]}/cancel", {"scope": "all", "version": 7})
        api.refused(409, "stale", "POST", f"/bookings/{refs(made)[0]}/reschedule", {"scope": "all", "version": 7, "starts_at": "2027-03-06T15:00:00Z"})


class TestVisit:
    @pytest.fixture
    def made(self, api, world, body):
        cut = world.add_service("Cut", price=4000)
        return api.post("/bookings", body | {"parts": [{"service": str(cut)}]})

    def test_parts_back_to_back(self, api, made):
        assert [line["starts_at"] for line in made["bookings"]] == ["2027-03-05T10:00:00-05:00", "2027-03-05T11:00:00-05:00"]
        assert len(api.get("/bookings", visit=made["visit"])["items"]) == 2

    def test_it_moves_and_ends_as_a_block(self, api, made):
        moved = api.post(f"/bookings/{refs(made)[1]}/reschedule", {"starts_at": "2027-03-05T16:00:00Z", "scope": "visit"}, status=200)
        assert [line["starts_at"] for line in moved["bookings"]] == ["2027-03-05T11:00:00-05:00", "2027-03-05T12:00:00-05:00"]
        done = api.post(f"/bookings/{refs(made)[0]}/cancel", {"scope": "visit", "refund": "full"}, status=200)
        assert (done["refund"]["amount"], len(done["bookings"])) == (100, 2)

    def test_a_part_that_is_closed_says_which_way(self, api, made):
        api.post(f"/bookings/{refs(made)[1]}/cancel", {}, status=200)
        for verb, asked in (("reschedule", {"starts_at": "2027-03-05T16:00:00Z"}), ("cancel", {})):
            problem = api.refused(409, "closed", "POST", f"/bookings/{refs(made)[1]}/{verb}", asked | {"scope": "visit"})
            assert problem["state"] == "cancelled" and "()" not in problem["detail"]


@pytest.mark.parametrize(("changes", "fields"), [
    ({"repeat": {"dates": 1}}, ["repeat.dates"]), ({"repeat": {"dates": 3}, "use_credit": True}, ["use_credit"]),
    ({"parts": [{"service": "1"}], "repeat": {"dates": 3}, "seats": 2}, ["repeat", "seats"]), ({"parts": [{"service": "x"}]}, ["parts.0.service"]),
    ({"parts": [{"service": "1"}]}, ["parts.0.service"])])
def test_what_does_not_go_together(api, body, changes, fields):
    assert [error["field"] for error in api.refused(422, "invalid", "POST", "/bookings", body | changes)["errors"]] == fields


def test_where_no_date_is_left_that_is_said(api, world):
    b = world.book(at(10, 15))
    world.set_clock(at(11, 15))
    for verb, asked in (("cancel", {}), ("reschedule", {"starts_at": "2027-03-11T15:00:00Z"})):
        assert api.refused(409, "no_change", "POST", f"/bookings/{b.ref}/{verb}", asked | {"scope": "all"})["detail"] == "None of the dates that are meant is still to come."


def test_scopes_that_mean_nothing(api, world):
    b = world.book(at(10, 15))
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/cancel", {"scope": "all", "seats": 1})
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/cancel", {"scope": "all", "refund": {"amount": 1}})
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/cancel", {"scope": "these"})
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/reschedule", {"scope": "visit", "staff": str(world.tom), "starts_at": "2027-03-11T15:00:00Z"})
