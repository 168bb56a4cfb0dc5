"""The waitlist by the API: who waits, with what history, how many openings were filled, and the shop's settings (R34, A154)."""

from __future__ import annotations

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.claim_earlier_slot import claim_earlier_slot, refuse_earlier_slot
from booking.actions.leave_waitlist import leave_waitlist
from models.actor import Actor
from tests.api.schema import problems_of
from tests.support.world import MERCHANT, at, hours
from tests.waitlist.line import later, offers, serve, wait

HOLDER = Actor("link", "link")


@pytest.fixture
def line(world):
    """Ada has refused a time that Bea took; Cem still waits, Dan waits no more, and Cem is asked about another time."""
    line = [wait(world, at(29 + n, 15), email=f"{name}@example.com") for n, name in enumerate(("ada", "bea"))]
    line += [wait(world, at(29 + n, 17), email=f"{name}@example.com", weekdays=[2], bands=["morning"]) for n, name in enumerate(("cem", "dan"))]
    other = world.book(at(10, 15), email="x@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    serve(world)
    refuse_earlier_slot(world.store_id, HOLDER, offers(world)[0].entry_id, offers(world)[0].id)
    serve(world)
    claim_earlier_slot(world.store_id, HOLDER, offers(world, "open")[0].entry_id, offers(world, "open")[0].id)
    leave_waitlist(world.store_id, world.customer(line[3]), line[3].ref)
    other = world.book(at(10, 16), email="x@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    serve(world)
    return line


def test_who_waits_in_which_place_with_which_history(api, world, line):
    listed = api.get("/waitlist")
    ada, bea, cem, dan = listed["items"]
    assert [(w["booking"], w["state"], w["place"]) for w in listed["items"]] == [
        (line[0].ref, "waiting", 1), (line[1].ref, "taken", None), (line[2].ref, "offered", 2), (line[3].ref, "withdrawn", None)]
    assert [(o["state"], o["starts_at"]) for o in ada["offers"]] == [("refused", "2027-03-10T10:00:00-05:00")]
    assert [o["state"] for o in bea["offers"]] == ["accepted"] and [o["state"] for o in cem["offers"]] == ["open"] and dan["offers"] == []
    assert (cem["weekdays"], cem["bands"], cem["staff"], cem["kind"]) == ([2], ["morning"], str(world.elena), "earlier")
    assert (listed["summary"]["waiting"], listed["summary"]["offered_times"], listed["summary"]["filled_times"], listed["summary"]["fill_rate"]) == (
        2, 2, 1, 0.5)
    later(world, hours(1))
    assert api.get("/waitlist", state="offered")["items"] == [] and len(api.get("/waitlist", state="waiting")["items"]) == 2


def test_filters_pages_and_bad_ones(api, world, line):
    assert [w["booking"] for w in api.get("/waitlist", state="taken,withdrawn")["items"]] == [line[1].ref, line[3].ref]
    assert api.get("/waitlist", service=str(world.service))["items"] and api.get("/waitlist", service="12")["items"] == []
    api.refused(422, "invalid", "GET", "/waitlist", query_string={"state": "hoping"})
    first = api.get("/waitlist", limit=3)
    rest = api.get("/waitlist", limit=3, cursor=first["next"])
    assert [w["booking"] for w in first["items"] + rest["items"]] == [b.ref for b in line] and rest["next"] is None


def test_someone_is_taken_off_once(api, world, line):
    waits, taken, *_ = [w["id"] for w in api.get("/waitlist")["items"]]
    assert api.send("DELETE", f"/waitlist/{waits}").status_code == 204
    assert [(w["state"], w["end_reason"]) for w in api.get("/waitlist", state="ended")["items"]] == [("ended", "removed")]
    for over in (waits, taken):
        assert api.refused(409, "closed", "DELETE", f"/waitlist/{over}")["detail"] == "They do not wait any more."


def test_without_anyone_there_is_no_rate(api):
    listed = api.get("/waitlist")
    assert (listed["items"], listed["next"], listed["summary"]["fill_rate"]) == ([], None, None)


def test_answers_fit_the_document(api, line):
    doc = api.client.get("/api/openapi.json", base_url="http://api.localhost").json
    schema = doc["paths"]["/api/merchant/v1/waitlist"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert problems_of(doc, schema, api.get("/waitlist")) == []


def test_the_shops_settings(api, world):
    changes = {"waitlist": False, "waitlist_claim_minutes": 30, "waitlist_rest_hours": 12, "offer_hours": 48, "offer_hold": True,
               "staff_noun": "therapist", "waitlist_bands": {"morning": ["05:00", "10:00"], "evening": ["18:00", "24:00"]}}
    saved = api.patch("/store", changes)
    assert {name: saved[name] for name in changes} == changes == {name: api.get("/store")[name] for name in changes}
    assert api.patch("/store", {"staff_noun": None})["staff_noun"] is None
    assert api.patch("/store", {"staff_nouns": {"de": " Ihrer  Therapeutin ", "fr": ""}})["staff_nouns"] == {"de": "Ihrer Therapeutin"}
    assert api.patch("/store", {"waitlist": True})["staff_nouns"] == {"de": "Ihrer Therapeutin"} and api.patch("/store", {"staff_nouns": {}})["staff_nouns"] == {}
    assert api.patch(f"/services/{world.service}", {"offer_hold": "off"})["offer_hold"] == "off"


@pytest.mark.parametrize(("field", "value"), [
    ("waitlist_claim_minutes", 4), ("waitlist_claim_minutes", 1441), ("waitlist_rest_hours", 0), ("waitlist_rest_hours", 169), ("offer_hours", 0),
    ("waitlist_bands", {}), ("waitlist_bands", {"night": ["22:00", "24:00"]}), ("waitlist_bands", {"morning": ["12:00", "06:00"]}),
    ("waitlist_bands", {"morning": ["6:00", "12:00"]}), ("waitlist_bands", {"morning": ["06:00", "24:01"]}), ("waitlist_bands", {"morning": ["06:00"]}),
    ("waitlist", "no"), ("offer_hold", 1), ("staff_nouns", {"pt": "terapeuta"}), ("staff_nouns", {"de": "x" * 81}), ("staff_nouns", {"de": "a\u202eb"})])
def test_wrong_settings_are_refused(api, field, value):
    before = api.get("/store")
    problem = api.refused(422, "invalid", "PATCH", "/store", {field: value})
    assert any(error["field"].startswith(field) for error in problem["errors"]) and api.get("/store") == before
