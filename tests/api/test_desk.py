"""Notes, messages once more, settled conflicts, merged customers through the API."""

from __future__ import annotations

from tests.support.world import at


def test_notes_come_and_go(api, world):
    b = world.book(at(10, 15))
    note = api.post(f"/bookings/{b.ref}/notes", {"text": "Pays late"})
    assert (note["text"], note["by"]) == ("Pays late", None)
    assert api.get(f"/bookings/{b.ref}/notes")["items"] == [note]
    assert api.send("POST", f"/bookings/{b.ref}/remove-note", {"note": note["id"]}).status_code == 204
    assert api.get(f"/bookings/{b.ref}/notes")["items"] == []
    api.refused(404, "not_found", "POST", f"/bookings/{b.ref}/remove-note", {"note": note["id"]})
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/notes", {"text": ""})
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/notes", {"text": "   "})


def test_a_message_goes_out_again(api, world):
    b = world.book(at(10, 15))
    message = next(m for m in api.get(f"/bookings/{b.ref}")["messages"] if m["to"] == "ada@example.com" and m["channel"] == "email")
    api.post(f"/bookings/{b.ref}/resend", {"message": message["id"]}, status=200)
    assert len(world.outbox("booking_confirmed")) == 2
    to_staff = next(m for m in api.get(f"/bookings/{b.ref}")["messages"] if m["to"] == "elena@example.com")
    api.refused(409, "not_allowed", "POST", f"/bookings/{b.ref}/resend", {"message": to_staff["id"]})


def test_a_conflict_is_settled(api, world):
    world.book(at(10, 15))
    b = world.book(at(10, 15, 30), email="b@example.com", override=True)
    assert api.post(f"/bookings/{b.ref}/clear-conflict", {"version": b.version}, status=200)["conflict"] is False
    assert api.refused(409, "no_change", "POST", f"/bookings/{b.ref}/clear-conflict", {})["detail"] == "The booking has no conflict."


def test_money_can_be_held(api, world):
    b = world.book(at(10, 15), paid=2500)
    api.post(f"/bookings/{b.ref}/cancel", {"refund": "full", "hold_money": True}, status=200)
    assert world.outbox("execute_refund", channel="stripe") == [] and world.read(b.ref).owed == 2500


def test_two_records_become_one(api, world):
    one, two = world.book(at(10, 15)), world.book(at(11, 15), email="ada2@example.com")
    kept = api.post(f"/customers/{one.customer_id}/merge", {"other": str(two.customer_id)}, status=200)
    assert kept["id"] == str(one.customer_id) and world.read(two.ref).customer_id == one.customer_id
    api.refused(422, "invalid", "POST", f"/customers/{one.customer_id}/merge", {"other": str(one.customer_id)})
    api.refused(404, "not_found", "POST", f"/customers/{one.customer_id}/merge", {"other": "77"})


def test_one_persons_data_is_handed_out_and_erased(api, world):
    b = world.book(at(10, 15))
    assert api.post(f"/customers/{b.customer_id}/export", {}, status=200)["data"]["profile"]["email"] == "ada@example.com"
    assert api.send("POST", f"/customers/{b.customer_id}/erase", {}).status_code == 204
    assert world.read(b.ref).contact_name == "Redacted customer"
    api.refused(404, "not_found", "POST", f"/customers/{b.customer_id}/export", {})
