"""Figures, first steps, previews, conflicts and the chain of the trail through the API, as their screens tell them."""

from __future__ import annotations

from datetime import timedelta

import psycopg

from booking.actions.mark_booking import no_show_booking
from booking.actions.reschedule_booking import reschedule_booking
from models.actor import Actor
from tests.api.conftest import disputed, token_for
from tests.dashboard.test_diary_overview import cancel_by_customer
from tests.support.world import MERCHANT, World, at


class TestInsights:
    def test_the_figures_of_the_screen_for_any_period(self, api, world):
        made = [world.book(at(day, 15), email=f"c{day}@example.com") for day in (8, 9, 10)]
        reschedule_booking(world.store_id, world.customer(made[0]), made[0].ref, starts_at=at(8, 18))
        cancel_by_customer(world, made[1])
        reschedule_booking(world.store_id, Actor("user", "dashboard", None, "owner"), made[2].ref, starts_at=at(10, 18))
        world.set_clock(at(12, 12))
        no_show_booking(world.store_id, MERCHANT, made[0].ref)
        told = api.get("/insights")
        assert (told["first"], told["last"], told["zone"]) == ("2027-02-11", "2027-03-12", "America/New_York")
        assert (told["changes"], told["changes_by_customers"], told["self_service_share"]) == (3, 2, 2 / 3)
        assert (told["ended"], told["missed"], told["missed_share"], told["booked"]) == (2, 1, 0.5, 3)
        assert {"week": "2027-03-01", "by_customers": 2, "by_team": 1, "by_others": 0} in told["changes_by_week"]
        assert {"week": "2027-03-08", "came": 1, "missed": 1, "cancelled": 1} in told["visits_by_week"]
        assert [row["from_days"] for row in told["lead_times"]] == [0, 1, 2, 4, 8, 15, 31] and told["lead_times"][-1]["to_days"] is None
        elena = next(one for one in told["staff"] if one["name"] == "Elena Marsh")
        assert (elena["bookings"], elena["booked_minutes"], elena["open_minutes"]) == (2, 120, 30 * 8 * 60) and elena["share"] == 120 / 14400
        one_day = api.get("/insights", **{"from": "2027-03-08", "to": "2027-03-08"})
        assert (one_day["ended"], one_day["missed"], one_day["changes"], len(one_day["visits_by_week"])) == (1, 1, 0, 1)
        assert api.get("/insights", **{"from": "2026-03-12"})["last"] == "2027-03-12"

    def test_periods_that_make_no_sense(self, api):
        for query in ({"from": "2027-03-02", "to": "2027-03-01"}, {"from": "2026-01-01", "to": "2027-03-01"}, {"from": "x"}, {"to": "2027-02-30"}, {"days": "30"}):
            api.refused(422, "invalid", "GET", "/insights", query_string=query)

    def test_another_stores_figures_are_its_own(self, app, api, world, owner_url):
        other = World(owner_url)
        b = other.book(at(8, 15))
        cancel_by_customer(other, b)
        assert api.get("/insights")["changes"] == 0 and api.get("/insights")["booked"] == 0


class TestDisputes:
    def test_open_ones_come_first_due_and_decided_ones_in_pages(self, api, world):
        number = disputed(world)
        [one] = api.get("/disputes")["items"]
        assert one == api.get(f"/disputes/{number}") and (one["id"], one["status"], one["needs_answer"]) == (str(number), "needs_response", True)
        assert one["amount"] == {"amount": 2500, "currency": "USD"} and one["answer_url"].endswith("/disputes/du_1") and not one["refundable"]
        assert api.get("/disputes", state="closed")["items"] == []
        assert api.get(f"/bookings/{one['booking']}")["disputes"] == [one]
        api.refused(422, "invalid", "GET", "/disputes", query_string={"state": "lost"})
        api.refused(404, "not_found", "GET", "/disputes/1")

    def test_decided_ones(self, api, world):
        number = disputed(world, status="won", refundable=True)
        [one] = api.get("/disputes", state="closed", limit=1)["items"]
        assert (one["id"], one["needs_answer"]) == (str(number), False) and one["closed_at"] is not None and api.get("/disputes")["items"] == []


def test_the_money_of_a_booking_and_what_a_cancellation_gives_back(api, world):
    b = world.book(at(10, 15), paid=2500)
    told = api.get(f"/bookings/{b.ref}/cancellation")
    assert told == {"outcome": "full", "amount": {"amount": 2500, "currency": "USD"}, "kept": {"amount": 0, "currency": "USD"},
                    "credit": {"amount": 0, "currency": "USD"}, "full": {"amount": 2500, "currency": "USD"}, "warnings": [], "version": b.version}
    world.set_clock(b.starts_at - timedelta(hours=1))
    assert api.get(f"/bookings/{b.ref}/cancellation")["warnings"] == ["too_late"]
    api.refused(422, "invalid", "GET", f"/bookings/{b.ref}/cancellation", query_string={"seats": "2"})
    api.post(f"/bookings/{b.ref}/cancel", {"override": True, "refund": {"amount": 500}}, status=200)
    shown = api.get(f"/bookings/{b.ref}")
    assert [(p["method"], p["amount"]["amount"], p["refunded"]["amount"]) for p in shown["payments"]] == [("card", 2500, 500)]
    assert [(r["cause"], r["amount"]["amount"], r["methods"]) for r in shown["refunds"]] == [("cancellation", 500, ["card"])]
    assert any("24 hours" in line or "until" in line for line in shown["policy"])
    api.refused(409, "closed", "GET", f"/bookings/{b.ref}/cancellation")


