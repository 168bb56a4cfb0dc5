"""Bookings over HTTP: lists, one, every verb, money (design 4.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.quotes import sign
from booking.facts import quote_cancellation
from models.session import reading
from tests.support.world import MERCHANT, at

MANUAL = {"approval": "manual"}
SLOT = "2027-03-10T10:00:00-05:00"


def body(world, **more):
    return {"service": str(world.service), "staff": str(world.elena), "starts_at": SLOT, "customer": {"email": "ada@example.com", "name": "Ada"},
            "payments": [{"amount": 2500, "method": "card"}]} | more


def test_a_booking_is_made_and_read(api, world):
    made = api.post("/bookings", body(world))
    money = [made[name]["amount"] for name in ("price", "paid", "refunded", "owed")]
    assert (made["status"], made["version"], made["seats"], money) == ("confirmed", 1, 1, [8000, 2500, 0, 0])
    assert (made["starts_at"], made["ends_at"], made["zone"]) == (SLOT, "2027-03-10T11:00:00-05:00", "America/New_York")
    assert made["manage_url"].startswith(f"http://{world.slug}.localhost/manage/{made['ref']}?token=")
    assert made["customer"]["email"] == "ada@example.com" and "refund" not in made
    read = api.get(f"/bookings/{made['ref']}")
    more = {"policy", "move_reason", "cancel_reason", "payments", "refunds", "disputes", "offers", "audit", "messages"}
    assert {name: value for name, value in read.items() if name not in more} == made and more <= set(read)
    assert [entry["action"] for entry in read["audit"]] == ["create_booking"] and read["audit"][0]["actor"]["kind"] == "token"
    assert ("booking_confirmed", "ada@example.com", "due") in [(m["topic"], m["to"], m["state"]) for m in read["messages"]]


@pytest.mark.parametrize("more,most", [({}, 8000), ({"repeat": {"dates": 3}}, 24000), ({"parts": 2}, 16000)], ids=["one", "series", "visit"])
def test_more_than_the_price_is_paid_only_with_override(api, world, more, most):
    if "parts" in more:
        more = {"parts": [{"service": str(world.service), "staff": str(world.elena)}]}
    paid = [{"amount": most - 100, "method": "card"}, {"amount": 101, "method": "cash"}]
    problem = api.refused(422, "invalid", "POST", "/bookings", body(world, payments=paid, **more))
    assert [error["field"] for error in problem["errors"]] == ["payments.1.amount"] and "override" in problem["errors"][0]["problem"]
    made = api.post("/bookings", body(world, payments=[paid[0], {"amount": 100, "method": "cash"}], **more))
    refs = [line["ref"] for line in made.get("bookings", [made])]
    assert sum(api.get(f"/bookings/{ref}")["paid"]["amount"] for ref in refs) == most
    assert api.post("/bookings", body(world, starts_at="2027-03-11T10:00:00-05:00", payments=paid, override=True))["paid"]["amount"] == most + 1


def test_anyone_free_and_a_known_customer(api, world):
    customer = api.post("/customers", {"name": "Cem Can", "email": "cem@example.com"})
    first = api.post("/bookings", body(world, staff=None, customer=customer["id"]))
    second = api.post("/bookings", body(world, staff=None, customer=customer["id"], notify=False))
    assert {first["staff"], second["staff"]} == {str(world.elena), str(world.tom)}
    assert first["customer"] == {"id": customer["id"], "name": "Cem Can", "email": "cem@example.com", "phone": None}
    assert not [m for m in api.get(f"/bookings/{second['ref']}")["messages"] if m["to"] == "cem@example.com"]
    api.refused(409, "slot_taken", "POST", "/bookings", body(world, staff=None))


@pytest.mark.parametrize("starts_at,code", [("2027-03-10T10:30:00-05:00", "slot_taken"), ("2027-03-10T20:00:00-05:00", "outside_hours")])
def test_only_override_books_where_there_is_no_place(api, world, starts_at, code):
    world.book(at(10, 15))
    api.refused(409, code, "POST", "/bookings", body(world, starts_at=starts_at))
    made = api.post("/bookings", body(world, starts_at=starts_at, override=True))
    assert made["starts_at"] == starts_at and made["conflict"] is (code == "slot_taken")


NOT_OFFERED = {"past": "2027-02-24T10:00:00-05:00", "too soon": "2027-03-01T10:00:00-05:00", "too far": "2027-05-03T10:00:00-04:00",
               "between the steps": "2027-03-10T10:07:00-05:00"}


@pytest.mark.parametrize("starts_at", NOT_OFFERED.values(), ids=NOT_OFFERED)
def test_only_override_takes_a_start_customers_are_not_offered(api, world, starts_at):
    """Design 4.4: a write outside what customers may do answers 409 without it, with the reason (A111)."""
    update_service(world.store_id, MERCHANT, world.service, lead_time_s=6 * 3600, horizon_days=60)
    b = api.post("/bookings", body(world, starts_at="2027-03-11T10:00:00-05:00"))
    move = {"starts_at": starts_at, "version": 1}
    for path, asked in (("/bookings", body(world, starts_at=starts_at)), (f"/bookings/{b['ref']}/reschedule", move),
                        ("/bookings", body(world, starts_at=starts_at, repeat={"dates": 2})),
                        ("/bookings", body(world, starts_at=starts_at, parts=[{"service": str(world.service)}]))):
        problem = api.refused(409, "outside_hours", "POST", path, asked)
        assert "`override: true`" in problem["detail"]
    moved = api.post(f"/bookings/{b['ref']}/reschedule", move | {"override": True}, status=200)
    assert moved["starts_at"] == starts_at and moved["conflict"] is False
    api.post(f"/bookings/{b['ref']}/cancel", {"override": True}, status=200)
    assert api.post("/bookings", body(world, starts_at=starts_at, override=True))["starts_at"] == starts_at


def test_what_follows_may_start_between_the_steps_and_beyond_the_horizon(api, world):
    """The first part of a visit, the first date of a series stands where customers could book."""
    update_service(world.store_id, MERCHANT, world.service, horizon_days=14)
    short = world.add_service("Short", staff=[world.elena], duration_s=2100)
    visit = api.post("/bookings", body(world, service=str(short), starts_at="2027-03-11T10:00:00-05:00", parts=[{"service": str(world.service)}]))
    assert visit["bookings"][1]["starts_at"] == "2027-03-11T10:35:00-05:00"
    series = api.post("/bookings", body(world, repeat={"dates": 4}))
    assert series["bookings"][3]["starts_at"] == "2027-03-31T10:00:00-04:00"
    later = api.post(f"/bookings/{series['ref']}/reschedule", {"starts_at": "2027-03-10T11:00:00-05:00", "scope": "all"}, status=200)
    assert later["bookings"][3]["starts_at"] == "2027-03-31T11:00:00-04:00"


def test_a_class_too_soon_takes_override(api, world):
    course = world.add_service("Yoga", capacity=3, staff=[world.elena], lead_time_s=48 * 3600)
    world.session(course, at(2, 18))
    asked = body(world, service=str(course), starts_at="2027-03-02T13:00:00-05:00", payments=[])
    api.refused(409, "outside_hours", "POST", "/bookings", asked)
    assert api.post("/bookings", asked | {"override": True})["session"]


def test_moving_keeps_to_the_customers_window_without_override(api, world):
    b = world.book(at(10, 15))
    update_service(world.store_id, MERCHANT, world.service, policy={"reschedule": {"notice": "PT24H"}})
    booked = world.book(at(10, 20))
    moved = api.post(f"/bookings/{booked.ref}/reschedule", {"starts_at": "2027-03-11T12:00:00-05:00", "version": 1}, status=200)
    assert (moved["starts_at"], moved["version"], moved["ref"]) == ("2027-03-11T12:00:00-05:00", 2, booked.ref)
    world.set_clock(at(11, 1))
    late = {"starts_at": "2027-03-12T12:00:00-05:00"}
    problem = api.refused(409, "too_late", "POST", f"/bookings/{booked.ref}/reschedule", late)
    assert problem["deadline"].startswith("2027-03-10T17:00:00")
    assert api.post(f"/bookings/{booked.ref}/reschedule", late | {"override": True}, status=200)["starts_at"] == late["starts_at"]
    assert api.get(f"/bookings/{b.ref}")["version"] == 1


def test_moving_refuses_what_is_stale_taken_or_the_same(api, world):
    b, other = world.book(at(10, 15)), world.book(at(10, 18), email="bea@example.com")
    assert api.refused(409, "stale", "POST", f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-11T12:00:00-05:00", "version": 7})["version"] == 1
    api.refused(409, "slot_taken", "POST", f"/bookings/{b.ref}/reschedule", {"starts_at": other.starts_at.isoformat()})
    api.refused(409, "no_change", "POST", f"/bookings/{b.ref}/reschedule", {"starts_at": SLOT})
    moved = api.post(f"/bookings/{b.ref}/reschedule", {"starts_at": SLOT, "staff": str(world.tom)}, status=200)
    assert moved["staff"] == str(world.tom)


@pytest.mark.parametrize("refund,outcome,amount", [("policy", "full", 2500), ("full", "full", 2500), ("none", "forfeit", 0), ({"amount": 700}, "partial", 700)])
def test_cancelling_says_what_comes_back(api, world, refund, outcome, amount):
    b = world.book(at(10, 15), paid=2500)
    done = api.post(f"/bookings/{b.ref}/cancel", {"refund": refund, "reason": "Storm"}, status=200)
    assert done["status"] == "cancelled" and done["owed"]["amount"] == amount
    assert (done["refund"]["outcome"], done["refund"]["amount"], done["refund"]["currency"]) == (outcome, amount, "USD")
    assert done["refund"]["state"] == ("owed" if amount else "none")
    assert api.get(f"/bookings/{b.ref}")["cancel_reason"] == "Storm"
    api.refused(409, "closed", "POST", f"/bookings/{b.ref}/cancel", {"override": True})


def test_too_much_cannot_be_given_back(api, world):
    b = world.book(at(10, 15), paid=2500)
    assert api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/cancel", {"refund": {"amount": 2501}})["errors"][0]["field"] == "refund.amount"
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/refund", {"amount": 2501})
    assert api.get(f"/bookings/{b.ref}")["version"] == 1


def test_seats_of_a_party_are_dropped(api, world):
    course = world.add_service("Yoga", capacity=5, staff=[world.elena])
    world.session(course, at(12, 18), capacity=5)
    b = world.book(at(12, 18), service=course, seats=3)
    done = api.post(f"/bookings/{b.ref}/cancel", {"seats": 1}, status=200)
    assert (done["status"], done["seats"], done["price"]["amount"]) == ("confirmed", 2, 16000)


def test_the_day_at_the_shop(api, world):
    b = world.book(at(10, 15))
    for verb, state in (("arrive", "arrived"), ("ready", "ready_to_start"), ("complete", "completed")):
        assert api.post(f"/bookings/{b.ref}/{verb}", {}, status=200)["status"] == state
    api.refused(409, "closed", "POST", f"/bookings/{b.ref}/no-show", {})
    other = world.book(at(11, 15))
    assert api.post(f"/bookings/{other.ref}/no-show", {"version": 1, "override": True}, status=200)["status"] == "no_show"
    third = world.book(at(12, 15))
    api.refused(409, "stale", "POST", f"/bookings/{third.ref}/arrive", {"version": 3})
    api.refused(409, "not_allowed", "POST", f"/bookings/{third.ref}/approve", {})


def test_requests_are_approved_and_declined(api, world):
    service = world.add_service("Facial", policy=MANUAL)
    customer = world.customer(world.book(at(10, 15)))
    first = world.book(at(11, 15), service=service, by=customer, paid=2500)
    second = world.book(at(12, 15), service=service, by=customer, paid=2500)
    assert api.get("/bookings", status="pending")["items"][0]["approval_deadline"] is not None
    assert api.post(f"/bookings/{first.ref}/approve", {}, status=200)["status"] == "confirmed"
    done = api.post(f"/bookings/{second.ref}/decline", {"reason": "Full"}, status=200)
    assert (done["status"], done["refund"]["amount"], done["refund"]["state"]) == ("declined", 2500, "owed")


def test_links_are_sent_again_and_revoked(api, world):
    b = world.book(at(10, 15))
    same = api.post(f"/bookings/{b.ref}/send-manage-link", {}, status=200)
    fresh = api.post(f"/bookings/{b.ref}/revoke-link", {}, status=200)
    assert same["manage_url"] != fresh["manage_url"] and fresh["version"] == 2
    assert [row.topic for row in world.outbox("manage_link")] == ["manage_link"] * 2


def test_refunds_are_owed_listed_and_carried_out(api, world):
    card, cash = world.book(at(10, 15), paid=2500), world.book(at(11, 15), paid=900, method="cash")
    assert api.post(f"/bookings/{card.ref}/refund", {"amount": 500}, status=200)["refund"] == {
        "outcome": "partial", "amount": 500, "currency": "USD", "state": "owed"}
    api.post(f"/bookings/{cash.ref}/cancel", {"refund": "full"}, status=200)
    owed = {item["booking"]: item for item in api.get("/refunds", state="owed")["items"]}
    assert (owed[card.ref]["cause"], owed[cash.ref]["cause"]) == ("goodwill", "cancellation")
    done = api.post(f"/refunds/{owed[cash.ref]['id']}/execute", status=200)
    assert (done["state"], done["amount"]) == ("succeeded", {"amount": 900, "currency": "USD"})
    assert api.post(f"/refunds/{owed[card.ref]['id']}/execute", status=200)["state"] == "succeeded"
    api.refused(409, "not_allowed", "POST", f"/refunds/{owed[cash.ref]['id']}/execute")
    assert api.get("/refunds", state="owed")["items"] == [] and len(api.get("/refunds")["items"]) == 2
    assert api.get(f"/bookings/{cash.ref}")["refunded"]["amount"] == 900
    api.refused(422, "invalid", "GET", "/refunds", query_string={"state": "lost"})


def test_lists_filter(api, world):
    a, b = world.book(at(10, 15)), world.book(at(11, 15), email="bea@example.com", staff=world.tom)
    other = world.add_service("Facial")
    c = world.book(at(12, 15), email="cem_x@example.com", service=other, staff=world.elena)
    api.post(f"/bookings/{b.ref}/cancel", {}, status=200)

    def refs(**query):
        return [item["ref"] for item in api.get("/bookings", **query)["items"]]

    assert refs() == [a.ref, b.ref, c.ref]
    assert refs(status="cancelled") == [b.ref] and refs(status="confirmed,cancelled") == [a.ref, b.ref, c.ref]
    assert refs(staff=world.tom) == [b.ref]
    assert refs(service=other) == [c.ref] and refs(customer=a.customer_id) == [a.ref]
    assert refs(starts_from="2027-03-11T10:00:00-05:00", starts_to="2027-03-12T10:00:00-05:00") == [b.ref]
    assert refs(starts_from="2027-03-11T10:00:01-05:00") == [c.ref] and refs(starts_to="2027-03-11T15:00:01Z") == [a.ref, b.ref]
    assert refs(q="bea@") == [b.ref] and refs(q=a.ref.upper()) == [a.ref] and refs(q="cem_x@") == [c.ref] and refs(q="m_x@") == refs(q="%") == []
    assert refs(conflict="true") == [] and refs(conflict="false") == [a.ref, b.ref, c.ref]
    for wrong in ({"status": "lost"}, {"starts_from": "yesterday"}, {"limit": "0"}, {"limit": "201"}, {"limit": "²"}, {"conflict": "x"}, {"colour": "red"}):
        api.refused(422, "invalid", "GET", "/bookings", query_string=wrong)


def test_the_share_of_changes_by_customers(api, world):
    b, c = world.book(at(10, 15), paid=2500), world.book(at(11, 15))
    assert api.get("/reports/self-service")["share"] is None
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(12, 15))
    moved = world.read(b.ref)
    with reading(world.store_id) as tx:
        quote = sign(quote_cancellation(tx, moved), moved, moved.seats)
    cancel_booking(world.store_id, world.holder(moved), b.ref, quote=quote)
    api.post(f"/bookings/{c.ref}/cancel", {}, status=200)
    report = api.get("/reports/self-service")
    assert (report["changes"], report["by_customers"]) == (3, 2) and round(report["share"], 3) == 0.667
    world.set_clock(world.now + timedelta(days=31))
    assert api.get("/reports/self-service")["changes"] == 0


def test_the_trail_is_newest_first_and_filters(api, world):
    b = world.book(at(10, 15))
    api.post(f"/bookings/{b.ref}/arrive", {}, status=200)
    entries = api.get("/audit")["items"]
    assert [entry["action"] for entry in entries[:2]] == ["arrive_booking", "create_booking"]
    assert [e["action"] for e in api.get("/audit", action="arrive_booking")["items"]] == ["arrive_booking"]
    assert {e["subject_id"] for e in api.get("/audit", subject="service", subject_id=str(world.service))["items"]} == {str(world.service)}
    assert [e["id"] for e in entries] == [str(e["number"]) for e in entries], "no count of other stores' deeds"
    noted = [e["facts"] | (e["after"] or {}) for e in entries]
    assert [facts for facts in noted if "policy_id" in facts] and not any(beyond_a_double(facts) for facts in noted)


def test_a_refused_attempt_is_recorded_under_its_own_name(api, world):
    b = world.book(at(10, 15))
    world.set_clock(at(10, 16))
    api.refused(409, "too_late", "POST", f"/bookings/{b.ref}/cancel", {})
    entry = api.get(f"/bookings/{b.ref}")["audit"][-1]
    assert (entry["action"], entry["allowed"], entry["facts"]["code"]) == ("cancel_booking", False, "too_late")


def beyond_a_double(noted) -> bool:
    """Whether a number is among it that a JavaScript client would read as another one."""
    if isinstance(noted, dict | list):
        return any(map(beyond_a_double, noted.values() if isinstance(noted, dict) else noted))
    return isinstance(noted, int) and noted > 2**53


def test_nobody_has_missed_what_has_not_begun(api, world):
    """A155: a fee may follow, so it takes `override` (and at the start it takes nothing)."""
    early, other = world.book(at(10, 15)), world.book(at(10, 17))
    problem = api.refused(409, "not_allowed", "POST", f"/bookings/{early.ref}/no-show", {})
    assert "has not begun" in problem["detail"] and "override" in problem["detail"]
    assert api.post(f"/bookings/{early.ref}/no-show", {"override": True}, status=200)["status"] == "no_show"
    world.set_clock(other.starts_at - timedelta(seconds=1))
    api.refused(409, "not_allowed", "POST", f"/bookings/{other.ref}/no-show", {"version": 1})
    world.set_clock(other.starts_at)
    assert api.post(f"/bookings/{other.ref}/no-show", {"version": 1}, status=200)["status"] == "no_show"


def test_what_is_wrong_with_the_customer_stands_there(api, world):
    more = {"repeat": {"dates": 2}}, {"parts": [{"service": str(world.service), "staff": None}]}
    for extra in ({}, *more):
        for customer, fields in (({"email": "no address", "phone": "1"}, ["customer.email", "customer.phone"]), ({"phone": ""}, ["customer.name"])):
            problem = api.refused(422, "invalid", "POST", "/bookings", body(world, payments=[], customer=customer, **extra))
            assert [error["field"] for error in problem["errors"]] == fields


def test_a_note_that_is_none_is_named_as_sent(api, world):
    b = world.book(at(10, 15))
    assert api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/notes", {"text": " "})["errors"][0]["field"] == "text"


def test_a160_a_booking_is_cancelled_and_never_deleted(api, world):
    b = world.book(at(10, 15))
    assert api.send("DELETE", f"/bookings/{b.ref}").status_code == 405
    cancel_booking(world.store_id, MERCHANT, b.ref)
    assert api.send("DELETE", f"/bookings/{b.ref}").status_code == 405
    assert api.get(f"/bookings/{b.ref}")["status"] == "cancelled" and api.get("/bookings", q=b.ref)["items"][0]["ref"] == b.ref
