"""Mails as they go over the wire: structure, headers nobody can break, bodies that arrive unchanged (I51)."""

from __future__ import annotations

import socket
import threading
from email import message_from_bytes, policy

import pytest

from messages import Mail, render_mail
from messages.mail import Later, Mailer, Unknown, _content, compose
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


class Server(threading.Thread):
    """A mail server that ends each line as `ends` says: "after" the message, with "421" at the next one, "before" or "within" the content."""

    def __init__(self, *ends: str) -> None:
        super().__init__(daemon=True)
        self.listening, self.ends, self.stored = socket.create_server(("127.0.0.1", 0)), ends, 0
        self.url = f"smtp://127.0.0.1:{self.listening.getsockname()[1]}"
        self.start()

    def run(self) -> None:
        for end in self.ends:
            line, _ = self.listening.accept()
            with line, line.makefile("rwb", buffering=0) as wire:
                self._talk(wire, end)
        self.listening.close()

    def _talk(self, wire, end: str) -> None:
        wire.write(b"220 here\r\n")
        here = 0
        for command in wire:
            word = command[:4].upper()
            if word == b"MAIL" and (end == "before" or (end == "421" and here)):
                wire.write(b"421 idle too long\r\n" if end == "421" else b"")
                return
            wire.write(b"354 go\r\n" if word == b"DATA" else b"250 ok\r\n")
            if word == b"DATA":
                while wire.readline() != b".\r\n":
                    pass
                self.stored, here = self.stored + 1, here + 1
                if end == "within":
                    return
                wire.write(b"250 stored\r\n")
                if end == "after":
                    return


@pytest.mark.parametrize("end", ["after", "421"])
def test_a_line_the_server_closed_while_idle_delays_nothing(end):
    server = Server(end, "stays")
    mailer = Mailer(server.url)
    mailer.send(made())
    mailer.send(made())
    assert server.stored == 2
    mailer.close()


def test_a_server_that_closes_new_lines_too_is_asked_again_later():
    server = Server("after", "before", "stays")
    mailer = Mailer(server.url)
    mailer.send(made())
    with pytest.raises(Later):
        mailer.send(made())
    assert server.stored == 1


def test_a_line_lost_within_the_content_is_never_repeated_at_once():
    server = Server("after", "within", "stays")
    mailer = Mailer(server.url)
    mailer.send(made())
    with pytest.raises(Unknown):
        mailer.send(made())
    assert server.stored == 2
