"""Every message: complete in HTML and in plain text, safe whatever people are called, one for each change (A40, A46, A82, I51)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import messages
from messages import render_mail, render_sms
from messages.render import MESSAGES, SHARED
from tests.messages.payloads import ABOUT_NO_BOOKING, LINK, MAIL_ONLY, OFFERING, REFUND, TO_CUSTOMER, TO_SHOP, payload

DOMAIN = "opencals.com"
WHEN, OLD = "Sat, Mar 13, 2027, 9:00 AM EST", "Wed, Mar 10, 2027, 3:00 PM EST"
VOID = {"meta", "br"}
EVIL = "<script>alert(1)</script>\"'&{{7*7}}"


class Page(HTMLParser):
    """Checks that tags close in order, and collects the text, the links and the names of tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.tags, self.links, self.text = [], set(), [], ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def both(topic: str, **changes) -> tuple[str, str]:
    """(the text of the HTML body, the plain body)."""
    mail = render_mail(topic, payload(topic, **changes), DOMAIN)
    return Page(mail.html).text, mail.text


def test_every_file_of_the_folder_is_a_known_message():
    files = {path.stem for path in Path(messages.__file__).parent.glob("*.py")} - {"__init__", *SHARED}
    assert files == set(MESSAGES) == {*TO_CUSTOMER, *MAIL_ONLY, *TO_SHOP, *OFFERING, *ABOUT_NO_BOOKING}


@pytest.mark.parametrize("topic", sorted(MESSAGES))
def test_both_bodies_are_complete(topic):
    mail = render_mail(topic, payload(topic), DOMAIN)
    page = Page(mail.html)
    assert mail.subject and "\n" not in mail.subject and len(mail.subject) < 120
    for body in (page.text, mail.text):
        assert "Harbor Massage" in body and "+1 212-555-0142" in body and "shop@example.com" in body
        assert not re.search(r"\{\w*\}|None|Undefined|\{\{|\{%", body)
    for line in filter(None, (line.strip() for line in mail.text.splitlines())):
        if not line.startswith(("-", "Manage", "Reschedule", "Harbor", "Leave feedback", "Undo")) and ": " not in line:
            assert line in page.text, "the plain body says nothing the HTML body does not say"


@pytest.mark.parametrize("topic", [*TO_CUSTOMER, *MAIL_ONLY, *TO_SHOP, *OFFERING])
def test_the_booking_is_named_in_subject_or_body(topic):
    mail = render_mail(topic, payload(topic), DOMAIN)
    for fact in ("Deep tissue", "Saturday, March 13, 2027", "9:00 AM to 10:00 AM EST", "Elena Marsh", "48 Harbor Street", "$80"):
        assert fact in Page(mail.html).text and fact in mail.text


@pytest.mark.parametrize("topic", sorted(MESSAGES))
def test_names_are_only_text(topic):
    """HTML is escaped, plain text is not, and nobody's name is a template (I51)."""
    changes = {"store": {"name": EVIL}}
    if topic not in ABOUT_NO_BOOKING:
        changes |= {"booking": {"service": EVIL, "staff": EVIL, "address": EVIL}, "customer": {"name": EVIL} if topic in TO_SHOP else None}
    mail = render_mail(topic, payload(topic, **changes), DOMAIN)
    page = Page(mail.html)
    assert "script" not in page.tags and EVIL in page.text and EVIL in mail.text and "49" not in mail.subject


@pytest.mark.parametrize("topic", TO_SHOP)
def test_the_shop_gets_no_key_to_the_booking(topic):
    mail = render_mail(topic, payload(topic), DOMAIN)
    assert "/manage/" not in mail.html + mail.text and mail.ics is None and "Ada Archer" in mail.text


@pytest.mark.parametrize("topic", sorted(MESSAGES))
def test_nothing_is_fetched_and_nothing_counts_opens(topic):
    html = render_mail(topic, payload(topic), DOMAIN).html
    assert not Page(html).tags & {"img", "link", "script", "iframe", "form", "input"} and "url(" not in html


@pytest.mark.parametrize("topic", sorted(set(TO_CUSTOMER) - {"manage_link", "reminder", "zone_rules"}))
def test_the_owner_is_asked_whether_it_was_them(topic):
    assert "Wasn't you?" in both(topic)[0]


def test_the_code_is_typed_and_never_a_link():
    """D1, D2: no mail scanner can use it up."""
    mail = render_mail("sign_in_code", payload("sign_in_code"), DOMAIN)
    assert "012345" in mail.subject and "012345" in mail.text and "10 minutes" in mail.text
    assert [link for link in Page(mail.html).links if not link.startswith(("tel:", "mailto:"))] == []


