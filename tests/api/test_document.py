"""The OpenAPI document and the routes are one: each is in the other, and answers fit their schema (design 4.4)."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta

import pytest

from booking.actions.join_waitlist import join_waitlist
from booking.actions.leave_feedback import leave_feedback
from booking.actions.sign_in import Asker
from booking.actions.stores import update_store
from booking.actions.withdraw import declare_withdrawal
from shopify_app.api.door import OPERATIONS, PREFIX
from shopify_app.api.shapes.base import Csv, Pdf
from tests.api.conftest import disputed, imported
from tests.api.schema import problems_of
from tests.support.world import MERCHANT, at


@pytest.fixture(scope="module")
def doc(app):
    response = app.test_client().get("/api/openapi.json", base_url="http://api.localhost")
    assert response.status_code == 200
    return response.json


def test_every_route_is_documented_and_every_operation_is_a_route(app, doc):
    documented = {(method.upper(), path) for path, item in doc["paths"].items() for method in item if path.startswith(PREFIX)}
    routed = {(method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)) for rule in app.url_map.iter_rules()
              if rule.endpoint.startswith("merchant_api.") and rule.endpoint not in ("merchant_api.openapi", "merchant_api.elsewhere")
              for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert documented == routed and len(documented) == len(OPERATIONS) == len({op.name for op in OPERATIONS})


def test_the_contract_is_there(doc):
    """Design 4.4, as far as the product goes today."""
    wanted = {"/store": "GET PATCH"} | {f"/{name}": "GET POST" for name in ("locations", "services", "staff", "blocks", "sessions", "customers", "bookings")}
    wanted |= {f"/{name}/{{id}}": "GET PATCH DELETE" for name in ("locations", "services", "staff", "blocks", "sessions", "customers")}
    wanted |= {f"/bookings/{{ref}}/{verb}": "POST" for verb in (
        "approve", "decline", "reschedule", "cancel", "arrive", "ready", "complete", "no-show", "send-manage-link", "revoke-link", "refund")}
    wanted |= {"/services/{id}/slots": "GET", "/bookings/{ref}": "GET", "/bookings/{ref}/offers": "GET POST", "/refunds": "GET", "/refunds/{id}/execute": "POST", "/audit": "GET",
               "/reports/self-service": "GET", "/waitlist": "GET", "/feedback": "GET", "/templates": "GET", "/templates/{name}": "GET PUT",
               "/feedback/{id}/reply": "POST"}
    for path, methods in wanted.items():
        assert {m.upper() for m in doc["paths"][PREFIX + path]} == set(methods.split()), path


def test_every_reference_leads_somewhere(doc):
    refs = set(re.findall(r'"\$ref": ?"#/([^"]+)"', json.dumps(doc)))
    assert refs
    for ref in refs:
        node = doc
        for part in ref.split("/"):
            node = node[part]
    names = [entry["operationId"] for item in doc["paths"].values() for entry in item.values()]
    assert len(names) == len(set(names)) and doc["openapi"] == "3.1.0"


def test_every_answer_fits_its_schema(api, world, doc):
    """Every read of a shop that has one of everything, and problems of each kind."""
    course = world.add_service("Yoga", capacity=3, staff=[world.elena])
    session = world.session(course, at(12, 18))
    webhook = api.post("/webhooks", {"url": "https://example.com/hook", "topics": ["booking.created"]})
    b = world.book(at(10, 15), paid=2500)
    api.post(f"/bookings/{b.ref}/notes", {"text": "Pays late"})
    visit = world.book(world.now - timedelta(hours=30), override=True)
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    declare_withdrawal(world.store_id, MERCHANT, name="Ada", email="ada@example.com", contract=visit.ref, asker=Asker("192.0.2.1"))
    leave_feedback(world.store_id, world.customer(visit), visit.ref, rating=5)
    assert api.send("PUT", f"/staff/{world.elena}/dates/2027-03-20", {"hours": []}).status_code == 200
    assert api.send("PUT", "/templates/reminder", {"subject": "Soon", "heading": "Soon", "body": "{when}"}).status_code == 200
    block = api.post("/blocks", {"staff": str(world.tom), "starts_at": "2027-03-10T09:00:00Z", "ends_at": "2027-03-12T09:00:00Z"})
    cancelled = world.book(at(11, 15), paid=2500)
    far = world.book(at(29, 15))
    join_waitlist(world.store_id, world.customer(far), far.ref)
    answer = api.post(f"/bookings/{cancelled.ref}/cancel", {"refund": "full"}, status=200)
    assert_fits(doc, "/bookings/{ref}/cancel", "post", 200, answer)
    world.book(at(10, 15), email="over@example.com", override=True)
    api.post("/customers", {"name": "Ada again", "email": "ada@example.com"})
    values = {"/imports": imported(api)["id"], "/disputes": disputed(world), "/locations": world.location, "/services": world.service, "/staff": world.elena, "/blocks": block["id"], "/sessions": session,
              "/customers": b.customer_id, "/bookings": b.ref, "/webhooks": webhook["id"], "/templates": "reminder",
              "/team": api.post("/team", {"email": "new@example.com", "name": "New", "role": "staff"})["id"],
              "/domains": api.post("/domains", {"host": f"book.{world.slug}.example"})["id"]}
    walked = 0
    for op in OPERATIONS:
        if op.method != "GET" or op.answer is Pdf or op.path.startswith("/shopify"):  # the shop of these tests is not Shopify's
            continue
        path = re.sub(r"{\w+}", lambda _, op=op: str(values["/" + op.path.split("/")[1]]), op.path)
        query = {"from": "2027-03-10", "to": "2027-03-12"} if path.endswith("/slots") else {}
        if op.answer is Csv:
            assert api.send(op.method, path).mimetype == "text/csv"
            continue
        body = api.get(path, **query)
        if "items" in body:
            assert body["items"], op.path
        assert_fits(doc, op.path, "get", 200, body)
        walked += 1
    assert walked >= 48
    for status, method, path, sent in ((404, "GET", "/staff/1", None), (422, "POST", "/locations", {}), (409, "POST", f"/bookings/{b.ref}/approve", {})):
        response = api.send(method, path, sent)
        assert response.status_code == status
        assert problems_of(doc, doc["components"]["schemas"]["Problem"], response.json) == []


def assert_fits(doc, path, method, status, body):
    schema = doc["paths"][PREFIX + path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    assert problems_of(doc, schema, body) == [], path


def test_the_checker_finds_what_does_not_fit(doc):
    """A guard on the guard."""
    schema = doc["components"]["schemas"]["Money"]
    assert problems_of(doc, schema, {"amount": 1, "currency": "USD"}) == []
    for wrong in ({"amount": 1}, {"amount": "1", "currency": "USD"}, {"amount": -1, "currency": "USD"}, {"amount": 1, "currency": "usd"},
                  {"amount": 1, "currency": "USD", "more": 1}, [], {"amount": True, "currency": "USD"}):
        assert problems_of(doc, schema, wrong), wrong


def test_what_can_lack_is_documented_where_no_path_names_it(api, doc):
    """The store here was never connected with Shopify."""
    for method, path, body in (("GET", "/shopify", None), ("PATCH", "/shopify", {"on_cancel": "nothing"}), ("POST", "/shopify/sync", {})):
        api.refused(404, "not_found", method, path, body)
        assert "404" in doc["paths"][PREFIX + path][method.lower()]["responses"]
    assert "404" in doc["paths"][PREFIX + "/payment-account/look"]["post"]["responses"]


def test_what_a_closed_booking_answers_is_documented(api, world, doc):
    b = world.book(at(10, 15))
    api.post(f"/bookings/{b.ref}/cancel", {}, status=200)
    api.refused(409, "closed", "GET", f"/bookings/{b.ref}/cancellation")
    for path in (PREFIX + "/bookings/{ref}/cancellation", "/api/customer/v1/bookings/{ref}/cancellation", "/api/customer/v1/bookings/{ref}/slots"):
        assert "409" in doc["paths"][path]["get"]["responses"]


def test_an_answer_that_is_not_as_documented_is_no_fault_of_who_asked(api, world, monkeypatch, caplog):
    world.book(at(10, 15))
    monkeypatch.setattr("shopify_app.api.bookings.booking_out", lambda b, origin: {"ref": 5, "customer": {"email": "ada.canary@example.com"}})
    with caplog.at_level(logging.DEBUG):
        api.refused(500, "unavailable", "GET", "/bookings")
    assert "validation errors" in caplog.text and "canary" not in caplog.text, "it is logged without what it says of a person (I65)"


def test_every_answer_is_json_also_where_routing_would_lead_elsewhere(api):
    for path in ("//bookings", "/bookings//x", "//"):
        assert api.refused(404, "not_found", "GET", path)
