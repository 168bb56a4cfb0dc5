"""What Twilio tells us, believed only with its signature (R40)."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app import create_app
from booking.actions.sms_reports import stop_sms
from gateways.twilio import signature
from models.actor import SYSTEM
from models.outbox import OutboxRow
from models.session import database, transaction
from models.sms import SmsDelivery
from tests.support.world import World, at

ADA = "+12125550101"
SID = "SM" + "0" * 32


@pytest.fixture(scope="module")
def app(settings) -> Flask:
    app = create_app(settings)
    yield app
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def client(app) -> FlaskClient:
    return app.test_client()


def texted(world: World) -> int:
    """A shop that has sent one SMS to Ada; the outbox id."""
    world.book(at(10, 15))
    with transaction(world.store_id, SYSTEM) as tx:
        outbox_id = tx.db.execute(select(OutboxRow.id).where(OutboxRow.channel == "sms")).scalars().first()
        tx.db.execute(insert(SmsDelivery).values(store_id=world.store_id, outbox_id=outbox_id, sid=SID, phone=ADA, state="queued",
                                                 created_at=tx.now, updated_at=tx.now))
    return outbox_id


def call(client: FlaskClient, host: str, path: str, token: str = "t", sign: dict | None = None, **form: str) -> int:
    given = signature(token, f"http://{host}{path}", form if sign is None else sign)
    return client.post(path, base_url=f"http://{host}", data=form, headers={"X-Twilio-Signature": given}).status_code


def state(world: World) -> tuple:
    return world.sql("select state, error_code from sms_deliveries where store_id = opencals_store()")[0]


def test_a_signed_report_is_kept_and_a_repeat_changes_nothing(client, world):
    path = f"/webhooks/twilio/status/{world.store_id}/{texted(world)}"
    host = f"{world.slug}.localhost"
    for _ in range(2):
        assert call(client, host, path, MessageSid=SID, MessageStatus="undelivered", ErrorCode="30003") == 204
    assert state(world) == ("undelivered", "30003")
    assert call(client, host, path, MessageSid=SID, MessageStatus="nonsense") == 204
    assert call(client, host, path, MessageSid="SMother", MessageStatus="delivered") == 204
    assert state(world) == ("undelivered", "30003")


def test_forged_reports_change_nothing(client, world):
    path, host = f"/webhooks/twilio/status/{world.store_id}/{texted(world)}", f"{world.slug}.localhost"
    form = {"MessageSid": SID, "MessageStatus": "delivered"}
    assert call(client, host, path, token="other", **form) == 403
    assert call(client, host, path, sign=form | {"MessageStatus": "sent"}, **form) == 403
    assert client.post(path, base_url=f"http://{host}", data=form).status_code == 403
    other = path.replace(str(world.store_id), "1")
    assert client.post(path, base_url=f"http://{host}", data=form, headers={
        "X-Twilio-Signature": signature("t", f"http://{host}{other}", form)}).status_code == 403
    assert state(world) == ("queued", None)


def test_stop_concerns_every_store_that_wrote_to_the_number_and_no_other(client, owner_url, app):
    worlds = [World(owner_url) for _ in range(3)]
    for world in worlds[:2]:
        texted(world)
    assert call(client, "localhost", "/webhooks/twilio/inbound", From=ADA, Body=" stop ") == 200
    assert [world.sql("select phone from sms_stops where store_id = opencals_store()") for world in worlds] == [[(ADA,)], [(ADA,)], []]
    assert call(client, "localhost", "/webhooks/twilio/inbound", From=ADA, Body="Start") == 200
    assert [world.sql("select phone from sms_stops where store_id = opencals_store()") for world in worlds] == [[], [], []]


def test_other_words_and_odd_numbers_are_answered_and_forgotten(client, world):
    texted(world)
    stop_sms(world.store_id, SYSTEM, ADA)
    for sender, body in ((ADA, "thanks"), ("nonsense", "STOP"), ("", ""), (ADA, "STOP" * 500)):
        assert call(client, "localhost", "/webhooks/twilio/inbound", From=sender, Body=body) == 200
    assert world.sql("select count(*) from sms_stops where store_id = opencals_store()") == [(1,)]
    assert call(client, "localhost", "/webhooks/twilio/inbound", token="other", From=ADA, Body="START") == 403


def test_the_signature_is_twilios_own():
    """The example of Twilio's documentation."""
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310", "To": "+18005551212"}
    assert signature("12345", "https://example.com/myapp.php?foo=1&bar=2", form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
