"""Outgoing webhooks: written with the change, signed, kept through an hour without receiver, sent to public addresses only (E120, E121, I52)."""

from __future__ import annotations

import base64
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import types
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.webhooks import create_webhook, delete_webhook, redeliver_webhook, renew_webhook_secret, update_webhook, url_problem
from booking.rules.decision import Refused
from booking.webhook_log import deliveries
from booking.webhooks import TOPICS, secret
from models.actor import SYSTEM
from models.session import reading, transaction
from sync.outbound import Unreachable, is_public, post
from sync.webhooks import WebhookCarrier, deliver_webhooks
from tests.support.world import MERCHANT, NOW, World, at

DOC = Path(__file__).parents[2] / "docs" / "webhooks.md"


class Receiver:
    """A program of the shop's, on loopback. `status` is what it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status, self.location = 200, None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                outer.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Requests of a test are no news."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def events(self) -> list[dict]:
        return [json.loads(body) for _, body in self.got]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def hook(world, receiver, *topics: str) -> int:
    return create_webhook(world.store_id, MERCHANT, url=receiver.url, topics=topics or TOPICS).facts["id"]


def log_of(world, webhook_id):
    with reading(world.store_id) as tx:
        return deliveries(tx, webhook_id, limit=50)


def headers_of(receiver, n: int = -1) -> dict[str, str]:
    return {name.lower(): value for name, value in receiver.got[n][0].items()}


def test_the_check_printed_in_the_documentation_accepts_what_we_send_and_nothing_else(world, receiver, settings):
    done = create_webhook(world.store_id, MERCHANT, url=receiver.url, topics=["booking.created"])
    world.book(at(10, 15))
    deliver_webhooks(world.store_id, settings)
    code = re.search(r"```python\n(.*?)```", DOC.read_text(), re.S)[1]
    assert len([line for line in code.strip().splitlines() if line.strip()]) <= 10
    checker: dict = {}
    exec(compile(code, str(DOC), "exec"), checker)  # noqa: S102
    checker["time"] = types.SimpleNamespace(time=lambda: NOW.timestamp() + 10)
    headers, body = headers_of(receiver), receiver.got[0][1]
    verified = checker["verified"]
    assert verified(done.facts["secret"], headers, body)
    assert not verified(done.facts["secret"], headers, body + b" ")
    assert not verified("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body)
    assert not verified(done.facts["secret"], headers | {"webhook-id": "msg_other"}, body)
    assert not verified(done.facts["secret"], headers | {"webhook-timestamp": str(int(NOW.timestamp()) - 1)}, body)
    checker["time"] = time
    assert not verified(done.facts["secret"], headers, body)


def test_every_change_is_told_to_those_who_asked(world, receiver, settings):
    hook(world, receiver, "booking.cancelled")
    other = Receiver()
    hook(world, other)
    b = world.book(at(10, 15), paid=2500)
    cancel_booking(world.store_id, MERCHANT, b.ref, refund="full", override=True)
    assert deliver_webhooks(world.store_id, settings).sent == 3
    other.stop()
    assert [e["type"] for e in receiver.events()] == ["booking.cancelled"]
    assert [e["type"] for e in other.events()] == ["booking.created", "booking.cancelled"]
    told = receiver.events()[0]
    assert told["by"] == "token" and told["data"]["booking"]["ref"] == b.ref and told["data"]["booking"]["status"] == "cancelled"
    assert told["data"]["booking"]["owed"] == {"amount": 2500, "currency": "USD"} and "token=" not in receiver.got[0][1].decode()


def test_what_was_rolled_back_is_never_told(world, receiver, settings):
    hook(world, receiver)
    b = world.book(at(10, 15))
    with pytest.raises(Refused):
        world.book(at(10, 15), email="bo@example.com")
    with pytest.raises(RuntimeError), transaction(world.store_id, MERCHANT) as tx:
        cancel_booking.within(tx, b.ref, override=True)
        raise RuntimeError("the power goes")
    deliver_webhooks(world.store_id, settings)
    assert [e["type"] for e in receiver.events()] == ["booking.created"]


def test_a_receiver_that_is_down_for_an_hour_loses_nothing(world, receiver, settings):
    webhook = hook(world, receiver)
    dead = Receiver()
    dead.stop()
    update_webhook(world.store_id, MERCHANT, webhook, url=dead.url)
    refs = [world.book(at(10 + n, 15)).ref for n in range(3)]
    for minute in range(0, 60, 6):
        world.set_clock(NOW + timedelta(minutes=minute))
        assert deliver_webhooks(world.store_id, settings).sent == 0
    update_webhook(world.store_id, MERCHANT, webhook, url=receiver.url)
    world.set_clock(NOW + timedelta(hours=3))
    assert deliver_webhooks(world.store_id, settings).sent == 3
    assert sorted(e["data"]["booking"]["ref"] for e in receiver.events()) == sorted(refs)
    assert all(d.state == "sent" and d.attempts[0].status == 200 for d in log_of(world, webhook))
    assert any(len(d.attempts) > 1 and d.attempts[-1].status is None for d in log_of(world, webhook))


RUN = {
    "python": ([sys.executable, "-I", "-c"], """
