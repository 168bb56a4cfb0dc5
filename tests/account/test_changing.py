"""Moving and cancelling from the extension: the same actions, rules and sentences as on the pages (R15, R27, I12)."""

from __future__ import annotations

from datetime import timedelta

from booking.actions.locations import create_location
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.staff import update_staff
from tests.support.world import MERCHANT, at

WEEK = {"from": "2027-03-10", "to": "2027-03-16"}


def policy(**reschedule):
    return {"reschedule": reschedule}


def test_free_times_and_the_move(world, ada):
    b = world.sold(at(10, 15), paid=2500)
    world.book(at(11, 15), email="bea@example.com")
    times = ada.get(f"/bookings/{b.ref}/slots", **WEEK)
    assert times["zone"] == "America/New_York" and times["people"] == []
    assert [d["date"] for d in times["days"]][:2] == ["2027-03-10", "2027-03-11"] and times["days"][0]["text"] == "Wednesday, March 10, 2027"
    starts = {slot["starts_at"] for day in times["days"] for slot in day["slots"]}
    assert "2027-03-11T09:00:00-05:00" in starts and "2027-03-11T10:00:00-05:00" not in starts
    assert all(slot["staff"] == [str(world.elena)] for day in times["days"] for slot in day["slots"])
    assert times["notes"][0] == "Your payment stays with the booking; nothing is charged again."
    assert (times["first"], times["last"]) == ("2027-03-01", "2027-08-28")
    by_default = ada.get(f"/bookings/{b.ref}/slots")["days"]
    assert (by_default[0]["date"], by_default[-1]["date"]) == ("2027-03-01", "2027-03-31")
    ada.refused(422, "invalid", "GET", f"/bookings/{b.ref}/slots", query_string={"to": "2027-02-27"})
    moved = ada.post(f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-11T09:00:00-05:00", "version": 1})
    assert (moved["ref"], moved["version"], moved["starts_at"]) == (b.ref, 2, "2027-03-11T09:00:00-05:00")
    assert world.read(b.ref).starts_at == at(11, 14)
    trail = world.sql("select actor_kind, channel, actor_id from audit_entries where action = 'reschedule_booking'")
    assert trail == [("shopify_customer", "extension", str(b.customer_id))]
    assert [row.recipient for row in world.outbox("booking_moved")] == ["ada@example.com"]


def test_a_time_just_taken_comes_back_with_others(world, ada):
    b = world.sold(at(10, 15))
    world.book(at(11, 15), email="bea@example.com")
    problem = ada.refused(409, "slot_taken", "POST", f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-11T15:00:00Z", "version": 1})
    assert problem["detail"].startswith("That time has just been taken. Your booking has not changed.")
    assert problem["times"]["days"][0]["date"] == "2027-03-11" and problem["times"]["days"][0]["slots"]
    assert world.read(b.ref).version == 1
    problem = ada.refused(409, "outside_hours", "POST", f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-11T03:00:00Z", "version": 1})
    assert problem["times"]["days"]


def test_stale_no_change_and_bad_bodies(world, ada):
    b = world.sold(at(10, 15))
    path = f"/bookings/{b.ref}/reschedule"
    ada.refused(409, "no_change", "POST", path, {"starts_at": "2027-03-10T15:00:00Z", "version": 1})
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(10, 16))
    problem = ada.refused(409, "stale", "POST", path, {"starts_at": "2027-03-11T15:00:00Z", "version": 1})
    assert (problem["version"], problem["state"]) == (2, "confirmed")
    for body, field in (({"version": 2}, "starts_at"), ({"starts_at": "2027-03-11T15:00:00Z"}, "version"),
                        ({"starts_at": "2027-03-11T15:00:00", "version": 2}, "starts_at"),
                        ({"starts_at": "2027-03-11T15:00:00Z", "version": 2, "override": True}, "override"),
                        ({"starts_at": "2027-03-11T15:00:00Z", "version": 2, "staff": "tom"}, "staff")):
        problem = ada.refused(422, "invalid", "POST", path, body)
        assert problem["errors"][0]["field"] == field and problem["detail"] == "Please check what you entered."
    ada.refused(400, "invalid", "POST", path, data=b"{", content_type="application/json")
    ada.refused(415, "invalid", "POST", path, data=b"a=1", content_type="application/x-www-form-urlencoded")
    assert world.read(b.ref).version == 2


def test_the_person_changes_only_where_the_policy_lets_them(world, ada):
    fixed = world.sold(at(10, 15))
    ada.refused(409, "not_allowed", "GET", f"/bookings/{fixed.ref}/slots", query_string=WEEK | {"staff": "anyone"})
    ada.refused(409, "not_allowed", "POST", f"/bookings/{fixed.ref}/reschedule",
                {"starts_at": "2027-03-11T15:00:00Z", "version": 1, "staff": str(world.tom)})
    service = world.add_service("Facial", policy=policy(change_staff=True))
    b = world.sold(at(12, 15), service=service, staff=world.elena)
    times = ada.get(f"/bookings/{b.ref}/slots", **WEEK)
    assert [p["name"] for p in times["people"]] == ["Elena Marsh", "Tom Okonkwo"]
    world.book(at(15, 15), email="bea@example.com")
    anyone = ada.get(f"/bookings/{b.ref}/slots", **WEEK | {"staff": "anyone"})
    monday = next(day for day in anyone["days"] if day["date"] == "2027-03-15")
    slot = next(slot for slot in monday["slots"] if slot["starts_at"] == "2027-03-15T11:00:00-04:00")
    assert slot["staff"] == [str(world.tom)]
    ada.refused(422, "invalid", "GET", f"/bookings/{b.ref}/slots", query_string=WEEK | {"staff": "1"})
    moved = ada.post(f"/bookings/{b.ref}/reschedule", {"starts_at": slot["starts_at"], "version": 1, "staff": "anyone"})
    assert moved["staff_name"] == "Tom Okonkwo"


def test_cancel_as_quoted(world, ada):
    b = world.sold(at(10, 15), paid=2500)
    world.take_cards()
    quote = ada.get(f"/bookings/{b.ref}/cancellation")
    assert (quote["outcome"], quote["amount"], quote["currency"], quote["kept"]) == ("full", 2500, "USD", 0)
    assert quote["sentence"] == "You'll be refunded $25 to the card you paid with" and quote["until"] == "2027-03-09T10:00:00-05:00"
    done = ada.post(f"/bookings/{b.ref}/cancel", {"quote": quote["quote"], "reason": "Ill"})
    assert (done["status"], done["refund"]) == ("cancelled", {"outcome": "full", "amount": 2500, "currency": "USD", "state": "owed"})
    assert done["money"] == quote["sentence"] and world.read(b.ref).cancel_reason == "Ill"
    assert world.sql("select amount, state from refunds") == [(2500, "owed")]


def test_a_worse_quote_changes_nothing_and_brings_the_new_one(world, ada):
    service = world.add_service("Facial", policy={"cancel": {"notice": "PT0S", "tiers": [{"at_least": "PT24H", "outcome": "full"}, {"outcome": "forfeit"}]}})
    b = world.sold(at(10, 15), paid=2500, service=service, staff=world.elena)
    quote = ada.get(f"/bookings/{b.ref}/cancellation")["quote"]
    world.set_clock(at(9, 15) + timedelta(seconds=1))
    problem = ada.refused(409, "quote_changed", "POST", f"/bookings/{b.ref}/cancel", {"quote": quote})
    fresh = problem["cancellation"]
    assert (fresh["outcome"], fresh["amount"], fresh["sentence"]) == ("forfeit", 0, "Your $25 deposit can't be refunded per our policy.")
    assert world.read(b.ref).status == "confirmed" and world.sql("select count(*) from refunds") == [(0,)]
    assert ada.post(f"/bookings/{b.ref}/cancel", {"quote": fresh["quote"]})["status"] == "cancelled"


def test_quotes_of_others_and_forged_ones(world, ada):
    one, two = world.sold(at(10, 15), paid=2500), world.sold(at(11, 15), paid=2500)
    other = ada.get(f"/bookings/{two.ref}/cancellation")["quote"]
    for quote in (other, "x", "", other[:-1] + "A"):
        ada.refused(422, "invalid", "POST", f"/bookings/{one.ref}/cancel", {"quote": quote})
    ada.refused(422, "invalid", "POST", f"/bookings/{one.ref}/cancel", {})
    assert world.read(one.ref).status == "confirmed"


def test_some_seats_of_a_party(world, ada):
    course = world.add_service("Yoga", capacity=6, staff=[world.elena], price=2000)
    world.session(course, at(12, 18), capacity=6)
    b = world.sold(at(12, 18), service=course, seats=3, paid=6000)
    quote = ada.get(f"/bookings/{b.ref}/cancellation", seats=1)
    assert (quote["amount"], quote["seats"], quote["of_seats"], quote["may_drop_seats"]) == (2000, 1, 3, True)
    ada.refused(422, "invalid", "POST", f"/bookings/{b.ref}/cancel", {"quote": quote["quote"]})
    done = ada.post(f"/bookings/{b.ref}/cancel", {"quote": quote["quote"], "seats": 1})
    assert (done["status"], done["seats"], done["refund"]["amount"]) == ("confirmed", 2, 2000)
    assert done["money"] == quote["sentence"] and "$20 " in done["money"] and ada.get(f"/bookings/{b.ref}")["money"] is None
    for wrong in ("0", "3x", "9"):
        ada.refused(422, "invalid", "GET", f"/bookings/{b.ref}/cancellation", query_string={"seats": wrong})


def test_a_repeat_with_the_same_key_gets_the_first_answer(world, ada, as_customer):
    b = world.sold(at(10, 15))
    body = {"starts_at": "2027-03-11T15:00:00Z", "version": 1}
    first = ada.post(f"/bookings/{b.ref}/reschedule", body, key="k1")
    assert ada.post(f"/bookings/{b.ref}/reschedule", body, key="k1") == first
    assert world.read(b.ref).version == 2 and len(world.outbox("booking_moved")) == 1
    ada.refused(409, "idempotency_mismatch", "POST", f"/bookings/{b.ref}/reschedule", body | {"starts_at": "2027-03-12T15:00:00Z"}, key="k1")
    ada.refused(409, "stale", "POST", f"/bookings/{b.ref}/reschedule", body, key="k2")
    ada.refused(422, "invalid", "POST", f"/bookings/{b.ref}/reschedule", body, key="k" * 256)


def test_feedback_after_the_visit(world, ada):
    b = world.sold(at(10, 15))
    path = f"/bookings/{b.ref}/feedback"
    early = ada.refused(409, "not_allowed", "POST", path, {"rating": 5})
    assert early["detail"] == "You can leave feedback after your visit." == ada.get(f"/bookings/{b.ref}")["actions"]["feedback"]["sentence"]
    world.set_clock(at(11, 15))
    may = ada.get(f"/bookings/{b.ref}")
    assert may["actions"]["feedback"]["allowed"] and may["feedback"] is None and may["actions"]["feedback"]["deadline"] == "2027-05-09T12:00:00-04:00"
    for wrong in ({}, {"rating": 0}, {"rating": 6}, {"rating": "5"}, {"rating": 5, "comment": "x" * 2001}):
        ada.refused(422, "invalid", "POST", path, wrong)
    said = ada.post(path, {"rating": 4, "comment": "Calm and warm"})
    assert said["feedback"] == {"rating": 4, "comment": "Calm and warm", "publish": False, "reply": None}
    assert said["actions"]["feedback"]["sentence"].startswith("You can change it until Thu, Mar 25, 2027")
    assert ada.post(path, {"rating": 5, "publish": True})["feedback"]["rating"] == 5
    assert world.sql("select rating, may_publish from feedback") == [(5, True)]


def test_profile(world, ada):
    world.sold(at(10, 15))
    shown = ada.get("/profile")
    assert (shown["name"], shown["email"], shown["phone"]) == ("Ada Archer", "ada@example.com", "+12125550101")
    assert shown["preferences"]["email"] == {"transactional": True, "reminders": True, "offers": True, "marketing": False}
    changed = ada.patch("/profile", {"name": " Ada  Byron ", "preferences": {"sms": {"reminders": False}}})
    assert changed["name"] == "Ada Byron" and changed["phone"] == "+12125550101"
    assert changed["preferences"]["sms"]["reminders"] is False and changed["preferences"]["email"]["reminders"] is True
    assert ada.patch("/profile", {"phone": None})["phone"] is None
    problem = ada.refused(422, "invalid", "PATCH", "/profile", {"name": "", "phone": "12"})
    assert [e["field"] for e in problem["errors"]] == ["name", "phone"]
    assert problem["errors"][0]["problem"] == "Please enter your name (at most 120 characters)."
    off = {"email": {"transactional": False}, "sms": {"transactional": False}}
    assert ada.refused(422, "invalid", "PATCH", "/profile", {"preferences": off})["errors"][0]["field"] == "preferences"
    for body, field in (({"locale": "xx"}, "locale"), ({"email": "new@example.com"}, "email"), ({"preferences": {"sms": {"reminders": "no"}}}, "preferences.sms.reminders")):
        assert ada.refused(422, "invalid", "PATCH", "/profile", body)["errors"][0]["field"] == field
    assert ada.get("/profile") == changed | {"phone": None}


def test_a_new_appointment_in_the_place_of_cancelling(world, ada):
    """A125: the extension's buttons and the writes agree with the page."""
    quote_of = world.sold(at(12, 15), paid=2500)
    quote = ada.get(f"/bookings/{quote_of.ref}/cancellation")["quote"]
    update_service(world.store_id, MERCHANT, world.service, policy={"cancel": {"notice": "PT0S", "instead_schedule": True}})
    shown = ada.get(f"/bookings/{quote_of.ref}")
    assert (shown["can_cancel"], shown["can_reschedule"]) == (False, True)
    may = shown["actions"]["cancel"]
    assert (may["allowed"], may["reason"], may["deadline"]) == (False, "not_allowed", None) and "schedule another appointment" in may["sentence"]
    assert not [line for line in shown["policy"] if "ancel" in line]
    assert shown["anew"]["text"] == "Schedule an appointment" and shown["anew"]["url"].endswith(f".localhost/book/{world.service}?staff={world.elena}")
    ada.refused(409, "not_allowed", "GET", f"/bookings/{quote_of.ref}/cancellation")
    problem = ada.refused(409, "not_allowed", "POST", f"/bookings/{quote_of.ref}/cancel", {"quote": quote})
    assert problem["detail"] == may["sentence"] and world.read(quote_of.ref).status == "confirmed"


def test_the_person_has_left(world, ada):
    """R14: where another can be chosen their times are shown at once, `people` names them, and slots and the move agree."""
    service = world.add_service("Facial", policy=policy(change_staff=True))
    b, fixed = world.sold(at(12, 15), service=service, staff=world.elena), world.sold(at(10, 15))
    update_staff(world.store_id, MERCHANT, world.elena, active=False)
    times = ada.get(f"/bookings/{b.ref}/slots", **WEEK)
    assert [p["name"] for p in times["people"]] == ["Tom Okonkwo"] and times["notes"][0] == "Elena Marsh no longer gives this service at Harbor Street."
    assert times["days"] == ada.get(f"/bookings/{b.ref}/slots", **WEEK | {"staff": "anyone"})["days"] != []
    slot = times["days"][0]["slots"][0]
    assert ada.post(f"/bookings/{b.ref}/reschedule", {"starts_at": slot["starts_at"], "version": 1, "staff": "anyone"})["staff_name"] == "Tom Okonkwo"
    alone = ada.get(f"/bookings/{fixed.ref}/slots", **WEEK)
    assert (alone["people"], alone["days"]) == ([], []) and "no longer gives this service" in alone["notes"][0]
    ada.refused(409, "not_allowed", "GET", f"/bookings/{fixed.ref}/slots", query_string=WEEK | {"staff": "anyone"})


def test_only_people_at_the_same_location(world, ada):
    south = create_location(world.store_id, MERCHANT, name="South Street", address="99 South Street", zone="America/New_York").facts["id"]
    zed = world.staff("Zed South", location_id=south)
    b = world.sold(at(12, 15), service=world.add_service("Facial", staff=[world.elena, zed], policy=policy(change_staff=True)), staff=world.elena)
    world.book(at(15, 14), email="bea@example.com")
    anyone = ada.get(f"/bookings/{b.ref}/slots", **WEEK | {"staff": "anyone"})
    assert anyone["people"] == [] and {p for day in anyone["days"] for slot in day["slots"] for p in slot["staff"]} == {str(world.elena)}
    ada.refused(422, "invalid", "GET", f"/bookings/{b.ref}/slots", query_string=WEEK | {"staff": str(zed)})
    body = {"starts_at": "2027-03-15T14:00:00Z", "version": 1}
    ada.refused(409, "slot_taken", "POST", f"/bookings/{b.ref}/reschedule", body | {"staff": "anyone"})
    ada.refused(422, "invalid", "POST", f"/bookings/{b.ref}/reschedule", body | {"staff": str(zed)})
    assert world.read(b.ref).location_id == world.location


def test_days_after_the_limit_are_neither_shown_nor_taken(world, ada):
    """R18: later dates are limited, earlier ones are not."""
    b = world.sold(at(10, 15), service=world.add_service("Facial", policy=policy(within_days=3)), staff=world.elena)
    latest = "The new date can be Mar 13, 2027 at the latest."
    assert latest in ada.get(f"/bookings/{b.ref}")["policy"]
    times = ada.get(f"/bookings/{b.ref}/slots", **{"from": "2027-03-01", "to": "2027-03-31"})
    assert (times["days"][0]["date"], times["days"][-1]["date"], times["last"]) == ("2027-03-01", "2027-03-13", "2027-03-13")
    assert latest in times["notes"]
    problem = ada.refused(409, "not_allowed", "POST", f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-14T15:00:00Z", "version": 1})
    assert problem["detail"] == "You can move this booking to at most 3 days after its original date."
    assert ada.post(f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-03T15:00:00Z", "version": 1})["version"] == 2


def test_a_reason_where_the_shop_asks_for_one(world, ada):
    """D20b: the times say whether, the move is held to it."""
    assert ada.get(f"/bookings/{world.sold(at(12, 15)).ref}/slots", **WEEK)["reason"] == "none"
    b = world.sold(at(10, 15), service=world.add_service("Facial", policy=policy(reason="required")), staff=world.elena)
    assert ada.get(f"/bookings/{b.ref}/slots", **WEEK)["reason"] == "required"
    body = {"starts_at": "2027-03-11T16:00:00Z", "version": 1}
    for more in ({}, {"reason": "  "}):
        problem = ada.refused(422, "invalid", "POST", f"/bookings/{b.ref}/reschedule", body | more)
        assert problem["errors"] == [{"field": "reason", "problem": "is missing"}]
    ada.refused(422, "invalid", "POST", f"/bookings/{b.ref}/reschedule", body | {"reason": "x" * 501})
    assert ada.post(f"/bookings/{b.ref}/reschedule", body | {"reason": "Ill"})["version"] == 2
    assert world.read(b.ref).move_reason == "Ill"


def test_a_time_at_which_less_comes_back_says_so(world, ada):
    """R19: of each time by itself, since some are worse than the present one and some are not."""
    update_service(world.store_id, MERCHANT, world.service, policy={"cancel": {
        "notice": "PT0S", "tiers": [{"at_least": "P2D", "outcome": "full"}, {"outcome": "forfeit"}]}})
    b = world.sold(at(10, 15), paid=2500)
    times = ada.get(f"/bookings/{b.ref}/slots", **{"from": "2027-03-02", "to": "2027-03-12"})
    notes = {slot["starts_at"]: slot["notes"] for day in times["days"] for slot in day["slots"]}
    assert notes["2027-03-02T10:00:00-05:00"] == [
        "If you cancel after this move, nothing comes back. Your $25 deposit can't be refunded per our policy."]
    assert notes["2027-03-12T10:00:00-05:00"] == [] and times["notes"] == ["Your payment stays with the booking; nothing is charged again."]


def test_a_move_that_waits_is_taken_back_at_the_limit_too(world, ada):
    """R17: the answer says where to, and that is taken although nothing else may be moved."""
    service = world.add_service("By request", policy={"approval": "manual", "reschedule": {"limit": 1, "change_staff": True}})
    b = world.sold(at(10, 15), service=service, staff=world.elena)
    assert ada.get(f"/bookings/{b.ref}")["way_back"] is None
    asked = ada.post(f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-11T16:00:00Z", "version": 1, "staff": str(world.tom)})
    assert not asked["actions"]["reschedule"]["allowed"] and asked["way_back"] == {
        "starts_at": "2027-03-10T10:00:00-05:00", "staff": str(world.elena),
        "text": "This takes back your request for Thu, Mar 11, 2027, 11:00 AM EST. Your booking then stands as it did before."}
    ada.refused(409, "limit_reached", "POST", f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-12T16:00:00Z", "version": 2})
    old = {key: asked["way_back"][key] for key in ("starts_at", "staff")}
    back = ada.post(f"/bookings/{b.ref}/reschedule", old | {"version": 2})
    assert (back["status"], back["staff"], back["starts_at"], back["way_back"]) == ("confirmed", str(world.elena), "2027-03-10T10:00:00-05:00", None)
