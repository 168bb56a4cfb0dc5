"""Keys, cursors, and requests that make no sense (I12, I53, I66)."""

from __future__ import annotations

import json
import random
import threading

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from models import session
from models.session import Database
from shopify_app.api.door import OPERATIONS
from tests.api.conftest import PREFIX, Api, token_for
from tests.support.world import World, at

JUNK = [None, True, -1, 0, 1.5, 10**30, "", "x", "²", "\ud800", "ünï", "1" * 400, [], [[]], {}, {"a": {"b": None}}, "2027-03-10T15:00:00Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2027-03-10T15:00:00", "2027-03-10T15:00:30Z", "2027-02-30T15:00:00Z",
        "PT60M", "P9999D", "PT99999999S", "P", "America/New_York", "../../etc/passwd", {"amount": 1, "currency": "USD"},
        {"amount": -1, "currency": "???"}, {"email": "a@b", "name": "\u202e"}, ["1", "1"], {"mon": [["24:00", "25:00"]]}, {"mon": [["09:00"]]}]


def book(world, **more):
    return {"service": str(world.service), "staff": str(world.elena), "starts_at": "2027-03-10T15:00:00Z",
            "customer": {"email": "ada@example.com"}} | more


# Idempotency keys

def test_a_repeat_gives_the_same_answer_and_one_effect(api, world):
    first = api.send("POST", "/bookings", book(world), key="k1")
    again = api.send("POST", "/bookings", book(world), key="k1")
    assert (first.status_code, first.data) == (again.status_code, again.data) == (201, first.data)
    assert len(api.get("/bookings")["items"]) == 1
    api.refused(409, "idempotency_mismatch", "POST", "/bookings", book(world, notes="other"), key="k1")
    api.refused(409, "slot_taken", "POST", "/bookings", book(world), key="k2")


def test_a_repeat_tells_what_was_even_when_it_is_gone(api):
    body = {"name": "Pier 4", "zone": "America/New_York"}
    first = api.send("POST", "/locations", body, key="k1")
    api.patch(f"/locations/{first.json['id']}", {"name": "Pier 5"})
    assert api.send("POST", "/locations", body, key="k1").data == first.data
    removed = [api.send("DELETE", f"/locations/{first.json['id']}", key="k2").status_code for _ in range(2)]
    assert removed == [204, 204]
    assert api.send("POST", "/locations", body, key="k1").data == first.data
    assert len(api.get("/locations")["items"]) == 1


def test_a_refused_request_leaves_the_key_free(api, world):
    other = world.book(at(10, 15))
    api.refused(409, "slot_taken", "POST", "/bookings", book(world), key="k1")
    api.post(f"/bookings/{other.ref}/cancel", {}, status=200)
    assert api.send("POST", "/bookings", book(world), key="k1").status_code == 201


def test_the_same_refund_is_carried_out_once_and_told_twice(api, world):
    b = world.book(at(10, 15), paid=900, method="cash")
    api.post(f"/bookings/{b.ref}/cancel", {"refund": "full"}, status=200)
    refund = api.get("/refunds")["items"][0]["id"]
    answers = [api.send("POST", f"/refunds/{refund}/execute", key="k1") for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200] and answers[0].data == answers[1].data


