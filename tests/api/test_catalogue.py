"""Store, locations, staff, services, time off, class dates, customers over HTTP (design 4.4)."""

from __future__ import annotations

import psycopg
import pytest

from tests.support.world import at

POLICY = {
    "reschedule": {"allowed": True, "notice": "PT2H", "limit": 5},
    "cancel": {"allowed": True, "notice": "PT0S", "instead_schedule": False, "tiers": [
        {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}],
        "fee": {"amount": 0}, "refund_mode": "automatic"},
    "approval": "automatic"}
HOURS = {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "sun": []}


def ids(page):
    return [item["id"] for item in page["items"]]


def test_the_store_shows_and_changes_its_defaults(api, world):
    store = api.get("/store")
    assert (store["id"], store["currency"], store["zone"], store["cancel"]) == (str(world.store_id), "USD", "America/New_York", True)
    changed = api.patch("/store", {"cancel": False, "policy": POLICY, "phone": None})
    assert changed["cancel"] is False and changed["phone"] is None
    assert changed["policy"]["cancel"]["tiers"] == POLICY["cancel"]["tiers"]
    assert api.get("/store") == changed
    for locale in ("XYZ", "PT-5M", "e1", "de_"):
        assert api.refused(422, "invalid", "PATCH", "/store", {"locale": locale})["errors"][0]["field"] == "locale"
    for locale in ("pt-BR", "zh_Hant_TW", "de"):
        assert api.patch("/store", {"locale": locale})["locale"] == locale
    api.patch("/store", {"locale": store["locale"]})
    problem = api.refused(422, "invalid", "PATCH", "/store", {"zone": "CET"})
    assert problem["errors"][0]["field"] == "zone"


def test_a_location_is_made_changed_and_removed(api):
    made = api.post("/locations", {"name": "Pier 4", "address": "4 Pier Road", "zone": "America/Chicago"})
    assert made == {"id": made["id"], "name": "Pier 4", "address": "4 Pier Road", "zone": "America/Chicago", "phone": None, "email": None,
                    "active": True, "kind": "place", "meeting_url": None}
    assert api.get(f"/locations/{made['id']}") == made
    assert api.patch(f"/locations/{made['id']}", {"email": "pier@example.com"})["email"] == "pier@example.com"
    assert made["id"] in ids(api.get("/locations"))
    api.delete(f"/locations/{made['id']}")
    api.refused(404, "not_found", "GET", f"/locations/{made['id']}")


def test_a_place_online_gives_its_bookings_a_link(api, world):
    """A149: the link stands in the booking; one that is not online cannot have one."""
    api.refused(422, "invalid", "POST", "/locations", {"name": "X", "zone": "America/Chicago", "meeting_url": "https://meet.example/a"})
    room = api.post("/locations", {"name": "Room", "zone": "America/Chicago", "kind": "online", "meeting_url": "https://meet.example/a"})
    api.patch(f"/staff/{world.elena}", {"location": room["id"]})
    made = world.book(at(12, 16))
    assert {k: api.get(f"/bookings/{made.ref}")[k] for k in ("place", "meeting_url", "delivery_address")} == {
        "place": "online", "meeting_url": "https://meet.example/a", "delivery_address": ""}
    api.patch(f"/locations/{room['id']}", {"kind": "delivery"})
    walk = api.post("/bookings", {"service": str(world.service), "staff": str(world.elena), "starts_at": "2027-03-15T16:00:00Z",
                                  "customer": {"email": "a@example.com", "name": "A"}, "delivery_address": "7 Pier Road"})
    assert (walk["place"], walk["meeting_url"], walk["delivery_address"]) == ("delivery", None, "7 Pier Road")


def test_a_location_in_use_becomes_inactive(api, world):
    api.delete(f"/locations/{world.location}")
    assert api.get(f"/locations/{world.location}")["active"] is False