def test_a_move_names_the_new_time_first_and_the_old_one():
    html, text = both("booking_moved")
    assert f"Your new time is {WHEN}. It was {OLD} before." in html and WHEN in text
    assert WHEN in render_mail("booking_moved", payload("booking_moved"), DOMAIN).subject


def test_a_cancellation_says_what_happens_to_the_money():
    html, text = both("booking_cancelled", booking={"status": "cancelled"}, refund=REFUND)
    assert "You'll be refunded $25 to the card you paid with" in html and "You'll be refunded $25 to the card you paid with" in text
    html, _ = both("booking_cancelled", booking={"status": "cancelled"}, refund=REFUND | {"outcome": "forfeit", "amount": 0, "kept": 2500})
    assert "Your $25 deposit can't be refunded per our policy" in html


def test_a_cancellation_by_the_shop_says_so():
    assert "Harbor Massage had to cancel your booking" in both("booking_cancelled", booking={"status": "cancelled"}, by="store")[0]
    assert "had to cancel" not in both("booking_cancelled", booking={"status": "cancelled"})[0]


def test_dropping_seats_is_not_called_a_cancellation():
    html, _ = both("booking_cancelled", booking={"seats": 2})
    assert f"Your booking for {WHEN} now has 2 seats." in html and "is cancelled" not in html


def test_a_refused_move_says_who_stays_where_and_why():
    html, _ = both("approval_refused", because="deadline", restored=True)
    assert "has not answered your request for" in html and f"Your booking for {WHEN} stays as it was." in html
    assert "could not accept" in both("approval_refused", because="declined", restored=True)[0]


def test_the_shop_is_told_of_a_conflict():
    assert "overlaps another booking" in both("merchant_booking_created", booking={"conflict": True})[0]


def test_each_offered_time_has_its_button_and_its_address_in_both_bodies():
    mail = render_mail("counter_offer", payload("counter_offer"), DOMAIN)
    for n in (1, 2, 3):
        assert f"{LINK}&round=1&action=accept&offer={n}" in Page(mail.html).links and f"{LINK}&round=1&action=accept&offer={n}\n" in mail.text
    assert mail.text.count("Accept Thu, Mar 11, 2027, 3:00 PM EST, with Tom Okonkwo: ") == 3


def test_an_earlier_time_may_be_taken_refused_or_stopped():
    html, text = both("earlier_slot")
    assert f"Thu, Mar 11, 2027, 3:00 PM EST with Tom Okonkwo has become free. Your booking is on {WHEN}." in html
    assert "It is held for you until Tue, Mar 2, 2027, 7:00 AM EST." in text
    for part in ("&offer=7", "&offer=7&action=refuse", "&action=stop"):
        assert f"{part}\n" in text
    assert "There is room again in Deep tissue on Thu, Mar 11, 2027, 3:00 PM EST" in both("earlier_slot", waits_for="seat")[0]


def test_who_waits_knows_the_place_in_line():
    assert "You are number 2 in line." in both("waitlist_joined")[0]


def test_an_unknown_topic_is_an_error():
    with pytest.raises(KeyError):
        render_mail("unheard_of", payload("booking_confirmed"), DOMAIN)


class TestSms:
    """A47: the link is whole, at the end, within 320 characters."""

    @pytest.mark.parametrize("topic", TO_CUSTOMER)
    @pytest.mark.parametrize("service", ["Deep tissue", "A very long name of a service " * 30])
    def test_the_link_is_never_cut(self, topic, service):
        text = render_sms(topic, payload(topic, booking={"service": service}, refund=REFUND))
        assert text.endswith(" " + LINK) and len(text) <= 320 and text.startswith("Harbor Massage") and text.count("Harbor Massage") <= 2 and "\n" not in text

    @pytest.mark.parametrize("topic", [*TO_SHOP, *MAIL_ONLY, "sign_in_code", "deposit_returned"])
    def test_codes_and_notices_to_the_shop_go_by_mail_only(self, topic):
        assert render_sms(topic, payload(topic)) is None

    @pytest.mark.parametrize("service", ["Deep tissue", "A very long name of a service " * 30])
    def test_every_offered_time_has_its_whole_link(self, service):
        text = render_sms("counter_offer", payload("counter_offer", booking={"service": service}, store={"name": "Shop " * 50}))
        assert [part for part in text.split() if part.startswith("http")] == [f"{LINK}&round=1&action=accept&offer={n}" for n in (1, 2, 3)]
        assert len(text) <= 640
        text = render_sms("earlier_slot", payload("earlier_slot", booking={"service": service}, store={"name": "Shop " * 50}))
        assert text.endswith(" " + payload("earlier_slot")["offer"]["url"]) and len(text) <= 320
