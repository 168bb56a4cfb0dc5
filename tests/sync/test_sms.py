"""SMS through the provider: once each, whatever the line does; delivery reports; STOP (R40, A47, A88, A104)."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.serving import make_server

from booking import keys
from booking.actions.cancel_booking import cancel_booking
from booking.actions.manage_link import send_manage_link
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.sms_reports import note_delivery, start_sms, stop_sms
from gateways import twilio as gateway
from models.actor import SYSTEM
from models.session import database, transaction
from sandbox import twilio
from sandbox.faults import Faults
from sandbox.files import free_port
from sandbox.mailbox import Mailbox
from sandbox.quiet import Quiet
from settings import Settings
from sync import sms
from sync.outbox import Carrier, deliver
from tests.support.world import MERCHANT, NOW, World, at

ADA = "+12125550101"


@dataclasses.dataclass
class Provider:
    """The stand-in for Twilio: what it took, and the faults ordered."""

    port: int
    texts: Mailbox
    faults: Faults

    @property
    def bodies(self) -> list[str]:
        return [item["text"] for item in self.texts.items]

    def fail(self, mode: str, times: int = 1) -> None:
        self.faults.order("sms", mode, times)


@pytest.fixture
def provider(tmp_path: Path, monkeypatch) -> Iterator[Provider]:
    monkeypatch.setattr(twilio, "REPORTED", ())
    found = Provider(free_port(), Mailbox(tmp_path / "sms.jsonl"), Faults())
    app = Flask("provider")
    app.register_blueprint(twilio.blueprint(found.texts, found.faults, "secret", "http://127.0.0.1:9"))
    server = make_server("127.0.0.1", found.port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()


@pytest.fixture
def texting(settings: Settings, provider: Provider) -> Iterator[Settings]:
    changed = dataclasses.replace(settings, sms_url=f"http://127.0.0.1:{provider.port}", sms_token="secret")
    keys.configure(changed)
    yield changed
    keys.configure(settings)


class Texter(Carrier):
    """Sends SMS; mails are for other tests."""

    channels = ("sms",)


@pytest.fixture
def carrier(texting: Settings) -> Carrier:
    return Texter(texting)


@pytest.fixture
def world(db, texting, owner_url) -> World:
    return World(owner_url)


def rows(world: World) -> list:
    return world.outbox(channel="sms")


def rounds(world: World, carrier: Carrier, n: int = 14) -> None:
    """Deliver, and let the waits pass."""
    for _ in range(n):
        deliver(world.store_id, carrier)
        waiting = [row.due_at for row in rows(world) if row.state == "due"]
        if not waiting:
            return
        world.set_clock(max(world.now, *waiting))


def test_every_change_is_told_with_a_whole_link(world, carrier, provider):
    """A47, A88."""
    b = world.book(at(20, 15))
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(21, 16))
    cancel_booking(world.store_id, MERCHANT, b.ref)
    deliver(world.store_id, carrier)
    assert len(provider.bodies) == 3 and all(len(body) <= 320 for body in provider.bodies)
    links = [item["links"] for item in provider.texts.items]
    assert all(row.payload["manage_url"] in found for row, found in zip(rows(world), links, strict=True))
    assert "Reply STOP to end text messages." in provider.bodies[0] and "STOP" not in provider.bodies[1]
    assert {item["to"] for item in provider.texts.items} == {ADA}


@pytest.mark.parametrize("mode", ["timeout", "timeout_after_effect", "5xx", "throttled", "down"])
@pytest.mark.parametrize("times", [1, 4])
def test_whatever_the_line_does_the_customer_gets_one(world, carrier, provider, mode, times):
    world.book(at(20, 15))
    provider.fail(mode, times)
    rounds(world, carrier)
    assert len(provider.bodies) == 1 and [row.state for row in rows(world)] == ["sent"]


def test_the_look_up_is_what_prevents_a_second_one(world, carrier, provider, monkeypatch):
    """The same story without it: two messages. So the test above can fail."""
    monkeypatch.setattr(sms, "_sent_before", lambda *_: None)
    world.book(at(20, 15))
    provider.fail("timeout_after_effect")
    rounds(world, carrier)
    assert len(provider.bodies) == 2


def test_the_same_words_sent_on_purpose_are_sent_again(world, carrier, provider):
    """A resent link is not mistaken for the message before it, even when its own first try got lost."""
    b = world.book(at(20, 15))
    deliver(world.store_id, carrier)
    for _ in range(2):
        send_manage_link(world.store_id, MERCHANT, b.ref)
        provider.fail("timeout")
        rounds(world, carrier)
    assert len(provider.bodies) == 3 and provider.bodies[1] == provider.bodies[2]


def test_a_number_that_cannot_be_is_final(world, carrier, provider, texting):
    world.book(at(20, 15))
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(text("update outbox set recipient = 'nonsense' where channel = 'sms'"))
    assert deliver(world.store_id, carrier).failed == 1
    assert [(row.state, row.last_error) for row in rows(world)] == [("failed", "400 21211")]


def test_reports_move_forward_only(world, carrier, provider):
    world.book(at(20, 15))
    deliver(world.store_id, carrier)
    [(outbox_id, sid, state)] = world.sql("select outbox_id, sid, state from sms_deliveries where store_id = opencals_store()")
    assert state == "queued" and sid == provider.texts.items[0]["sid"]

    def report(state: str) -> str:
        note_delivery(world.store_id, SYSTEM, outbox_id, sid, state)
        return world.sql("select state from sms_deliveries where outbox_id = %s", outbox_id)[0][0]

    assert [report(state) for state in ("sent", "queued", "delivered", "sent", "failed")] == ["sent", "sent", "delivered", "delivered", "delivered"]
    assert note_delivery(world.store_id, SYSTEM, outbox_id, "SMother", "delivered").facts == {"known": False}


def test_after_stop_nothing_goes_out_until_start(world, carrier, provider):
    world.book(at(20, 15))
    deliver(world.store_id, carrier)
    assert world.store_id in database().stores_texting(ADA)
    stop_sms(world.store_id, SYSTEM, ADA)
    world.book(at(21, 15))
    deliver(world.store_id, carrier)
    assert len(provider.bodies) == 1 and (rows(world)[-1].state, rows(world)[-1].last_error) == ("superseded", "stopped")
    start_sms(world.store_id, SYSTEM, ADA)
    world.book(at(22, 15))
    deliver(world.store_id, carrier)
    assert len(provider.bodies) == 2


def test_a_stop_only_the_provider_knows_of_is_learnt(world, carrier, provider, monkeypatch):
    def unsubscribed(*_):
        raise gateway.NotSent("400 21610", final=True, code=21610)

    monkeypatch.setattr(gateway, "send", unsubscribed)
    world.book(at(20, 15))
    deliver(world.store_id, carrier)
    assert rows(world)[-1].state == "failed"
    assert world.sql("select phone from sms_stops where store_id = opencals_store()") == [(ADA,)]


def test_an_outage_of_hours_loses_nothing(world, carrier, provider):
    world.book(at(20, 15))
    provider.fail("down", 8)
    rounds(world, carrier)
    assert len(provider.bodies) == 1 and world.now - NOW > timedelta(minutes=5)