def test_first_steps(app, api, world):
    assert api.get("/setup") == {"location": True, "staff": True, "service": True, "policy": False, "booking": False, "payments": True}
    api.patch("/store", {"policy": {"cancel": {"notice": "PT4H"}}})
    world.book(at(10, 15))
    assert all(api.get("/setup").values())


def test_a_policy_reads_as_its_customers_will_and_says_what_cannot_work(api, world):
    policy = {"reschedule": {"notice": "PT2H"}, "cancel": {"notice": "PT48H", "fee": {"amount": 9900}, "tiers": [{"at_least": "PT24H", "outcome": "full"}, {"outcome": "forfeit"}]}}
    told = api.post("/policy-preview", {"policy": policy, "service": str(world.service), "language": "de"}, status=200)
    assert told["language"] == "de" and any("verschieben" in line or "umbuchen" in line.lower() for line in told["lines"]) and told["late"]
    assert [c["field"] for c in told["concerns"]] and all(c["sentence"] for c in told["concerns"])
    assert api.get(f"/services/{world.service}")["policy"]["cancel"]["notice"] != "PT48H"
    wrong = api.refused(422, "invalid", "POST", "/policy-preview", {"policy": {"cancel": {"notice": "two days"}}})
    assert wrong["errors"][0]["field"] == "policy.cancel.notice"
    api.refused(422, "invalid", "POST", "/policy-preview", {"policy": policy, "service": "1"})


def test_conflicts_are_pairs_with_the_time_they_share(app, api, world, owner_url):
    one = world.book(at(10, 15))
    other = world.book(at(10, 15) + timedelta(minutes=30), email="bo@example.com", override=True)
    [pair] = api.get("/conflicts")["items"]
    assert {pair["one"]["booking"], pair["other"]["booking"]} == {one.ref, other.ref} and pair["staff"] == str(world.elena)
    assert (pair["starts_at"], pair["ends_at"]) == ("2027-03-10T10:30:00-05:00", "2027-03-10T11:00:00-05:00")


def test_the_trail_narrowed_and_its_chain_checked(api, world, owner_url):
    b = world.book(at(10, 15))
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 15))
    assert [one["action"] for one in api.get("/audit", who="customers")["items"]] == ["reschedule_booking"]
    assert api.get("/audit", since="2027-03-02T00:00:00Z")["items"] == [] and api.get("/audit", refused="true")["items"] == []
    numbers = [one["number"] for one in api.get("/audit", until="2027-03-02T00:00:00Z")["items"]]
    assert numbers == sorted(numbers, reverse=True) and api.get("/audit/chain") == {"entries": max(numbers), "broken_at": None}
    for query in ({"who": "x"}, {"since": "x"}, {"refused": "x"}):
        api.refused(422, "invalid", "GET", "/audit", query_string=query)
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        c.execute("alter table audit_entries disable trigger audit_is_append_only")
        c.execute("update audit_entries set actor_role = 'forged' where store_id = %s and chain = 3", (world.store_id,))
        c.execute("alter table audit_entries enable trigger audit_is_append_only")
    assert api.get("/audit/chain")["broken_at"] == 3


def test_lists_of_a_time_and_a_person(api, world):
    course = world.add_service("Yoga", capacity=3, staff=[world.elena])
    session = world.session(course, at(12, 18))
    party = world.book(at(12, 18), service=course)
    api.post("/blocks", {"staff": str(world.tom), "starts_at": "2027-03-10T09:00:00Z", "ends_at": "2027-03-12T09:00:00Z"})
    assert [one["ref"] for one in api.get("/bookings", session=session)["items"]] == [party.ref]
    assert api.get("/bookings", location=world.location)["items"][0]["session"] == str(session)
    for path, inside, outside in (("/sessions", "2027-03-12T18:30:00Z", "2027-03-12T19:30:00Z"), ("/blocks", "2027-03-11T00:00:00Z", "2027-03-12T10:00:00Z")):
        assert len(api.get(path, **{"from": inside})["items"]) == 1 and api.get(path, **{"from": outside})["items"] == []
        assert api.get(path, to="2027-03-02T00:00:00Z")["items"] == []
    assert api.get("/blocks", staff=world.elena)["items"] == [] and len(api.get("/sessions", service=course)["items"]) == 1
    api.refused(422, "invalid", "GET", "/sessions", query_string={"from": "monday"})


def test_two_records_of_one_person_are_found(app, api, world, owner_url):
    ada = world.book(at(10, 15)).customer_id
    again = api.post("/customers", {"name": "Ada again", "email": "ADA@example.com"})["id"]
    assert [one["id"] for one in api.get(f"/customers/{ada}/duplicates")["items"]] == [again]
    assert api.get(f"/customers/{again}")["preferences"] == {}
    stranger = World(owner_url)
    theirs = type(api)(app.test_client(), token_for(stranger))
    theirs.refused(404, "not_found", "GET", f"/customers/{ada}/duplicates")
