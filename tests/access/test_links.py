"""The signed link of a booking: what opens it and what never does (R3, A50, A70, A74, A101, I31, I33, I34, I43)."""

from __future__ import annotations

import base64
import dataclasses
import random
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from booking import keys
from booking.actions.cancel_booking import cancel_booking
from booking.actions.manage_link import revoke_link, send_manage_link
from booking.actions.reschedule_booking import reschedule_booking
from booking.links import check_token, manage_path, manage_token, manage_url
from models.session import reading
from tests.support.world import MERCHANT, World, at

STORE, REF = 4242, "0123456789ab"
OLD, NEW = ("k1", b"k" * 32), ("k2", b"n" * 32)
FORGERIES = 20_000
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def keyed(settings):
    """A function that puts link keys in force; the module's own come back afterwards."""
    yield lambda *pairs: keys.configure(dataclasses.replace(settings, link_keys=pairs))
    keys.configure(settings)


@pytest.fixture
def token(keyed) -> str:
    keyed(OLD)
    return manage_token(STORE, REF, 1)


def test_the_known_answer(token):
    """HMAC-SHA256("k" * 32, "opencals:v1|k1|manage|4242|0123456789ab|1"), worked out with openssl."""
    assert token == "k1.OSOMe_oxz5VsCNi7aejLD44_ApiWaJ8XRe6OA_REFCM"


def test_the_same_booking_has_the_same_token_and_every_part_counts(token):
    assert manage_token(STORE, REF, 1) == token
    assert check_token(token, STORE, REF, 1)
    for store_id, ref, epoch in ((STORE + 1, REF, 1), (STORE, "0123456789ac", 1), (STORE, REF, 2), (STORE, REF, 0), (424, "20123456789ab", 1)):
        assert not check_token(token, store_id, ref, epoch)


def test_it_carries_all_256_bits(token):
    assert len(base64.urlsafe_b64decode(token.partition(".")[2] + "=")) == 32


def test_exactly_one_spelling_opens(token):
    """Base64's last character holds two unused bits, and decoders are lenient: neither makes a second key (I31)."""
    body = token.partition(".")[2]
    last = BASE64[BASE64.index(body[-1]) ^ 1]
    spellings = [body, body[:-1] + last, token + "=", token + " ", " " + token, token.upper(), token.lower(), token[:-1], token + "A",
                 "k1." + body[:-1] + last, "K1." + body, "k1.." + body, ".k1." + body, "k2." + body, "." + body, "", ".", "k1.",
                 token.replace(".", "%2e"), token + "\n", token + "\x00", "k1." + "é" * 43, token.replace("-", "+").replace("_", "/") + "="]
    assert [s for s in spellings if check_token(s, STORE, REF, 1)] == []


def test_none_of_20000_forged_tokens_opens(token):
    """One character changed, bits flipped, other people's tokens, cut ones, random ones: 0 accepted (below 0.015 % at 95 %)."""
    draw = random.Random(20261121)
    body = token.partition(".")[2]

    def changed() -> str:
        place = draw.randrange(len(body))
        return "k1." + body[:place] + draw.choice(BASE64.replace(body[place], "")) + body[place + 1:]

    def flipped() -> str:
        raw = bytearray(base64.urlsafe_b64decode(body + "="))
        raw[draw.randrange(32)] ^= 1 << draw.randrange(8)
        return "k1." + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    kinds = (changed, flipped, lambda: "k1." + base64.urlsafe_b64encode(draw.randbytes(32)).rstrip(b"=").decode(),
             lambda: manage_token(STORE, f"{draw.getrandbits(40):012x}", 1), lambda: token[:draw.randrange(len(token))],
             lambda: manage_token(STORE, REF, draw.randrange(2, 10**6)))
    assert sum(check_token(draw.choice(kinds)(), STORE, REF, 1) for _ in range(FORGERIES)) == 0


