"""The sandbox's post office, faults and clock, over HTTP (design 4.6)."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from sandbox import smtp
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.files import free_port
from sandbox.mailbox import Mailbox
from sandbox.server import create_sandbox

SMS = "/2010-04-01/Accounts/ACx/Messages.json"
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def parts(tmp_path, owner_url):
    return Mailbox(tmp_path / "mail.jsonl"), Mailbox(tmp_path / "sms.jsonl"), Clock(owner_url), Faults()


@pytest.fixture
def http(parts):
    return create_sandbox(*parts).test_client()


@pytest.fixture
def server(parts):
    port = free_port()
    controller = smtp.start(port, parts[0], parts[3])
    yield port
    controller.stop()


def post(port: int, to: str = "ada@example.com", subject: str = "Hello") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Message-ID"] = "shop@example.com", to, subject, "<1@x>"
    message.set_content("See https://example.com/a")
    message.add_alternative('<a href="https://example.com/b">b</a>', subtype="html")
    message.add_attachment(b"BEGIN:VCALENDAR", "application", "ics", filename="booking.ics")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as connection:
        connection.send_message(message)


def test_what_is_mailed_is_shown_newest_first(http, server):
    post(server, subject="One")
    post(server, subject="Two")
    post(server, to="bea@example.com")
    found = http.get("/mail.json?to=ADA@example.com").json
    assert [mail["subject"] for mail in found] == ["Two", "One"] and found[0]["links"] == ["https://example.com/b"]
    assert found[0]["attachments"][0]["name"] == "booking.ics" and http.get(f"/mail/{found[0]['id']}").status_code == 200
    assert http.get("/mail/999").status_code == 404


def test_mails_outlive_a_restart(parts, server):
    post(server)
    again = Mailbox(parts[0].path)
    assert again.newest()[0]["subject"] == "Hello" and again.next == 2


@pytest.mark.parametrize(("mode", "code", "kept"), [("5xx", 554, 0), ("throttled", 451, 0)])
def test_ordered_faults_happen_as_often_as_ordered(http, server, mode, code, kept):
    assert http.post("/faults", json={"target": "smtp", "mode": mode, "times": 1}).status_code == 200
    with pytest.raises(smtplib.SMTPDataError) as caught:
        post(server)
    assert caught.value.smtp_code == code and len(http.get("/mail.json").json) == kept
    post(server)
    assert len(http.get("/mail.json").json) == kept + 1


def test_a_lost_answer_keeps_the_mail(http, server):
    http.post("/faults", json={"target": "smtp", "mode": "timeout_after_effect"})
    with pytest.raises(smtplib.SMTPServerDisconnected):
        post(server)
    assert len(http.get("/mail.json").json) == 1


@pytest.mark.parametrize("body", [None, [], {}, {"target": "smtp"}, {"target": "x", "mode": "5xx"}, {"target": "smtp", "mode": "x"},
                                  {"target": "smtp", "mode": "5xx", "times": -1}, {"target": "smtp", "mode": "5xx", "times": True}])
def test_unknown_faults_are_refused_in_words(http, body):
    answer = http.post("/faults", json=body)
    assert answer.status_code == 400 and answer.json["problem"]


def test_sms_are_taken_from_whoever_signs_in(http):
    send = {"data": {"To": "+12125550101", "Body": "Hi https://x.example/a", "From": "+1"}}
    assert http.post(SMS, **send).status_code == 401
    assert http.post(SMS, auth=("ACx", "sandbox"), data={"To": "212", "Body": "x"}).status_code == 400
    assert http.post(SMS, auth=("ACx", "sandbox"), **send).status_code == 201
    http.post("/faults", json={"target": "sms", "mode": "throttled"})
    assert http.post(SMS, auth=("ACx", "sandbox"), **send).status_code == 429
    assert [text["links"] for text in http.get("/sms.json?to=%2B12125550101").json] == [["https://x.example/a"]]


def test_the_clock_is_set_and_advanced(http):
    http.post("/clock", json={"now": NOW.isoformat()})
    http.post("/clock", json={"advance": "PT2H"})
    now = datetime.fromisoformat(http.get("/clock").json["now"])
    assert timedelta(0) <= now - NOW - timedelta(hours=2) < timedelta(minutes=1)


@pytest.mark.parametrize("body", [None, {}, {"now": "soon"}, {"now": "2027-03-01T09:00:00"}, {"advance": "2h"}, {"now": "2090-01-01T00:00:00Z"},
                                  {"now": NOW.isoformat(), "advance": "PT1H"}])
def test_a_clock_that_makes_no_sense_is_refused_in_words(http, body):
    answer = http.post("/clock", json=body)
    assert answer.status_code == 400 and answer.json["problem"]
