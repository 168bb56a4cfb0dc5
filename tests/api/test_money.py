"""Payments, goodwill, documents and credit over the merchant API (R21, R26, R39)."""

from __future__ import annotations

from tests.support.world import World, at


def test_payments_lower_what_is_due(api, world: World):
    b = world.book(at(10, 15), paid=2500)
    assert api.get(f"/bookings/{b.ref}")["due"] == {"amount": 5500, "currency": "USD"}
    answer = api.post(f"/bookings/{b.ref}/payments", {"amount": 5000, "method": "cash"}, key="one")
    assert (answer["paid"]["amount"], answer["due"]["amount"]) == (7500, 500)
    assert api.post(f"/bookings/{b.ref}/payments", {"amount": 5000, "method": "cash"}, key="one") == answer
    problem = api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/payments", {"amount": 501, "method": "cash"})
    assert problem["errors"] == [{"field": "amount", "problem": "must be from 1 to 500, what is still to pay"}]


def test_goodwill_tells_the_customer_why(api, world):
    b = world.book(at(10, 15), paid=2500)
    answer = api.post(f"/bookings/{b.ref}/refund", {"amount": 500, "reason": "We started late"}, status=200)
    assert (answer["owed"]["amount"], answer["refund"]["amount"]) == (500, 500)
    assert api.get("/refunds")["items"][0]["reason"] == "We started late"
    assert world.outbox("refund_given")[0].payload["reason"] == "We started late"
    api.post(f"/bookings/{b.ref}/refund", {"amount": 2000, "notify": False}, status=200)
    assert len(world.outbox("refund_given")) == 1
    problem = api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/refund", {"amount": 1})
    assert problem["errors"][0]["problem"] == "nothing is left of what was paid for this booking"


def test_a_refund_names_its_parts_and_may_be_noted_as_given_by_hand(api, world):
    world.book(at(9, 15))
    b = world.book(at(10, 15), paid=2500)
    api.post(f"/bookings/{b.ref}/payments", {"amount": 1500, "method": "cash"})
    world.take_cards()
    api.post(f"/bookings/{b.ref}/cancel", {"refund": "full", "hold_money": True}, status=200)
    [refund] = api.get("/refunds", state="owed")["items"]
    assert (refund["refunded"]["amount"], refund["owed"]["amount"]) == (0, 4000)
    assert sorted((part["method"], part["amount"]["amount"], part["state"], part["by_hand"]) for part in refund["parts"]) == [
        ("card", 2500, "owed", False), ("cash", 1500, "owed", False)]
    done = api.post(f"/refunds/{refund['id']}/execute", {"by_hand": True}, status=200)
    assert (done["state"], done["refunded"]["amount"], done["owed"]["amount"]) == ("succeeded", 4000, 0)
    assert {(part["state"], part["by_hand"]) for part in done["parts"]} == {("succeeded", True)}
    [listed] = api.get(f"/bookings/{b.ref}")["refunds"]
    assert listed["parts"] == done["parts"] and listed["refunded"] == done["refunded"]
    api.refused(409, "not_allowed", "POST", f"/refunds/{refund['id']}/execute", {"by_hand": True})


def test_sums_may_be_more_than_anyone_can_send(api, world):
    course = world.add_service("Yacht", capacity=9, staff=[world.elena], price=10**12)
    world.session(course, at(12, 18), capacity=9)
    made = api.post("/bookings", {"service": str(course), "starts_at": at(12, 18).isoformat(), "seats": 9, "customer": {"name": "Ada", "email": "ada@example.com"},
                                  "payments": [{"amount": 10**12, "method": "external"}] * 2})
    assert (made["price"]["amount"], made["paid"]["amount"], made["due"]["amount"]) == (9 * 10**12, 2 * 10**12, 7 * 10**12)
    assert api.post(f"/bookings/{made['ref']}/cancel", {"refund": "full"}, status=200)["refund"]["amount"] == 2 * 10**12
    assert api.get("/refunds")["items"][0]["amount"]["amount"] == 2 * 10**12 and [b["ref"] for b in api.get("/bookings")["items"]] == [made["ref"]]
    for price in (10**12 + 1, 2**70):
        for sent in ("price", "deposit"):
            refused = api.refused(422, "invalid", "PATCH", f"/services/{course}", {sent: {"amount": price, "currency": "USD"}})
            assert [error["field"] for error in refused["errors"]] == [f"{sent}.amount"]


def test_documents_and_their_pdf(api, world):
    b = world.book(at(10, 15), paid=2500)
    items = api.get(f"/bookings/{b.ref}/documents")["items"]
    assert [(one["number"], one["kind"], one["amount"]["amount"]) for one in items] == [(1, "receipt", 2500)]
    response = api.client.get(items[0]["url"], headers={"Authorization": f"Bearer {api.token}"}, base_url="http://api.localhost")
    assert (response.mimetype, response.data[:5]) == ("application/pdf", b"%PDF-")
    api.refused(404, "not_found", "GET", f"/bookings/{b.ref}/documents/2")
    api.refused(404, "not_found", "GET", f"/bookings/{world.book(at(11, 15)).ref}/documents/1")


def test_the_stores_receipt_fields(api):
    values = {"legal_name": "Harbor LLC", "legal_address": "1 Main\nBrooklyn", "tax_id": "X1", "tax_percent": "8.875", "credit_days": 90}
    assert {key: api.patch("/store", values)[key] for key in values} == values
    assert api.patch("/store", {"tax_percent": None, "credit_days": None})["tax_percent"] is None
    for wrong in ({"tax_percent": "100"}, {"tax_percent": "-1"}, {"tax_percent": 19}, {"credit_days": 0}, {"credit_days": 4000}):
        api.refused(422, "invalid", "PATCH", "/store", wrong)


def test_credit_of_a_customer_and_spending_it(api, world):
    service = world.add_service("Credited", policy={"cancel": {"tiers": [{"outcome": "credit"}]}})
    b = world.book(at(10, 15), service=service, staff=world.elena, paid=2500)
    api.post(f"/bookings/{b.ref}/cancel", {}, status=200)
    customer = api.get(f"/customers/{b.customer_id}")
    assert customer["credit"] == [{"amount": {"amount": 2500, "currency": "USD"}, "expires_at": "2028-02-29T12:00:00Z", "place": "store"}]
    made = api.post("/bookings", {"service": str(world.service), "starts_at": "2027-03-12T15:00:00Z", "customer": str(b.customer_id), "use_credit": True})
    assert (made["paid"]["amount"], made["due"]["amount"]) == (2500, 5500)
    assert api.get(f"/customers/{b.customer_id}")["credit"] == []