class TestRotation:
    """New keys sign, old ones still open until they are taken away (I34)."""

    def test_the_first_key_signs_and_all_open(self, keyed, token):
        keyed(NEW, OLD)
        fresh = manage_token(STORE, REF, 1)
        assert fresh.startswith("k2.") and check_token(fresh, STORE, REF, 1) and check_token(token, STORE, REF, 1)

    def test_a_retired_key_opens_nothing(self, keyed, token):
        keyed(NEW)
        assert not check_token(token, STORE, REF, 1)

    def test_the_order_of_keys_decides_only_who_signs(self, keyed, token):
        keyed(NEW, OLD)
        fresh = manage_token(STORE, REF, 1)
        keyed(OLD, NEW)
        assert manage_token(STORE, REF, 1) == token and check_token(fresh, STORE, REF, 1)

    def test_the_key_id_is_part_of_what_is_signed(self, keyed, token):
        """One secret under two ids makes two tokens: an id cannot be swapped."""
        keyed(("k2", OLD[1]), OLD)
        assert not check_token("k2." + token.partition(".")[2], STORE, REF, 1)


def test_a_move_keeps_the_link_and_a_revocation_ends_it(world):
    b = world.book(at(10, 15))
    first = manage_token(b.store_id, b.ref, b.link_epoch)
    moved = reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16)).booking
    assert check_token(first, moved.store_id, moved.ref, moved.link_epoch)
    revoked = revoke_link(world.store_id, MERCHANT, b.ref).booking
    assert revoked.link_epoch == b.link_epoch + 1
    assert not check_token(first, revoked.store_id, revoked.ref, revoked.link_epoch)
    assert manage_token(revoked.store_id, revoked.ref, revoked.link_epoch) in world.outbox("manage_link")[-1].payload["manage_url"]
    assert world.sql("select before->>'link_epoch', after->>'link_epoch' from audit_entries where action = 'revoke_link'"
                     " and booking_id = %s", b.id) == [("1", "2")]


def test_sending_the_link_again_sends_the_same_one_each_time(world):
    """A105: two clicks are two mails, with one token."""
    b = world.book(at(10, 15))
    for _ in range(2):
        send_manage_link(world.store_id, MERCHANT, b.ref)
    urls = [row.payload["manage_url"] for row in world.outbox("booking_confirmed", "manage_link") if row.booking_id == b.id]
    assert len(urls) == 3 and len(set(urls)) == 1


def test_the_url_has_the_known_shape_and_the_hosts_of_the_database(world):
    """A50, A51, A66 to A69: `/manage/{ref}?token=`, further parameters behind it, the store's own host once it is verified."""
    b = world.book(at(10, 15))
    assert parse_qs(urlsplit(manage_path(b, action="accept", offer=2)).query) == {
        "token": [manage_token(b.store_id, b.ref, b.link_epoch)], "action": ["accept"], "offer": ["2"]}
    with reading(world.store_id) as tx:
        assert manage_url(tx, b).startswith(f"https://{world.slug}.localhost/manage/{b.ref}?token=") == (keys.settings().scheme == "https")
        assert urlsplit(manage_url(tx, b)).hostname == f"{world.slug}.localhost"
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as owner:
        owner.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        owner.execute("insert into store_hosts (store_id, host, primary_host) values (%s, 'salonsmith.example', true)", (world.store_id,))
    with reading(world.store_id) as tx:
        assert urlsplit(manage_url(tx, b)).hostname == f"{world.slug}.localhost"
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as owner:
        owner.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        owner.execute("update store_hosts set verified_at = now() where host = 'salonsmith.example'")
    with reading(world.store_id) as tx:
        assert urlsplit(manage_url(tx, b)).hostname == "salonsmith.example"


def test_a_change_sends_links_on_the_stores_own_host(world):
    """A69: what a change asks with its lock is the host its mails go out with, also to the shop."""
    b = world.book(at(10, 15))
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as owner:
        owner.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        owner.execute("insert into store_hosts (store_id, host, primary_host, verified_at) values (%s, 'harbor.example', true, now())",
                      (world.store_id,))
    reschedule_booking(world.store_id, world.holder(b), b.ref, starts_at=at(11, 15))
    cancel_booking(world.store_id, MERCHANT, b.ref)
    sent = world.outbox("booking_moved", "booking_cancelled")
    assert [row.topic for row in sent] == ["booking_moved", "booking_cancelled"]
    assert {urlsplit(row.payload["manage_url"]).hostname for row in sent} == {"harbor.example"}