def test_a_location_with_class_dates_is_never_lost(api, world):
    """Everyone has moved away, the dates are still there: whether it is refused or kept as inactive, it can be read."""
    course = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(course, at(12, 18))
    elsewhere = api.post("/locations", {"name": "Pier 4", "zone": "America/New_York"})["id"]
    for person in (world.elena, world.tom):
        api.patch(f"/staff/{person}", {"location": elsewhere})
    assert api.send("DELETE", f"/locations/{world.location}").status_code in (204, 409)
    assert api.get(f"/locations/{world.location}")["id"] == api.get(f"/sessions/{session}")["location"]


def test_removing_what_is_just_being_used_is_refused(api, world, owner_url):
    """The booking is committed between the check and the removal: the foreign key refuses, and the answer says so."""
    service = api.post("/services", {"name": "X", "duration": "PT60M", "staff": [str(world.elena)]})["id"]
    with psycopg.connect(owner_url.replace("+psycopg", "")) as connection:
        connection.execute("create function use_it() returns trigger language plpgsql as $$ begin"
                           " update bookings set service_id = old.id where store_id = old.store_id; return old; end $$")
        connection.execute("create trigger use_it before delete on services for each row execute function use_it()")
    try:
        world.book(at(10, 15))
        api.refused(409, "not_allowed", "DELETE", f"/services/{service}")
    finally:
        with psycopg.connect(owner_url.replace("+psycopg", "")) as connection:
            connection.execute("drop function use_it cascade")
    assert api.get(f"/services/{service}")["staff"] == [str(world.elena)]


def test_staff_carry_hours_and_services(api, world):
    made = api.post("/staff", {"name": "Nia Cole", "email": "nia@example.com", "location": str(world.location), "hours": HOURS,
                               "services": [str(world.service)]})
    assert (made["hours"], made["services"], made["location"]) == (HOURS, [str(world.service)], str(world.location))
    changed = api.patch(f"/staff/{made['id']}", {"services": [], "email": None, "hours": {"tue": [["10:00", "11:00"]]}})
    assert (changed["services"], changed["email"], changed["hours"]) == ([], None, {"tue": [["10:00", "11:00"]]})
    assert api.get(f"/staff/{made['id']}") == changed
    assert made["id"] in ids(api.get("/staff"))
    api.delete(f"/staff/{made['id']}")
    api.refused(404, "not_found", "GET", f"/staff/{made['id']}")
    wrong = api.refused(422, "invalid", "POST", "/staff", {"name": "X", "location": str(world.location), "hours": {"mon": [["17:00", "09:00"]]}})
    assert wrong["errors"][0]["field"] == "hours"
    assert api.refused(422, "invalid", "PATCH", f"/staff/{world.elena}", {"email": "no address"})["errors"] == [
        {"field": "email", "problem": "is not an e-mail address"}]


def test_a_service_has_durations_money_staff_and_policy(api, world):
    body = {"name": "Hot stone", "duration": "PT90M", "buffer_after": "PT15M", "step": "PT30M", "lead_time": "PT2H", "horizon": "P90D",
            "price": {"amount": 12000, "currency": "USD"}, "deposit": {"amount": 2500, "currency": "USD"},
            "location": str(world.location), "staff": [str(world.elena)], "policy": POLICY}
    made = api.post("/services", body)
    for field in body.keys() - {"policy"}:
        assert made[field] == body[field], field
    assert (made["policy"]["reschedule"]["notice"], made["capacity"], made["approval"]) == ("PT2H", 1, "automatic")
    assert api.get(f"/services/{made['id']}") == made and made["id"] in ids(api.get("/services"))
    changed = api.patch(f"/services/{made['id']}", {"approval": "manual", "duration": "PT60M", "location": None})
    assert (changed["approval"], changed["policy"]["approval"], changed["duration"], changed["location"]) == ("manual", "manual", "PT60M", None)
    assert changed["policy"]["cancel"] == made["policy"]["cancel"]
    assert "reason" not in made["policy"]["reschedule"]  # what is left out has its default
    asks = api.patch(f"/services/{made['id']}", {"policy": POLICY | {"reschedule": {"reason": "required"}}})
    assert asks["policy"]["reschedule"]["reason"] == "required"
    wrong = api.refused(422, "invalid", "PATCH", f"/services/{made['id']}", {"policy": {"reschedule": {"reason": "why"}}})
    assert wrong["errors"][0]["field"] == "policy.reschedule.reason"
    back = api.patch(f"/services/{made['id']}", {"policy": None})
    assert back["policy"] == api.get("/store")["policy"]
    # What was read can be written as it is.
    again = {field: back[field] for field in body}
    assert api.patch(f"/services/{made['id']}", again)["policy"] == back["policy"]
    api.delete(f"/services/{made['id']}")
    api.refused(404, "not_found", "GET", f"/services/{made['id']}")


