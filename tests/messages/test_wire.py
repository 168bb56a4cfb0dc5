"""Mails as they go over the wire: structure, headers nobody can break, bodies that arrive unchanged (I51)."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from messages import Mail, render_mail
from messages.mail import _content, compose
from tests.messages.payloads import payload


def made(mail: Mail | None = None, **changes):
    return compose(mail or render_mail("booking_confirmed", payload("booking_confirmed"), "opencals.com"), **({
        "sender": "bookings@opencals.com", "sender_name": "Harbor Massage", "reply_to": "shop@example.com",
        "recipient": "ada@example.com", "message_id": "<1@opencals.com>"} | changes))


def received(message):
    """As the other side reads it: dots unstuffed, the final point taken off."""
    raw = _content(message)
    assert raw.endswith(b"\r\n.\r\n") and raw.count(b"\r\n.\r\n") == 1
    return message_from_bytes(raw[:-3].replace(b"\r\n..", b"\r\n."), policy=policy.default)


def test_plain_first_then_html_then_the_calendar_and_the_file():
    parts = [part.get_content_type() for part in received(made()).walk()]
    assert parts == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics"]


def test_the_calendar_part_names_its_method_and_equals_the_attachment():
    mail = render_mail("booking_confirmed", payload("booking_confirmed"), "opencals.com")
    message = received(made(mail))
    calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    [attached] = message.iter_attachments()
    assert calendar.get_param("method") == "REQUEST" and attached.get_filename() == "booking.ics"
    assert attached.get_content() == mail.ics.encode()
    assert calendar.get_content().splitlines() == mail.ics.splitlines()


def test_headers_say_who_to_whom_and_that_it_is_automatic():
    message = received(made(sender_name="Café Übung, Inc."))
    assert message["From"].addresses[0].display_name == "Café Übung, Inc." and message["From"].addresses[0].addr_spec == "bookings@opencals.com"
    assert (message["To"], message["Message-ID"], message["Auto-Submitted"]) == ("ada@example.com", "<1@opencals.com>", "auto-generated")
    assert message["Reply-To"].addresses[0].addr_spec == "shop@example.com"


@pytest.mark.parametrize("field", ["sender", "sender_name", "reply_to", "recipient", "message_id"])
@pytest.mark.parametrize("breaks", ["\r\nBcc: eve@example.com", "\nBcc: eve@example.com", "\r\n\r\nbody"])
def test_a_line_break_in_a_header_is_refused(field, breaks):
    good = {"sender": "a@example.com", "sender_name": "A", "reply_to": "a@example.com", "recipient": "a@example.com", "message_id": "<1@x>"}
    with pytest.raises(ValueError):
        made(**{field: good[field] + breaks}).as_bytes()


@pytest.mark.parametrize("recipient", ["a@example.com, eve@example.com", "a@example.com eve@example.com", "eve@example.com>, <a@example.com"])
def test_one_recipient_is_one_recipient(recipient):
    with pytest.raises(ValueError):
        made(recipient=recipient)


def test_a_subject_is_one_line_whatever_a_service_is_called():
    mail = render_mail("booking_confirmed", payload("booking_confirmed", booking={"service": "Deep\r\nBcc: eve@example.com\r\n\r\ntissue"}),
                       "opencals.com")
    message = received(made(mail))
    assert message["Bcc"] is None and message["Subject"].strip().startswith("Confirmed: Deep Bcc: eve@example.com tissue")


@pytest.mark.parametrize("line", [".", "..", ".hidden", "From here", "Ünïcödé 🙂", "x" * 2000])
def test_every_line_arrives_as_it_was_written(line):
    mail = Mail("Subject", f"first\n{line}\nlast\n", f"<p>\n{line}\n</p>\n")
    message = received(made(mail))
    assert message.get_body(("plain",)).get_content().splitlines() == ["first", line, "last"]
    assert message.get_body(("html",)).get_content().splitlines() == ["<p>", line, "</p>"]
    assert all(len(part) <= 998 for part in _content(made(mail)).split(b"\r\n"))
