"""Messages say all of it, once, and cost no more than they must: several bookings, free ones, online ones, text messages (R31, R32, A46, A47)."""

from __future__ import annotations

import pytest

from booking.rules.sms_length import sms_length
from messages import render_mail, render_sms
from tests.messages.payloads import LINK, ORIGIN, REFUND, payload
from tests.messages.test_topics import Page
from tests.messages.variants import DATES, FREE, ONLINE, OWN, STAFF, VISIT, every

FIRST, SECOND = "Sat, Mar 13, 2027, 9:00 AM EST", "Sat, Mar 20, 2027, 10:00 AM EDT"


def told(topic: str, **changes) -> tuple[str, str, str]:
    """(subject, the text of the HTML body, the plain body)."""
    mail = render_mail(topic, payload(topic, **changes), "x.example")
    return mail.subject, Page(mail.html).text, mail.text


@pytest.mark.parametrize(("topic", "heading"), [
    ("booking_confirmed", "Your bookings are confirmed"), ("booking_moved", "Your bookings have moved"), ("booking_cancelled", "Your bookings are cancelled")])
def test_several_bookings_are_all_named(topic, heading):
    subject, *bodies = told(topic, booking={"status": "cancelled"} if topic == "booking_cancelled" else {}, bookings=DATES)
    assert subject.endswith(f"{FIRST} (+2)")
    for body in bodies:
        assert heading in body and FIRST in body and SECOND in body and "Date: " not in body and "$80" not in body


def test_a_move_of_several_names_what_each_was_before():
    for body in told("booking_moved", bookings=DATES)[1:]:
        assert f"{SECOND} (before: Wed, Mar 17, 2027, 4:00 PM EDT)" in body and "Your new time is" not in body


def test_what_waits_is_told_apart_from_what_has_moved():
    for kept, words in ((True, "until then their old times stay yours"), (False, "their old times are given up")):
        for body in told("booking_moved", bookings=DATES[:1], waits=DATES[1:], waits_kept=kept)[1:]:
            assert "Your booking has moved" in body and f"These wait for approval; {words}: " in body.replace("\n", " ")
            assert body.count(f"{SECOND} (before: Wed, Mar 17, 2027, 4:00 PM EDT)") == 1
    assert render_mail("booking_moved", payload("booking_moved", bookings=DATES[:1], waits=DATES[1:], waits_kept=True), "x.example").ics.count("BEGIN:VEVENT") == 1


def test_a_visit_that_waits_is_told_whole():
    for topic in ("approval_asked", "merchant_approval_needed"):
        for body in told(topic, booking={"status": "pending"}, bookings=VISIT)[1:]:
            assert f"Deep tissue, {FIRST} (before: Wed, Mar 10, 2027, 3:00 PM EST)" in body and "Hot stones, Sat, Mar 13, 2027, 10:00 AM EST (before" in body


def test_a_visit_names_each_service():
    for body in told("booking_confirmed", bookings=VISIT)[1:]:
        assert f"Deep tissue, {FIRST}" in body and "Hot stones, Sat, Mar 13, 2027, 10:00 AM EST" in body and "Elena Marsh" not in body


def test_the_shops_own_wording_leaves_no_booking_out():
    for wording in (OWN, OWN | {"body": "See you soon."}):
        for body in told("booking_moved", bookings=DATES, template=wording)[1:]:
            assert body.count(f"{SECOND} (before") == 1 and ("Text of the shop." in body or "See you soon." in body)


def test_one_booking_is_not_listed():
    assert "All bookings" not in told("booking_confirmed", bookings=DATES[:1])[2]


def test_a_booking_online_has_its_link_to_press():
    mail = render_mail("booking_confirmed", payload("booking_confirmed", booking=ONLINE), "x.example")
    assert ONLINE["address"] in Page(mail.html).links and f"Link: {ONLINE['address']}" in mail.text and "Where: Video call\n" in mail.text


def test_of_a_free_booking_nothing_could_come_back():
    for body in told("booking_confirmed", booking=FREE)[1:]:
        assert "refund" not in body and "Cancelling online ends" in body and "Move until" in body
    assert "refund" in told("booking_confirmed")[2]


def test_the_shops_people_come_to_the_booking_and_staff_do_not():
    for topic in ("merchant_approval_needed", "merchant_booking_created", "merchant_booking_moved", "merchant_booking_cancelled", "merchant_offer_accepted",
                  "merchant_offers_ended", "merchant_payment_returned", "merchant_refund_failed", "merchant_dispute_opened", "merchant_dispute_closed"):
        for changes, links in (({}, [f"{ORIGIN}/admin/bookings/0123456789ab"]), (STAFF, [])):
            page = Page(render_mail(topic, payload(topic, **changes), "x.example").html)
            assert [link for link in page.links if link.startswith("http")] == links, topic


def test_the_quiet_lines_of_a_dark_mail_stay_quiet():
    """The rule that lightens all text would otherwise win over the one for what is said softly."""
    html = render_mail("booking_confirmed", payload("booking_confirmed"), "x.example").html
    assert ".text .soft { color: #b4bac4 !important; }" in html


class TestTextMessages:
    def test_the_shop_is_named_once(self):
        assert render_sms("approval_refused", payload("approval_refused")).startswith("Harbor Massage could not accept")
        assert render_sms("booking_confirmed", payload("booking_confirmed")).startswith("Harbor Massage: Deep tissue is confirmed")
        same = payload("booking_confirmed", store={"name": "Yoga"}, booking={"service": "Yoga for two"})
        assert render_sms("booking_confirmed", same).startswith("Yoga: Yoga for two is confirmed")

    def test_seats_say_of_which_booking(self):
        assert render_sms("booking_cancelled", payload("booking_cancelled")) == f"Harbor Massage: Your booking for {FIRST} now has 1 seat. {LINK}"

    def test_several_are_not_told_as_one(self):
        text = render_sms("booking_cancelled", payload("booking_cancelled", booking={"status": "cancelled"}, bookings=DATES))
        assert f"Several of your bookings are cancelled, the first on {FIRST}." in text

    @pytest.mark.parametrize("locale", ["en", "de", "fr"])
    def test_no_character_of_ours_makes_them_dearer(self, locale):
        """One outside the alphabet, such as a space that does not break, turns the whole message into Unicode, with half the room."""
        for topic, turn, changed in every(locale):
            text = render_sms(topic, changed)
            assert text is None or sms_length(text).beyond == "", (topic, turn)
        text = render_sms("booking_cancelled", payload("booking_cancelled", locale=locale, booking={"status": "cancelled"}, refund=REFUND))
        assert "25" in text and sms_length(text).parts == 2

    def test_a_long_one_is_cut_within_the_alphabet(self):
        text = render_sms("booking_confirmed", payload("booking_confirmed", booking={"service": "A long name " * 40}))
        assert len(text) <= 320 and "..." in text and sms_length(text).beyond == "" and text.endswith(LINK)

    def test_french_sets_its_colon(self):
        assert render_sms("reminder", payload("reminder", locale="fr")).startswith("Harbor Massage : Rappel : Deep tissue")


@pytest.mark.parametrize(("several", "whose"), [(DATES, FIRST), (VISIT, f"Deep tissue, {FIRST}")])
def test_of_several_bookings_it_is_said_whose_times_the_terms_give(several, whose):
    for body in told("booking_confirmed", bookings=several)[1:]:
        assert f"These times are for {whose}. Each of the others has its own, on its page." in body
    assert "These times are for" not in told("booking_confirmed", bookings=several[:1])[2]