def test_wrong_services_name_every_wrong_field(api, world):
    wrong = {"name": "X", "duration": "P1D", "step": "soon", "policy": POLICY}
    assert {e["field"] for e in api.refused(422, "invalid", "POST", "/services", wrong)["errors"]} == {"duration", "step"}
    wrong = {"name": "X", "duration": "PT60M", "price": {"amount": 1, "currency": "USD"}, "deposit": {"amount": 1, "currency": "EUR"}}
    assert api.refused(422, "invalid", "POST", "/services", wrong)["errors"][0]["field"] == "deposit"
    wrong = {"name": "X", "duration": "PT60M", "policy": {"cancel": {"tiers": [{"at_least": "P1D", "outcome": "full"}]}}}
    assert api.refused(422, "invalid", "POST", "/services", wrong)["errors"][0]["field"] == "policy.cancel.tiers"
    api.refused(422, "invalid", "POST", "/services", {"name": "X", "duration": "PT60M", "price": {"amount": "80", "currency": "USD"}})
    api.refused(422, "invalid", "POST", "/services", {"name": "X", "duration": "PT60M", "price": {"amount": 80.5, "currency": "USD"}})


@pytest.mark.parametrize("field,value,limits", [
    ("duration", "PT0S", "PT1M to PT24H"), ("duration", "PT25H", "PT1M to PT24H"), ("step", "PT25H", "PT1M to PT24H"), ("buffer_after", "PT13H", "PT0S to PT12H"),
    ("lead_time", "PT9000H", "PT0S to PT8784H")])
def test_a_limit_is_told_as_the_field_is_sent(api, world, field, value, limits):
    for method, path, body in (("POST", "/services", {"name": "X", "duration": "PT60M"}), ("PATCH", f"/services/{world.service}", {})):
        problem = api.refused(422, "invalid", method, path, body | {field: value})
        assert problem["errors"] == [{"field": field, "problem": f"must be from {limits}"}]


def test_an_unknown_currency_is_named_where_it_was_sent(api):
    problem = api.refused(422, "invalid", "POST", "/services", {"name": "X", "duration": "PT60M", "price": {"amount": 1, "currency": "XXX"}})
    assert [error["field"] for error in problem["errors"]] == ["price.currency"]


def test_a_new_currency_may_not_slip_under_the_other_amount(api, world):
    service = api.post("/services", {"name": "X", "duration": "PT60M", "price": {"amount": 8000, "currency": "USD"}})["id"]
    api.refused(422, "invalid", "PATCH", f"/services/{service}", {"deposit": {"amount": 500, "currency": "JPY"}})
    for body in ({"deposit": {"amount": 8001, "currency": "USD"}}, {"deposit": {"amount": 1, "currency": "USD"}, "price": {"amount": 0, "currency": "USD"}}):
        problem = api.refused(422, "invalid", "PATCH", f"/services/{service}", body)
        assert problem["errors"] == [{"field": "deposit", "problem": "is more than the price"}]
        assert api.refused(422, "invalid", "POST", "/services", {"name": "X", "duration": "PT60M"} | body)["errors"] == problem["errors"]
    assert api.patch(f"/services/{service}", {"deposit": {"amount": 500, "currency": "USD"}})["price"] == {"amount": 8000, "currency": "USD"}


