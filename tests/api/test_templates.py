"""The template editor's API: save, refuse with the place, look, test, go back; and what customers then get (A126)."""

from __future__ import annotations

import dataclasses

import pytest

from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.stores import create_user
from booking.templates import EDITABLE
from messages import render_mail, render_sms
from sync.outbox import Carrier, deliver
from tests.support.world import MERCHANT, at

TEXTS = {"subject": "See you, {customer_first_name}", "heading": "{service} at {shop}", "body": "Dear {customer_name},\n\n{manage_link}\n\nUntil {when}!",
         "sms": "{service}, {when}. {manage_link}"}


class Post(Carrier):
    """Renders what would leave."""

    def __init__(self, settings) -> None:
        super().__init__(settings)
        self.mails, self.texts = [], []

    def send(self, row):
        if row.channel == "sms":
            self.texts.append(render_sms(row.topic, row.payload))
        else:
            self.mails.append((row.recipient, render_mail(row.topic, row.payload, "x.example")))


@pytest.fixture
def post(settings) -> Post:
    return Post(settings)


def test_what_is_read_first_can_be_saved_as_it_is(api):
    names = {item["name"] for item in api.get("/templates")["items"]}
    assert names == set(EDITABLE)
    for name in sorted(names):
        read = api.get(f"/templates/{name}")
        assert (read["custom"], read["version"]) == (False, 0) and {p["name"] for p in read["placeholders"]} >= {"service", "booking_details"}
        saved = api.send("PUT", f"/templates/{name}", {field: read[field] for field in TEXTS} | {"version": 0})
        assert saved.status_code == 200, saved.text
        assert saved.json["custom"] and saved.json["version"] == 1


def test_customers_get_the_shops_words(api, world, post):
    api.send("PUT", "/templates/booking_confirmed", TEXTS)
    b = world.book(at(10, 15))
    deliver(world.store_id, post)
    mail = next(mail for to, mail in post.mails if to == "ada@example.com")
    assert mail.subject == "See you, Ada" and "Massage at Harbor Massage" in mail.html and "Until Wed, Mar 10, 2027, 10:00 AM EST!" in mail.text
    assert f"/manage/{b.ref}?token=" in mail.html and "Reschedule or change" not in mail.html, "an element taken out is out"
    assert mail.ics and post.texts[0].startswith("Harbor Massage: Massage, Wed, Mar 10") and f"/manage/{b.ref}" in post.texts[0]


def test_with_the_flag_off_the_button_vanishes_by_itself(api, world, post):
    api.send("PUT", "/templates/booking_confirmed", TEXTS)
    update_service(world.store_id, MERCHANT, world.service, self_service="off")
    world.book(at(10, 15))
    deliver(world.store_id, post)
    mail = next(mail for to, mail in post.mails if to == "ada@example.com")
    assert "Manage your booking" not in mail.html and "Dear Ada Archer," in mail.text
    assert "View your booking" in mail.html, "the link itself stays in every confirmation (A46)"


def test_unsafe_and_unknown_placeholders_are_refused_with_their_place(api):
    problem = api.refused(422, "invalid", "PUT", "/templates/reminder", TEXTS | {
        "subject": "{password}", "body": "Hello\n\nyou {service.__class__}", "heading": " "})
    assert {e["field"]: e["problem"] for e in problem["errors"]} == {
        "subject": "line 1, column 1: {password} is not a placeholder of this message", "heading": "is missing",
        "body": "line 3, column 5: after { comes the name of a placeholder and }; write {{ for a brace"}
    api.refused(422, "invalid", "PUT", "/templates/reminder", TEXTS | {"body": "{feedback_button}"})
    api.refused(404, "not_found", "PUT", "/templates/sign_in_code", TEXTS)
    api.refused(404, "not_found", "GET", "/templates/../store")
    api.refused(422, "invalid", "PUT", "/templates/reminder", TEXTS | {"locale": "xx"})
    assert api.get("/templates/reminder")["version"] == 0


