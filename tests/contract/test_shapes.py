"""Design 4.3 and 4.4 as they were promised: fields, codes and statuses that programs outside rely on. None may be renamed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import create_app
from jsonapi.problems import STATUS, TITLES
from models.session import database
from tests.account.conftest import Extension
from tests.api.conftest import Api, token_for
from tests.support import audit_pairs
from tests.support.shopify import ADA, KEY, SECRET, ShopWorld, customer_token
from tests.support.world import OPEN, World, at

CODES = {"slot_taken", "too_late", "limit_reached", "not_allowed", "closed", "checked_in", "stale", "quote_changed", "no_change", "outside_hours",
         "invalid", "not_found", "unauthorized", "rate_limited", "idempotency_mismatch"}
POLICY = {
    "reschedule": {"allowed": True, "notice": "PT2H", "limit": 5},
    "cancel": {"allowed": True, "notice": "PT0S", "instead_schedule": False, "fee": {"amount": 0}, "refund_mode": "automatic", "tiers": [
        {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}]},
    "approval": "automatic"}
MONEY = {"amount", "currency"}
BOOKING = {"ref", "status", "version", "service", "staff", "location", "starts_at", "ends_at", "zone", "seats", "customer", "price", "paid", "refunded",
           "owed", "manage_url", "conflict", "created_at"}
ACTIONS = {"reschedule", "cancel", "feedback", "waitlist", "card", "offers"}


@pytest.fixture(scope="module")
def app(settings, owner_url):
    audit_pairs.install(owner_url)
    yield create_app(replace(settings, shopify_api_key=KEY, shopify_api_secret=SECRET))
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url):
    return World(owner_url)


@pytest.fixture
def api(app, world):
    return Api(app.test_client(), token_for(world))


def holds(part, whole):
    """Whether every given field came back as it was written, whatever stands beside it."""
    if isinstance(part, dict):
        return all(name in whole and holds(value, whole[name]) for name, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(holds, part, whole))
    return part == whole


def test_what_is_written_is_what_is_read(api, world):
    """Each thing of the table: all its fields are taken, 201 answers with itself, reading gives the same."""
    hours = OPEN | {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "sun": []}
    location = made(api, "/locations", {"name": "Pier", "address": "1 Pier", "zone": "America/New_York"})
    staff = made(api, "/staff", {"name": "Pia", "email": "pia@example.com", "location": location, "hours": hours, "services": [str(world.service)]})
    service = made(api, "/services", {
        "name": "Cut", "duration": "PT60M", "buffer_before": "PT5M", "buffer_after": "PT10M", "step": "PT15M", "lead_time": "PT2H", "horizon": "P180D",
        "capacity": 1, "price": {"amount": 8000, "currency": "USD"}, "deposit": {"amount": 2500, "currency": "USD"}, "location": location, "staff": [staff],
        "self_service": "inherit", "approval": "automatic", "policy": POLICY})
    yoga = made(api, "/services", {"name": "Yoga", "duration": "PT60M", "capacity": 4, "staff": [staff], "price": {"amount": 900, "currency": "USD"}})
    made(api, "/blocks", {"staff": staff, "location": location, "starts_at": "2027-03-20T09:00:00-04:00", "ends_at": "2027-03-20T10:00:00-04:00", "reason": "dentist"})
    made(api, "/blocks", {"staff": None, "location": location, "starts_at": "2027-03-21T09:00:00-04:00", "ends_at": "2027-03-21T10:00:00-04:00", "reason": ""})
    made(api, "/sessions", {"service": yoga, "staff": staff, "starts_at": "2027-03-12T15:00:00-05:00", "capacity": 4})
    for self_service in ("inherit", "on", "off"):
        assert api.patch(f"/services/{service}", {"self_service": self_service})["self_service"] == self_service
    for approval in ("automatic", "manual"):
        assert api.patch(f"/services/{service}", {"approval": approval})["approval"] == approval
    for outcome in ("full", "partial", "credit", "forfeit", "none"):
        tier = {"outcome": outcome} | ({"percent": 40} if outcome == "partial" else {})
        assert api.patch(f"/services/{service}", {"policy": {"cancel": {"allowed": True, "notice": "PT0S", "tiers": [tier]}}})["policy"]["cancel"]["tiers"] == [tier]


def made(api, path, body):
    answer = api.post(path, body)
    assert holds(body, answer), (body, answer)
    assert isinstance(answer["id"], str) and api.get(f"{path}/{answer['id']}") == answer
    listed = api.get(path)
    assert set(listed) == {"items", "next"} and answer["id"] in [item["id"] for item in listed["items"]]
    return answer["id"]


def test_a_booking_from_written_to_cancelled(api, world):
    written = {"service": str(world.service), "staff": None, "starts_at": "2027-03-10T15:00:00Z", "seats": 1, "notify": True,
               "customer": {"email": "ada@example.com", "name": "Ada", "phone": "+12125550101"},
               "payments": [{"amount": 2500, "method": "card"}, {"amount": 100, "method": "cash"}, {"amount": 50, "method": "external"}]}
    b = api.post("/bookings", written, key="k")
    assert b.keys() >= BOOKING and all(b[name].keys() == MONEY for name in ("price", "paid", "refunded", "owed"))
    assert (b["starts_at"], b["zone"], b["paid"]["amount"], b["status"], b["version"]) == ("2027-03-10T10:00:00-05:00", "America/New_York", 2650, "confirmed", 1)
    one = api.get(f"/bookings/{b['ref']}")
    assert one.keys() >= BOOKING | {"audit", "messages"} and one["manage_url"].startswith(f"http://{world.slug}.localhost/manage/{b['ref']}?token=k1.")
    moved = api.post(f"/bookings/{b['ref']}/reschedule", {"starts_at": "2027-03-11T15:00:00Z", "staff": str(world.elena), "version": 1}, status=200)
    assert (moved["version"], moved["ref"], moved["staff"]) == (2, b["ref"], str(world.elena))
    api.refused(409, "stale", "POST", f"/bookings/{b['ref']}/reschedule", {"starts_at": "2027-03-12T15:00:00Z", "version": 1})
    ended = api.post(f"/bookings/{b['ref']}/cancel", {"reason": "ill", "refund": {"amount": 700}}, status=200)
    assert ended["status"] == "cancelled" and ended["refund"].keys() == {"outcome", "amount", "currency", "state"} and ended["refund"]["amount"] == 700
    api.refused(409, "closed", "POST", f"/bookings/{b['ref']}/cancel", {"refund": "policy"})
    for refund in ("policy", "full", "none"):
        other = api.post("/bookings", written | {"starts_at": "2027-03-15T15:00:00Z"})
        assert api.post(f"/bookings/{other['ref']}/cancel", {"refund": refund}, status=200)["refund"]["amount"] == {"none": 0}.get(refund, 2650)


def test_lists_take_their_filters(api, world):
    b = world.book(at(10, 15))
    world.book(at(20, 15), email="bea@example.com")
    for query in ({"q": "ada@example"}, {"status": "confirmed", "starts_to": "2027-03-15T00:00:00Z"}, {"starts_from": "2027-03-09T00:00:00Z", "starts_to": "2027-03-11T00:00:00Z"},
                  {"customer": str(b.customer_id)}, {"staff": str(world.elena), "service": str(world.service), "limit": 1}):
        assert [item["ref"] for item in api.get("/bookings", **query)["items"]] == [b.ref], query


def test_what_customers_may_not_do_needs_the_override(api, world):
    b = world.book(world.now.replace(hour=20))
    move = {"starts_at": "2027-03-02T12:00:00Z", "staff": str(world.tom), "version": 1}
    api.refused(409, "too_late", "POST", f"/bookings/{b.ref}/reschedule", move)
    assert api.post(f"/bookings/{b.ref}/reschedule", move | {"override": True}, status=200)["starts_at"] == "2027-03-02T07:00:00-05:00"


def test_slots_have_one_shape_at_both_doors(app, api, owner_url):
    shop = ShopWorld(owner_url)
    b = shop.sold(at(10, 15))
    query = {"from": "2027-03-16", "to": "2027-03-17"}
    mine = extension(app, shop).get(f"/bookings/{b.ref}/slots", **query)
    shops = Api(app.test_client(), token_for(shop)).get(f"/services/{shop.service}/slots", **query, staff=str(shop.elena))
    for answer in (mine, shops):
        assert answer.keys() >= {"zone", "days"} and answer["days"][0].keys() >= {"date", "slots"}
        assert answer["days"][0]["slots"][0].keys() >= {"starts_at", "ends_at", "staff", "seats_left"}
    assert mine["days"][0]["slots"][0]["starts_at"] == shops["days"][0]["slots"][0]["starts_at"] == "2027-03-16T09:00:00-04:00"


def extension(app, shop):
    return Extension(app.test_client(), customer_token(shop.shop, ADA))


def test_the_customers_door(app, owner_url):
    shop = ShopWorld(owner_url)
    b = shop.sold(at(20, 15), paid=2500)
    ada = extension(app, shop)
    assert [item["ref"] for item in ada.get("/bookings", when="upcoming")["items"]] == [b.ref] and ada.get("/bookings", when="past")["items"] == []
    one = ada.get(f"/bookings/{b.ref}")
    assert one["actions"].keys() == ACTIONS and all(action.keys() >= {"allowed", "reason", "sentence", "deadline"} for action in one["actions"].values())
    quote = ada.get(f"/bookings/{b.ref}/cancellation")
    assert quote.keys() >= {"outcome", "amount", "currency", "sentence", "quote"}
    moved = ada.post(f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-21T10:00:00-04:00", "version": one["version"]}, key="k")
    assert moved["starts_at"] == "2027-03-21T10:00:00-04:00"
    ada.refused(409, "stale", "POST", f"/bookings/{b.ref}/cancel", {"quote": quote["quote"]})
    fresh = ada.get(f"/bookings/{b.ref}/cancellation")
    assert ada.post(f"/bookings/{b.ref}/cancel", {"quote": fresh["quote"], "reason": "ill"})["status"] == "cancelled"
    assert ada.get("/profile").keys() >= {"name", "email", "phone", "preferences"}


def test_every_code_of_the_table_has_its_title_and_status(app):
    assert CODES <= set(TITLES)
    schema = app.test_client().get("/api/openapi.json").json["components"]["schemas"]["Problem"]
    assert CODES <= set(schema["properties"]["code"]["enum"])
    assert STATUS == {"not_found": 404, "unauthorized": 401, "rate_limited": 429, "invalid": 422}


def test_the_document_is_one_for_both(app):
    doc = app.test_client().get("/api/openapi.json").json
    assert doc["openapi"].startswith("3.1") and {path.split("/")[2] for path in doc["paths"]} == {"merchant", "customer"}