import json, sys
asked = json.load(sys.stdin)
time.time = lambda: asked["now"]
print(json.dumps([verified(asked["secret"], one["headers"], base64.b64decode(one["body"])) for one in asked["got"]]))
"""),
    "javascript": (["node", "-e"], """
const asked = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
Date.now = () => asked.now * 1000;
console.log(JSON.stringify(asked.got.map((one) => verified(asked.secret, one.headers, Buffer.from(one.body, "base64")))));
"""),
}


def independently(language: str, secret: str, got: list[tuple[dict[str, str], bytes]], now: datetime) -> list[bool]:
    """What the check printed in the documentation says of each delivery, run as a program that knows nothing of this one."""
    check = re.search(rf"```{language}\n(.*?)```", DOC.read_text(), re.S)[1]
    start, rest = RUN[language]
    asked = {"secret": secret, "now": now.timestamp(), "got": [{"headers": headers, "body": base64.b64encode(body).decode()} for headers, body in got]}
    done = subprocess.run([*start, check + rest], input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=True, cwd="/")
    return json.loads(done.stdout)


@pytest.mark.parametrize("language", RUN)
def test_an_hour_down_loses_nothing_and_independent_programs_accept_what_came_late(world, receiver, settings, language):
    if language == "javascript" and shutil.which("node") is None:
        pytest.skip("Node is not installed")
    dead = Receiver()
    dead.stop()
    done = create_webhook(world.store_id, MERCHANT, url=dead.url, topics=TOPICS)
    refs = [world.book(at(10 + n, 15)).ref for n in range(3)]
    for minute in range(0, 60, 6):
        world.set_clock(NOW + timedelta(minutes=minute))
        assert deliver_webhooks(world.store_id, settings).sent == 0
    update_webhook(world.store_id, MERCHANT, done.facts["id"], url=receiver.url)
    late = NOW + timedelta(hours=3)
    world.set_clock(late)
    assert deliver_webhooks(world.store_id, settings).sent == 3
    got = [(headers_of(receiver, n), body) for n, (_, body) in enumerate(receiver.got)]
    assert sorted(json.loads(body)["data"]["booking"]["ref"] for _, body in got) == sorted(refs)
    secret = done.facts["secret"]
    assert independently(language, secret, got, late) == [True] * 3
    headers, body = got[0]
    wrong = [(headers, body + b" "), (headers | {"webhook-id": "msg_other"}, body), (headers | {"webhook-signature": "v1,AAAA v2,x"}, body),
             (headers | {"webhook-timestamp": str(int(late.timestamp()) - 60)}, body)]
    assert independently(language, secret, wrong, late) == [False] * 4
    assert independently(language, secret, got, late + timedelta(minutes=6)) == [False] * 3, "an old delivery played again"
    assert independently(language, "whsec_" + base64.b64encode(b"x" * 32).decode(), got, late) == [False] * 3


def test_one_that_answers_errors_is_tried_for_three_days_and_then_given_up(world, receiver, settings, monkeypatch):
    waits = [min(WebhookCarrier.longest_wait_s, 2 ** min(n, 12) * 2) for n in range(1, WebhookCarrier.most_attempts)]
    assert timedelta(days=2.8) < timedelta(seconds=sum(waits)) < timedelta(days=3.2)
    monkeypatch.setattr(WebhookCarrier, "most_attempts", 8)
    webhook = hook(world, receiver, "booking.created")
    world.book(at(20, 15))
    receiver.status, now = 500, NOW
    for _ in range(8):
        deliver_webhooks(world.store_id, settings)
        now += timedelta(hours=1.4)
        world.set_clock(now)
    assert len(receiver.got) == 8 and log_of(world, webhook)[0].state == "failed"
    redeliver_webhook(world.store_id, MERCHANT, webhook, log_of(world, webhook)[0].id)
    receiver.status = 204
    assert deliver_webhooks(world.store_id, settings).sent == 1
    assert len({headers["Webhook-Id"] if "Webhook-Id" in headers else headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_one_dead_receiver_does_not_hold_up_the_others(world, receiver, settings):
    dead, alive = Receiver(), receiver
    dead.stop()
    hook(world, dead)
    hook(world, alive)
    for n in range(4):
        world.book(at(10 + n, 15))
    assert deliver_webhooks(world.store_id, settings).sent == 4


def test_redirects_are_not_followed(world, receiver, settings):
    other = Receiver()
    webhook = hook(world, receiver, "booking.created")
    receiver.status, receiver.location = 302, other.url
    world.book(at(10, 15))
    deliver_webhooks(world.store_id, settings)
    other.stop()
    assert other.got == [] and "redirects are not followed" in log_of(world, webhook)[0].attempts[0].problem


def test_after_removing_it_nothing_more_is_sent(world, receiver, settings):
    webhook = hook(world, receiver)
    world.book(at(10, 15))
    delete_webhook(world.store_id, MERCHANT, webhook)
    world.book(at(11, 15))
    assert deliver_webhooks(world.store_id, settings).claimed == 0 and receiver.got == []


def test_a_renewed_secret_signs_what_is_waiting_and_secrets_are_each_ones_own(world, receiver, settings):
    webhook, other = hook(world, receiver, "booking.created"), hook(world, receiver, "booking.created")
    first = [secret(world.store_id, number, "k1", 1) for number in (webhook, other)]
    fresh = renew_webhook_secret(world.store_id, MERCHANT, webhook).facts["secret"]
    assert len({*first, fresh}) == 3 and secret(world.store_id + 1, webhook, "k1", 1) not in first and secret(world.store_id, webhook, "old", 1) is None


def test_due_webhooks_are_found_across_stores(db, world, receiver):
    hook(world, receiver)
    assert (world.store_id, "webhooks") not in db.due_errands()
    world.book(at(10, 15))
    assert (world.store_id, "webhooks") in db.due_errands()


class TestPublicOnly:
    @pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1", "fe80::1%eth0",
                                         "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "224.0.0.1", "255.255.255.255"])
    def test_private_addresses(self, address):
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"])
    def test_public_ones(self, address):
        assert is_public(address)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "127.1"])
    def test_however_it_is_spelled_nothing_private_is_reached(self, receiver, host):
        port = receiver.server.server_address[1]
        with pytest.raises(Unreachable):
            post(f"http://{host}:{port}/", b"{}", {"Host": "x"})
        assert receiver.got == []

    def test_a_name_that_leads_elsewhere_between_look_and_connection_gains_nothing(self, receiver, monkeypatch):
        answers = iter([[(2, 1, 6, "", ("93.184.216.34", 80))]])
        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: next(answers) if host == "rebind.example" else real("127.0.0.1", *a, **k))
        connected: list[str] = []

        def connect(address, *a, **k):  # noqa: ANN001, ANN202
            connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(Unreachable):
            post("http://rebind.example/", b"{}", {"Host": "rebind.example"})
        assert connected == ["93.184.216.34"]

    def test_an_answer_that_drips_does_not_keep_us(self, monkeypatch):
        monkeypatch.setattr("sync.outbound.WHOLE", 1.0)
        with socket.socket() as slow:
            slow.bind(("127.0.0.1", 0))
            slow.listen()

            def drip() -> None:
                connection, _ = slow.accept()
                try:
                    for letter in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100:
                        connection.send(bytes([letter]))
                        time.sleep(0.1)
                except OSError:
                    pass

            threading.Thread(target=drip, daemon=True).start()
            begun = time.monotonic()
            with pytest.raises(Unreachable):
                post(f"http://127.0.0.1:{slow.getsockname()[1]}/", b"{}", {"Host": "x"}, anywhere=True)
            assert time.monotonic() - begun < 8, "the whole of it would take twelve seconds"

    def test_in_production_only_https_may_be_named(self, db, settings):
        from booking import keys

        keys.configure(replace(settings, sandbox_url=None))
        try:
            assert url_problem("http://example.com/") and not url_problem("https://example.com/hook?a=1") and not url_problem("https://example.com:8443/")
            for bad in ("https://", "ftp://example.com", "https://a:b@example.com", "https://example.com:25/", "https://example.com/#x", "https://exa mple.com",
                        "https://[bad", "javascript:alert(1)"):
                assert url_problem(bad), bad
        finally:
            keys.configure(settings)


def test_topics_must_be_known_and_twenty_are_enough(world, receiver):
    for topics in ([], ["booking.exploded"]):
        with pytest.raises(Refused):
            create_webhook(world.store_id, SYSTEM, url=receiver.url, topics=topics)
    for _ in range(20):
        hook(world, receiver)
    with pytest.raises(Refused):
        hook(world, receiver)
