"""The customer API in the OpenAPI document: every route is there, every answer fits."""

from __future__ import annotations

import re

import pytest

from storefront.api import api
from tests.account.conftest import PREFIX
from tests.api.schema import problems_of
from tests.support.world import at


@pytest.fixture(scope="module")
def doc(app):
    return app.test_client().get("/api/openapi.json").json


def test_routes_and_document_are_one(app, doc):
    documented = {(method.upper(), path) for path, item in doc["paths"].items() for method in item if path.startswith(PREFIX)}
    routed = {(method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)) for rule in app.url_map.iter_rules()
              if rule.endpoint.startswith("customer_api.") and rule.endpoint != "customer_api.elsewhere" for method in rule.methods - {"HEAD", "OPTIONS"}}
    contract = {("GET", "/bookings"), ("GET", "/bookings/{ref}"), ("GET", "/bookings/{ref}/slots"), ("POST", "/bookings/{ref}/reschedule"),
                ("GET", "/bookings/{ref}/cancellation"), ("POST", "/bookings/{ref}/cancel"), ("POST", "/bookings/{ref}/feedback"),
                ("POST", "/bookings/{ref}/waitlist"), ("DELETE", "/bookings/{ref}/waitlist"), ("POST", "/bookings/{ref}/offers/{n}/accept"), ("POST", "/bookings/{ref}/offers/decline"),
                ("GET", "/class-waits"), ("DELETE", "/class-waits/{id}"), ("GET", "/profile"), ("PATCH", "/profile")}
    assert documented == routed == {(method, PREFIX + path) for method, path in contract}
    assert all(doc["paths"][path][method.lower()]["security"] == [{"customer": []}] for method, path in documented)


def test_answers_fit_their_schemas(world, ada, doc):
    b = world.sold(at(10, 15), paid=2500)
    quote = ada.get(f"/bookings/{b.ref}/cancellation")
    answers = [("GET", "/bookings", ada.get("/bookings")), ("GET", "/bookings/{ref}", ada.get(f"/bookings/{b.ref}")), ("GET", "/profile", ada.get("/profile")), ("GET", "/class-waits", ada.get("/class-waits")),
               ("GET", "/bookings/{ref}/slots", ada.get(f"/bookings/{b.ref}/slots", **{"from": "2027-03-10", "to": "2027-03-12"})),
               ("GET", "/bookings/{ref}/cancellation", quote),
               ("POST", "/bookings/{ref}/cancel", ada.post(f"/bookings/{b.ref}/cancel", {"quote": quote["quote"]}))]
    for method, path, answer in answers:
        schema = doc["paths"][PREFIX + path][method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
        assert problems_of(doc, schema, answer) == [], path
    problem = ada.refused(409, "closed", "GET", f"/bookings/{b.ref}/cancellation")
    assert problems_of(doc, doc["components"]["schemas"]["Problem"], problem) == []
    assert len(answers) == sum(op.method == "GET" for op in api.operations) + 1


def test_a_profile_that_is_not_there_is_documented_and_said_in_its_own_words(as_customer, doc):
    stranger = as_customer("gid://shopify/Customer/424242")
    for method, body in (("GET", None), ("PATCH", {"name": "Ada"})):
        problem = stranger.refused(404, "not_found", method, "/profile", body, language="de")
        assert "hat noch kein Profil von Ihnen" in problem["detail"] and "404" in doc["paths"][PREFIX + "/profile"][method.lower()]["responses"]