def test_versions_keep_a_change_from_getting_lost_and_reset_goes_back(api, world, post):
    ours = api.get("/templates/booking_moved")
    api.send("PUT", "/templates/booking_moved", TEXTS)
    api.refused(409, "stale", "PUT", "/templates/booking_moved", TEXTS | {"version": 0})
    assert api.send("PUT", "/templates/booking_moved", TEXTS | {"version": 1}).json["version"] == 2
    back = api.post("/templates/booking_moved/reset", {}, status=200)
    assert (back["custom"], back["version"], back["body"]) == (False, 3, ours["body"])
    b = world.book(at(10, 15))
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 15))
    deliver(world.store_id, post)
    assert any("Your booking has moved" in mail.html for _, mail in post.mails)


def test_what_was_said_before_can_be_read_and_said_again(api, world):
    for body in ("One", "Two", "Three"):
        api.send("PUT", "/templates/reminder", TEXTS | {"body": body})
    api.post("/templates/reminder/reset", {"version": 3}, status=200)
    api.refused(409, "stale", "POST", "/templates/reminder/reset", {"version": 3})
    first = api.get("/templates/reminder/versions", limit=2)
    assert [(v["version"], v["custom"]) for v in first["items"]] == [(4, False), (3, True)] and first["items"][1]["body"] == "Three"
    rest = api.get("/templates/reminder/versions", limit=2, cursor=first["next"])
    assert [v["body"] for v in rest["items"]] == ["Two", "One"] and rest["next"] is None
    api.refused(422, "invalid", "GET", "/templates/booking_moved/versions", query_string={"limit": 2, "cursor": first["next"]})
    api.refused(409, "stale", "POST", "/templates/reminder/restore", {"restore": 2, "version": 3})
    api.refused(404, "not_found", "POST", "/templates/reminder/restore", {"restore": 9})
    back = api.post("/templates/reminder/restore", {"restore": 2, "version": 4}, status=200)
    assert (back["version"], back["body"], back["custom"]) == (5, "Two", True)
    assert api.get("/templates/reminder/versions", locale="de")["items"] == []


def test_a_paragraph_with_nothing_to_say_leaves_no_gap(api, world):
    b = world.book(at(10, 15), service=world.add_service("Talk", price=0), staff=world.elena)
    shown = api.post("/templates/booking_cancelled/preview", TEXTS | {"body": "Dear {customer_name},\n\n{price}\n\nBye", "booking": b.ref}, status=200)
    assert "<p style=\"margin:0 0 14px;white-space:pre-line;\"></p>" not in shown["html"] and "Dear Ada Archer,\n\nBye" in shown["text"]


def test_a_preview_shows_the_money_and_the_time_before(api, world):
    b = world.book(at(10, 15), paid=2500)
    world.take_cards()
    seen = api.post("/templates/booking_cancelled/preview", TEXTS | {"body": "{refund}", "booking": b.ref}, status=200)
    assert "You'll be refunded $25 to the card you paid with" in seen["text"] and seen["sms_parts"] == 1
    seen = api.post("/templates/booking_moved/preview", TEXTS | {"body": "{old_when}", "booking": b.ref}, status=200)
    assert "Tue, Mar 9, 2027, 10:00 AM EST" in seen["text"]


def test_a_preview_sends_nothing_and_values_are_only_text(api, world):
    b = world.book(at(10, 15))
    before = len(world.outbox())
    update_service(world.store_id, MERCHANT, world.service, name="<b>{shop}</b>")
    shown = api.post("/templates/reminder/preview", TEXTS | {"booking": b.ref}, status=200)
    assert "&lt;b&gt;{shop}&lt;/b&gt; at Harbor Massage" in shown["html"] and "<b>{shop}</b>" in shown["sms"]
    assert len(world.outbox()) == before
    api.refused(422, "invalid", "POST", "/templates/reminder/preview", TEXTS | {"booking": "0" * 12})


def test_a_test_goes_to_people_of_the_shop_only(api, world, post):
    b = world.book(at(10, 15))
    create_user(world.store_id, MERCHANT, email="owner@example.com", name="Olga")
    api.refused(422, "invalid", "POST", "/templates/reminder/test", TEXTS | {"booking": b.ref, "to": "ada@example.com"})
    api.post("/templates/reminder/test", TEXTS | {"booking": b.ref, "to": "owner@example.com"}, status=200)
    world.set_clock(at(12, 15))
    deliver(world.store_id, post)
    assert [mail.subject for to, mail in post.mails if to == "owner@example.com"] == ["See you, Ada"]
    assert dataclasses.is_dataclass(post.mails[0][1])
