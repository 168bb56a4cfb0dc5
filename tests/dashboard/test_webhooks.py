"""Webhooks on screen and in the API: added, changed by two people, looked at, sent again (E120, E121)."""

from __future__ import annotations

import pytest

from booking.webhooks import TOPICS
from sync.webhooks import deliver_webhooks
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import words
from tests.sync.test_webhooks import Receiver
from tests.support.world import World, at


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


def add(owner, receiver) -> int:
    return int(owner.fill("/webhooks", url=receiver.url, topics=list(TOPICS)).headers["Location"].split("/")[3].split("?")[0])


def test_it_is_added_tried_and_every_try_is_in_the_log(owner, world, receiver, settings):
    number = add(owner, receiver)
    receiver.status = 503
    owner.get(f"/admin/webhooks/{number}")
    assert "whsec_" in owner.page
    owner.send(f"/admin/webhooks/{number}/ping")
    deliver_webhooks(world.store_id, settings)
    owner.get(f"/admin/webhooks/{number}")
    assert "ping tries again" in words(owner.page) and "answered 503" in words(owner.page)
    receiver.status = 200
    delivery = world.sql("select id from outbox where channel = 'webhook'")[0].id
    owner.send(f"/admin/webhooks/{number}/deliveries/{delivery}")
    deliver_webhooks(world.store_id, settings)
    owner.get(f"/admin/webhooks/{number}")
    assert "ping received" in words(owner.page) and receiver.events()[-1]["type"] == "ping"
    owner.get("/admin/webhooks")
    assert receiver.url in words(owner.page)


def test_two_editors(app, world, receiver):
    one, other = Colleague(app, world).sign_in("owner"), Colleague(app, world).sign_in("owner", "two@example.com")
    number = add(one, receiver)
    one.get(f"/admin/webhooks/{number}")
    other.fill(f"/webhooks/{number}", active=None)
    one.fill(f"/webhooks/{number}", 409, open=False, topics=["booking.created"])
    assert "Someone else saved this" in words(one.page)
    one.fill(f"/webhooks/{number}", open=False)
    row = world.sql("select topics, active from webhook_endpoints where id = %s", number)[0]
    assert row.topics == ["booking.created"] and row.active


@pytest.mark.parametrize("changes", [{"url": "ftp://x.example"}, {"url": ""}, {"topics": None}, {"topics": ["nonsense"]}])
def test_wrong_entries_stay_on_screen(owner, receiver, changes):
    owner.fill("/webhooks", 422, **({"url": receiver.url, "topics": ["booking.created"]} | changes))


def test_of_another_shop(owner, app, owner_url, receiver):
    other = World(owner_url)
    theirs = add(Colleague(app, other).sign_in("owner"), receiver)
    owner.get(f"/admin/webhooks/{theirs}", 404)
    for part in ("/secret", "/ping", "/remove", "/deliveries/1"):
        owner.get("/admin/webhooks")
        owner.send(f"/admin/webhooks/{theirs}{part}", 404)


def test_removed_ones_are_gone(owner, world, receiver):
    number = add(owner, receiver)
    owner.get("/admin/webhooks")
    owner.send(f"/admin/webhooks/{number}/remove")
    owner.get(f"/admin/webhooks/{number}", 404)
    owner.get("/admin/webhooks")
    assert receiver.url not in owner.page


def test_the_api_does_the_same(app, world, receiver, settings):
    from booking.actions.tokens import create_token
    from tests.api.conftest import Api
    from tests.support.world import MERCHANT

    api = Api(app.test_client(), create_token(world.store_id, MERCHANT, "t").facts["token"])
    made = api.post("/webhooks", {"url": receiver.url, "topics": ["booking.created"]})
    assert made["secret"].startswith("whsec_")
    assert "secret" not in api.get(f"/webhooks/{made['id']}") and api.get("/webhooks")["items"][0]["url"] == receiver.url
    world.book(at(10, 15))
    deliver_webhooks(world.store_id, settings)
    delivery = api.get(f"/webhooks/{made['id']}/deliveries")["items"][0]
    assert delivery["state"] == "sent" and delivery["attempts"][0]["status"] == 200
    assert api.send("POST", f"/webhooks/{made['id']}/deliveries/{delivery['id']}/redeliver", {}).status_code == 204
    assert deliver_webhooks(world.store_id, settings).sent == 1
    assert api.patch(f"/webhooks/{made['id']}", {"active": False})["active"] is False
    assert api.post(f"/webhooks/{made['id']}/secret", {}, status=200)["secret"] != made["secret"]
    api.refused(422, "invalid", "POST", "/webhooks", {"url": "ftp://x", "topics": ["booking.created"]})
    api.delete(f"/webhooks/{made['id']}")
    api.refused(404, "not_found", "GET", f"/webhooks/{made['id']}")