def test_slots_are_told_in_the_zone_of_the_place(api, world):
    world.book(at(10, 14))
    found = api.get(f"/services/{world.service}/slots", **{"from": "2027-03-10", "to": "2027-03-11", "staff": str(world.elena)})
    assert found["zone"] == "America/New_York" and [day["date"] for day in found["days"]] == ["2027-03-10", "2027-03-11"]
    assert found["days"][0]["slots"][0] == {"starts_at": "2027-03-10T10:00:00-05:00", "ends_at": "2027-03-10T11:00:00-05:00",
                                            "staff": [str(world.elena)], "seats_left": None}
    api.refused(422, "invalid", "GET", f"/services/{world.service}/slots", query_string={"from": "2027-03-10", "to": "2027-09-10"})
    api.refused(422, "invalid", "GET", f"/services/{world.service}/slots", query_string={"from": "tomorrow", "to": "2027-03-10"})


def test_time_off_meets_bookings_only_with_override(api, world):
    b = world.book(at(10, 15))
    body = {"staff": str(world.elena), "starts_at": "2027-03-10T09:00:00-05:00", "ends_at": "2027-03-10T12:00:00-05:00", "reason": "Dentist"}
    assert api.refused(409, "slot_taken", "POST", "/blocks", body)["bookings"] == [b.ref]
    made = api.post("/blocks", body | {"override": True})
    assert (made["starts_at"], made["zone"], made["staff"], made["location"]) == (
        "2027-03-10T09:00:00-05:00", "America/New_York", str(world.elena), str(world.location))
    assert api.get(f"/blocks/{made['id']}") == made and ids(api.get("/blocks")) == [made["id"]]
    changed = api.patch(f"/blocks/{made['id']}", {"reason": "Training", "override": True})
    assert changed["reason"] == "Training" and api.get(f"/blocks/{changed['id']}") == changed
    api.delete(f"/blocks/{changed['id']}")
    assert ids(api.get("/blocks")) == []
    whole = api.post("/blocks", {"location": str(world.location), "starts_at": "2027-04-01T00:00:00-04:00", "ends_at": "2027-04-02T00:00:00-04:00"})
    assert whole["staff"] is None


def test_class_dates_have_seats_and_end_with_their_parties(api, world):
    course = str(world.add_service("Yoga", capacity=8, staff=[world.elena]))
    made = api.post("/sessions", {"service": course, "staff": str(world.elena), "starts_at": "2027-03-12T18:00:00Z", "capacity": 2})
    assert (made["starts_at"], made["capacity"], made["seats_taken"], made["status"]) == ("2027-03-12T13:00:00-05:00", 2, 0, "scheduled")
    b = api.post("/bookings", {"service": course, "starts_at": "2027-03-12T18:00:00Z", "seats": 2, "customer": {"email": "ada@example.com"}})
    assert api.get(f"/sessions/{made['id']}")["seats_taken"] == 2 and ids(api.get("/sessions")) == [made["id"]]
    api.refused(422, "invalid", "PATCH", f"/sessions/{made['id']}", {"capacity": 1})
    assert api.patch(f"/sessions/{made['id']}", {"capacity": 5})["capacity"] == 5
    api.refused(409, "not_allowed", "DELETE", f"/sessions/{made['id']}")
    assert api.post(f"/sessions/{made['id']}/cancel", {"reason": "Ill"}, status=200)["status"] == "cancelled"
    assert api.get(f"/bookings/{b['ref']}")["status"] == "cancelled"
    assert api.refused(409, "closed", "POST", f"/sessions/{made['id']}/cancel", {})["detail"] == "The class date has been cancelled already."
    other = api.post("/sessions", {"service": course, "staff": str(world.elena), "starts_at": "2027-03-19T18:00:00Z"})
    assert other["capacity"] == 8
    api.delete(f"/sessions/{other['id']}")


