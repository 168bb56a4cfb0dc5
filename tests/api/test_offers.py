"""Counter-offers by the API: three ways to name the times, what came of them, and what is refused (R35, design 4.4)."""

from __future__ import annotations

import pytest

from booking.actions.accept_offer import accept_offer
from booking.actions.stores import update_store
from models.actor import Actor
from tests.api.schema import problems_of
from tests.support.world import MERCHANT, at

GUEST = Actor("customer", "account")


@pytest.fixture
def b(world):
    update_store(world.store_id, MERCHANT, policy={"approval": "manual"})
    return world.book(at(10, 15), by=GUEST)


def test_times_for_the_same_person_or_each_with_one(api, world, b):
    answer = api.post(f"/bookings/{b.ref}/offers", {"starts_at": ["2027-03-11T10:00:00-05:00", "2027-03-12T15:00:00Z"]})
    assert [(o["n"], o["starts_at"], o["staff"], o["state"]) for o in answer["offers"]] == [
        (1, "2027-03-11T10:00:00-05:00", str(world.elena), "open"), (2, "2027-03-12T10:00:00-05:00", str(world.elena), "open")]
    assert [o["accept_url"].rpartition("&")[2] for o in answer["offers"]] == ["offer=1", "offer=2"]
    answer = api.post(f"/bookings/{b.ref}/offers", {"offers": [{"starts_at": "2027-03-11T15:00:00Z", "staff": str(world.tom)}]})
    assert [(o["round"], o["n"], o["state"], o["staff"]) for o in answer["offers"]] == [
        (2, 1, "open", str(world.tom)), (1, 1, "void", str(world.elena)), (1, 2, "void", str(world.elena))]


def test_without_times_the_suggestions_are_offered(api, world, b):
    suggested = api.get(f"/bookings/{b.ref}/offers")["suggestions"]
    assert len(suggested) == 3
    assert [o["starts_at"] for o in api.post(f"/bookings/{b.ref}/offers", {})["offers"]] == suggested


def test_the_booking_tells_what_came_of_them(api, world, b):
    api.post(f"/bookings/{b.ref}/offers", {"starts_at": ["2027-03-11T15:00:00Z", "2027-03-12T15:00:00Z"]})
    accept_offer(world.store_id, world.holder(b), b.ref, 1)
    read = api.get(f"/bookings/{b.ref}")
    assert read["status"] == "confirmed" and [(o["n"], o["state"], o["accept_url"]) for o in read["offers"]] == [(1, "accepted", None), (2, "void", None)]


def test_an_offer_past_its_end_is_called_expired_before_anyone_has_swept(api, world, b):
    api.post(f"/bookings/{b.ref}/offers", {"starts_at": ["2027-03-11T15:00:00Z"]})
    world.set_clock(at(2, 12))
    assert [(o["state"], o["accept_url"]) for o in api.get(f"/bookings/{b.ref}/offers")["offers"]] == [("expired", None)]


@pytest.mark.parametrize("body", [
    {"starts_at": []}, {"starts_at": ["2027-03-11T15:00:00Z"] * 4}, {"starts_at": "2027-03-11T15:00:00Z"}, {"staff": "1"}, {"offers": []},
    {"starts_at": ["2027-03-11T15:00:00Z"], "offers": [{"starts_at": "2027-03-11T15:00:00Z"}]}, {"starts_at": ["2027-03-11T15:00:00"]},
    {"offers": [{"starts_at": "2027-03-11T15:00:00Z", "staff": "nobody"}]}, {"offers": [{"starts_at": "2027-03-11T15:00:00Z", "staff": "12"}]}])
def test_what_cannot_be_offered_is_invalid(api, b, body):
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/offers", body)


def test_refusals(api, world, b):
    world.book(at(12, 15), email="bea@example.com")
    problem = api.refused(409, "slot_taken", "POST", f"/bookings/{b.ref}/offers", {"starts_at": ["2027-03-11T15:00:00Z", "2027-03-12T15:00:00Z"]})
    assert problem["offer"] == 2
    api.refused(409, "stale", "POST", f"/bookings/{b.ref}/offers", {"starts_at": ["2027-03-11T15:00:00Z"], "version": 7})
    confirmed = world.book(at(15, 15))
    api.refused(409, "not_allowed", "POST", f"/bookings/{confirmed.ref}/offers", {"starts_at": ["2027-03-11T15:00:00Z"]})
    api.refused(404, "not_found", "POST", "/bookings/000000000000/offers", {"starts_at": ["2027-03-11T15:00:00Z"]})


def test_a_repeat_with_the_same_key_is_one_round(api, world, b):
    body = {"starts_at": ["2027-03-11T15:00:00Z"]}
    first = api.post(f"/bookings/{b.ref}/offers", body, key="k")
    assert api.post(f"/bookings/{b.ref}/offers", body, key="k") == first
    assert world.sql("select max(round) from counter_offers") == [(1,)] and len(world.outbox("counter_offer")) == 1


def test_answers_fit_the_document(api, b):
    doc = api.client.get("/api/openapi.json", base_url="http://api.localhost").json
    answer = api.post(f"/bookings/{b.ref}/offers", {})
    path = "/api/merchant/v1/bookings/{ref}/offers"
    schema = doc["paths"][path]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert problems_of(doc, schema, answer) == []