def test_parallel_repeats_make_one_booking(app, api, world):
    answers = []

    def send():
        answers.append(Api(app.test_client(), api.token).send("POST", "/bookings", book(world), key="k1"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(a.status_code, a.data) for a in answers} == {(201, answers[0].data)} and len(api.get("/bookings")["items"]) == 1


def test_keys_have_a_length(api, world):
    problem = api.refused(422, "invalid", "POST", "/bookings", book(world), key="k" * 256)
    assert problem["errors"][0]["field"] == "Idempotency-Key"


# Cursors

@pytest.mark.parametrize("path,query", [
    ("/bookings", {}), ("/bookings", {"status": "confirmed"}), ("/customers", {}), ("/audit", {}), ("/services", {}), ("/staff", {}),
    ("/sessions", {}), ("/blocks", {}), ("/refunds", {})])
def test_walking_a_list_shows_each_thing_once(api, world, path, query):
    course = world.add_service("Yoga", capacity=3, staff=[world.tom])
    for n in range(5):
        b = world.book(at(10 + n, 15), email=f"c{n}@example.com", paid=100)
        api.post(f"/bookings/{b.ref}/refund", {"amount": 10}, status=200)
        api.post("/staff", {"name": "Same name", "location": str(world.location)})
        api.post("/services", {"name": "Same name", "duration": "PT60M"})
        api.post("/sessions", {"service": str(course), "staff": str(world.tom), "starts_at": at(20 + n, 15).isoformat()})
        api.post("/blocks", {"staff": str(world.tom), "starts_at": at(10, 15).isoformat(), "ends_at": at(10, 16).isoformat(), "override": True})
    whole = api.get(path, **query)["items"]
    walked, cursor = [], {}
    while True:
        page = api.get(path, limit=2, **query, **cursor)
        walked += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
        if path == "/bookings" and len(walked) == 2:
            world.book(at(9, 20), email="new@example.com")
    assert walked == whole and len(whole) >= 5


def test_cursors_belong_to_their_list_and_store(app, api, world, owner_url):
    for n in range(3):
        world.book(at(10 + n, 15), email=f"c{n}@example.com")
    cursor = api.get("/bookings", limit=1)["next"]
    assert api.get("/bookings", limit=2, cursor=cursor)["items"]
    other = World(owner_url)
    stranger = Api(app.test_client(), token_for(other))
    for by, path, query in ((stranger, "/bookings", {}), (api, "/customers", {}), (api, "/bookings", {"status": "confirmed"})):
        by.refused(422, "invalid", "GET", path, query_string=query | {"cursor": cursor})
    for wrong in (cursor[:-1], cursor + "A", "x", "..", "e30.e30"):
        api.refused(422, "invalid", "GET", "/bookings", query_string={"cursor": wrong})


# Requests that make no sense

def test_paths_and_methods_that_are_not_there(api, world):
    api.refused(404, "not_found", "GET", "/nothing")
    api.refused(404, "not_found", "GET", "/")
    api.refused(404, "not_found", "POST", "/bookings/x/y/z")
    for absent in ("/wishes",):
        api.refused(404, "not_found", "GET", absent)
    response = api.send("DELETE", "/store")
    assert response.status_code == 405 and response.headers["Allow"] == "GET, PATCH" and response.mimetype == "application/problem+json"


@pytest.mark.parametrize("text", ["0", "01", "-1", "1.0", "abc", "9" * 30, "9223372036854775808", "²", "%00", "1%20", "é", "null"])
def test_ids_that_cannot_be_are_unknown(api, text):
    unknown = api.send("GET", "/staff/1234567890123456789").data
    response = api.send("GET", f"/staff/{text}")
    assert (response.status_code, response.data) == (404, unknown)
    assert api.send("GET", f"/bookings/{text}").status_code == 404


def raw(api, data, content_type="application/json", path="/bookings"):
    return api.client.post(PREFIX + path, data=data, content_type=content_type, headers={"Authorization": f"Bearer {api.token}"},
                           base_url="http://api.localhost")


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe\xfa", b"[" * 100_000, b'{"a":' * 50_000, b'{"a": ' + b"9" * 5000 + b"}", b"nul"])
def test_unreadable_bodies(api, data):
    response = raw(api, data)
    assert (response.status_code, response.mimetype, response.json["code"]) == (400, "application/problem+json", "invalid")


def test_zero_bytes_never_reach_the_database(api):
    assert raw(api, b'{"name": "a\\u0000b", "zone": "UTC"}', path="/locations").status_code == 400
    assert raw(api, b'{"name": "a\\\\u0000b", "zone": "UTC"}', path="/locations").status_code == 201
    api.refused(422, "invalid", "GET", "/bookings", query_string={"q": "a\x00b"})


def test_other_shapes_types_and_sizes(api):
    for data in (b"[]", b'"x"', b"null", b"1", b"NaN"):
        assert raw(api, data).status_code == 422, data
    assert raw(api, b"a=b", "application/x-www-form-urlencoded").status_code == 415
    assert raw(api, b"{}", "text/plain").status_code == 415
    large = raw(api, b'{"notes": "' + b"x" * 300_000 + b'"}')
    assert (large.status_code, large.mimetype) == (413, "application/problem+json")


def test_unknown_fields_are_named(api, world):
    assert api.refused(422, "invalid", "POST", "/bookings", book(world, status="completed"))["errors"][0]["field"] == "status"
    assert api.refused(422, "invalid", "PATCH", "/store", {"last_order_number": 1})["errors"][0]["field"] == "last_order_number"
    assert api.refused(422, "invalid", "POST", "/bookings", book(world, customer={"emial": "x"}))["errors"][0]["field"] == "customer.emial"


@pytest.mark.parametrize("starts_at", ["2027-03-10T15:00:00", 1800000000, "1800000000", "2027-03-10 15:00Z", "0001-01-01T00:00:00+14:00",
                                       "9999-12-31T23:59:59-14:00", "2027-02-30T10:00:00Z", "2027-03-10T24:30:00Z", None])
def test_instants_are_rfc_3339_with_offset(api, world, starts_at):
    assert api.refused(422, "invalid", "POST", "/bookings", book(world, starts_at=starts_at))["errors"][0]["field"] == "starts_at"


def test_junk_in_any_field_is_refused_calmly(api, world):
    """Every write, every field of its shape, some of each kind of junk, around an else possible body: never a 5xx. More of it, on every
    route: `dev.py bench campaign odd_input`."""
    b = world.book(at(10, 15), paid=500)
    dice = random.Random(4)
    good = {"post_booking": book(world, starts_at="2027-03-11T15:00:00Z"), "post_location": {"name": "L", "zone": "America/New_York"},
            "post_staff": {"name": "S", "location": str(world.location)}, "post_service": {"name": "V", "duration": "PT60M"},
            "post_block": {"staff": str(world.tom), "starts_at": "2027-03-10T15:00:00Z", "ends_at": "2027-03-10T16:00:00Z"},
            "post_session": {"service": str(world.service), "staff": str(world.elena), "starts_at": "2027-03-10T15:00:00Z"},
            "post_reschedule": {"starts_at": "2027-03-12T15:00:00Z"}, "post_refund": {"amount": 1}}
    for op in OPERATIONS:
        if op.body is None:
            continue
        path = op.path.replace("{ref}", b.ref).replace("{id}", str(
            {"locations": world.location, "staff": world.tom, "services": world.service}.get(op.path.split("/")[1], 1)))
        for name in op.body.model_fields:
            for junk in dice.sample(JUNK, 5):
                body = json.dumps(good.get(op.name, {}) | {name: junk})
                response = api.client.open(PREFIX + path, method=op.method, data=body, content_type="application/json",
                                           headers={"Authorization": f"Bearer {api.token}"}, base_url="http://api.localhost")
                assert response.status_code < 500, (op.name, name, junk, response.text)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=strategies.sampled_from(["limit", "cursor", "q", "status", "starts_from", "starts_to", "customer", "staff", "service", "conflict"]),
       text=strategies.text(max_size=60))
def test_any_query_is_answered(api, name, text):
    assert api.send("GET", "/bookings", query_string={name: text}).status_code in (200, 422)


def test_the_database_away_is_a_503_that_says_so(app, api, monkeypatch):
    broken = Database("postgresql+psycopg://opencals_app@127.0.0.1:1/none")
    monkeypatch.setattr(session, "_database", broken)
    problem = api.refused(503, "unavailable", "GET", "/store")
    assert "Nothing has changed" in problem["detail"]