def test_class_dates_of_several_weeks_keep_their_local_time_and_come_all_or_none(api, world):
    course = str(world.add_service("Yoga", capacity=8, staff=[world.elena]))
    body = {"service": course, "staff": str(world.elena), "starts_at": "2027-03-05T18:00:00Z", "capacity": 4, "weeks": 3}
    made = api.post("/sessions/weekly", body)["items"]
    # New York's clocks change on March 14.
    assert [one["starts_at"] for one in made] == ["2027-03-05T13:00:00-05:00", "2027-03-12T13:00:00-05:00", "2027-03-19T13:00:00-04:00"]
    assert {one["capacity"] for one in made} == {4} and ids(api.get("/sessions")) == [one["id"] for one in made]
    taken = api.refused(409, "slot_taken", "POST", "/sessions/weekly", body | {"starts_at": "2027-03-12T18:30:00Z", "weeks": 3})
    assert [(one["starts_at"], one["code"]) for one in taken["dates"]] == [
        ("2027-03-12T18:30:00+00:00", "slot_taken"), ("2027-03-19T17:30:00+00:00", "slot_taken")]
    assert len(ids(api.get("/sessions"))) == 3
    for weeks in (0, 54, "2", None):
        api.refused(422, "invalid", "POST", "/sessions/weekly", body | {"weeks": weeks})


def test_customers(api, world):
    made = api.post("/customers", {"name": "Bea Bird", "email": "Bea@Example.com", "phone": "+12125550144"})
    assert (made["name"], made["email"], made["phone"], made["verified"]) == ("Bea Bird", "Bea@Example.com", "+12125550144", False)
    assert api.get(f"/customers/{made['id']}") == made
    assert api.patch(f"/customers/{made['id']}", {"phone": "+12125550145"}) == made | {"phone": "+12125550145"}
    assert ids(api.get("/customers", q="bea@")) == [made["id"]] == ids(api.get("/customers", q="BIRD"))
    assert ids(api.get("/customers", q="%")) == []
    api.refused(422, "invalid", "PATCH", f"/customers/{made['id']}", {"email": "nobody"})
    api.delete(f"/customers/{made['id']}")
    api.refused(404, "not_found", "GET", f"/customers/{made['id']}")
    b = world.book(at(10, 15))
    api.refused(409, "not_allowed", "DELETE", f"/customers/{b.customer_id}")


def test_the_same_address_again_stays_proven(api, world):
    b = world.book(at(10, 15))
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        connection.execute("update customers set email_verified_at = now() where id = %s", (b.customer_id,))
    assert api.patch(f"/customers/{b.customer_id}", {"email": "ada@example.com", "name": "Ada A."})["verified"] is True
    assert api.patch(f"/customers/{b.customer_id}", {"email": "ada@other.example"})["verified"] is False


def test_dates_with_other_hours(api, world):
    path = f"/staff/{world.elena}/dates"
    made = api._good(api.send("PUT", f"{path}/2027-03-10", {"hours": [["10:00", "11:00"]], "note": "short"}), 200)
    assert made == {"date": "2027-03-10", "hours": [["10:00", "11:00"]], "note": "short"}
    assert api.get(path)["items"] == [made]
    free = api.get(f"/services/{world.service}/slots", **{"from": "2027-03-10", "to": "2027-03-10", "staff": str(world.elena)})
    assert [slot["starts_at"] for slot in free["days"][0]["slots"]] == ["2027-03-10T10:00:00-05:00"]
    api.refused(422, "invalid", "PUT", f"{path}/2027-03-10", {"hours": [["11:00", "10:00"]]})
    api.refused(404, "not_found", "PUT", f"{path}/soon", {"hours": []})
    api.delete(f"{path}/2027-03-10")
    api.refused(404, "not_found", "DELETE", f"{path}/2027-03-10")
    assert api.get(path)["items"] == []
