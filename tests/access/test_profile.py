"""What customers change about themselves (A13, A14, R38, R39)."""

from __future__ import annotations

import pytest

from booking.access import customer_of_feed
from booking.actions.profile import CHANNELS, KINDS, renew_feed, stop_feed, update_profile
from booking.rules.decision import Refused
from models.session import reading
from tests.support.world import World, at

ALL = {channel: dict.fromkeys(KINDS, True) for channel in CHANNELS}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def ada(world) -> int:
    return world.book(at(10, 15)).customer_id


def change(world: World, customer_id: int, **values) -> None:
    update_profile(world.store_id, world.customer(world.book(at(11, 15))), customer_id,
                   **({"name": "Ada Archer", "phone": "+12125550101", "locale": "en", "preferences": ALL} | values))


def stored(world: World, customer_id: int) -> tuple:
    return world.sql("select name, phone, locale, preferences, version from customers where id = %s", customer_id)[0]


def feed_owner(world: World, secret: str) -> int | None:
    with reading(world.store_id) as tx:
        return customer_of_feed(tx, secret)


def test_name_phone_language_and_preferences_are_kept(world, ada):
    wishes = {"email": {"transactional": True, "offers": True}, "sms": {"reminders": True, "unknown": True}, "fax": {"transactional": True}}
    change(world, ada, name="  Ada   Byron ", phone="+1 (212) 555-0199", locale="de", preferences=wishes)
    assert stored(world, ada) == ("Ada Byron", "+12125550199", "de", {
        "email": {"transactional": True, "reminders": False, "offers": True, "marketing": False},
        "sms": {"transactional": False, "reminders": True, "offers": False, "marketing": False}}, 2)


@pytest.mark.parametrize(("values", "fields"), [
    ({"name": " "}, ["name"]), ({"name": "x" * 121}, ["name"]), ({"phone": "12"}, ["phone"]), ({"preferences": {}}, ["preferences"]),
    ({"preferences": {c: ALL[c] | {"transactional": False} for c in CHANNELS}}, ["preferences"]),
    ({"name": "", "phone": "x", "preferences": {}}, ["name", "phone", "preferences"])])
def test_all_problems_are_named_and_nothing_changes(world, ada, values, fields):
    """At least one channel stays on for messages about bookings (R38)."""
    before = stored(world, ada)
    with pytest.raises(Refused) as caught:
        change(world, ada, **values)
    assert [e["field"] for e in caught.value.facts["errors"]] == fields and stored(world, ada) == before


def test_customers_of_other_stores_are_not_found(world, ada, owner_url):
    with pytest.raises(Refused) as caught:
        change(World(owner_url), ada, name="Eve")
    assert caught.value.code == "not_found" and stored(world, ada)[0] == "Ada Archer"


def test_the_feeds_secret_is_new_each_time_and_dies_with_the_next(world, ada, owner_url):
    by = world.customer(world.book(at(11, 15)))
    first = renew_feed(world.store_id, by, ada).facts["secret"]
    assert feed_owner(world, first) == ada and feed_owner(World(owner_url), first) is None
    second = renew_feed(world.store_id, by, ada).facts["secret"]
    assert (feed_owner(world, first), feed_owner(world, second)) == (None, ada)
    stop_feed(world.store_id, by, ada)
    assert feed_owner(world, second) is None
    assert first not in str(world.sql("select feed_secret_hash from customers")) + str(world.sql("select row_to_json(a)::text from audit_entries a"))
