"""What a failing mail server does to a message: refused for good, tried later, or unknown and repeated under the same id (I6, A104)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from sqlalchemy import text

from models.actor import SYSTEM
from models.session import transaction
from sync.outbox import MOST_ATTEMPTS, Carrier, deliver
from tests.support.world import NOW, World, at


@pytest.fixture
def one(world) -> World:
    """A shop with exactly one mail waiting."""
    world.book(at(10, 15))
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(text("delete from outbox where topic <> 'booking_confirmed'"))
    return world


def row(world: World):
    [found] = world.outbox()
    return found


def test_5xx_is_final_and_visible(one, carrier, post):
    post.fail("5xx")
    assert deliver(one.store_id, carrier).failed == 1
    assert (row(one).state, row(one).last_error) == ("failed", "554 refused on order")
    one.set_clock(NOW + timedelta(days=1))
    assert deliver(one.store_id, carrier).claimed == 0 and post.ids == []


def test_451_waits_and_tries_again(one, carrier, post):
    post.fail("throttled")
    assert deliver(one.store_id, carrier).later == 1
    waiting = row(one)
    assert (waiting.state, waiting.last_error, waiting.attempts, waiting.lease) == ("due", "451 too many messages", 1, None)
    assert timedelta(seconds=2.8) <= waiting.due_at - NOW <= timedelta(seconds=5.2)
    assert deliver(one.store_id, carrier).claimed == 0
    one.set_clock(waiting.due_at)
    assert deliver(one.store_id, carrier).sent == 1
    assert post.ids == [waiting.message_id] and row(one).last_error is None


def test_the_waits_grow_to_an_hour_and_end_after_twelve_attempts(one, carrier, post):
    post.fail("throttled", 100)
    waits = []
    for _ in range(MOST_ATTEMPTS):
        before = one.now
        deliver(one.store_id, carrier)
        waits.append((row(one).due_at - before).total_seconds())
        one.set_clock(max(row(one).due_at, before))
    assert waits[0] < 6 and 2520 <= max(waits) <= 4680 and waits[-1] == 0
    assert (row(one).state, row(one).attempts, post.ids) == ("failed", MOST_ATTEMPTS, [])


def test_a_lost_answer_is_repeated_under_the_same_message_id(one, carrier, post):
    """`timeout_after_effect`: the server has the mail, the line breaks before its reply. A reader sees one mail."""
    post.fail("timeout_after_effect")
    assert deliver(one.store_id, carrier).later == 1
    assert row(one).state == "due" and len(post.ids) == 1
    one.set_clock(row(one).due_at)
    assert deliver(one.store_id, carrier).sent == 1
    assert post.ids == [row(one).message_id] * 2


def test_answers_lost_to_the_end_are_reported_as_unknown(one, carrier, post):
    post.fail("timeout_after_effect", 100)
    for _ in range(MOST_ATTEMPTS):
        deliver(one.store_id, carrier)
        one.set_clock(row(one).due_at)
    assert row(one).state == "unknown" and set(post.ids) == {row(one).message_id}


def test_a_server_that_is_down_loses_nothing(one, carrier, post):
    post.fail("down")
    assert deliver(one.store_id, carrier).later == 1
    one.set_clock(row(one).due_at)
    assert deliver(one.store_id, carrier).sent == 1 and len(post.ids) == 1


def test_no_server_at_all_loses_nothing(one, settings, carrier, post):
    deaf = Carrier(dataclasses.replace(settings, smtp_url="smtp://127.0.0.1:9", sms_url=None))
    assert deliver(one.store_id, deaf).later == 1
    one.set_clock(row(one).due_at)
    assert deliver(one.store_id, carrier).sent == 1 and len(post.ids) == 1


@pytest.mark.parametrize("mode", ["5xx", "throttled", "timeout_after_effect", "down"])
def test_the_message_behind_a_failing_one_is_sent(world, carrier, post, mode):
    world.book(at(10, 15))
    first, second = world.outbox()
    post.fail(mode)
    deliver(world.store_id, carrier)
    assert world.outbox()[0].state != "sent" and world.outbox()[1].state == "sent"
    assert post.ids.count(second.message_id) == 1


def test_a_message_that_cannot_be_made_does_not_stop_the_others(world, carrier, post):
    world.book(at(10, 15))
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(text("update outbox set topic = 'unheard_of' where topic = 'booking_confirmed'"))
    done = deliver(world.store_id, carrier)
    assert (done.sent, done.failed) == (1, 1)
    assert sorted((r.topic, r.state, r.last_error) for r in world.outbox()) == [
        ("merchant_booking_created", "sent", None), ("unheard_of", "failed", "KeyError")]


def test_a_message_given_up_half_way_does_not_spoil_the_next(post, carrier):
    """MAIL FROM has been said when the address turns out not to fit on the wire: the connection starts afresh."""
    def mail(domain: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "shop@example.com", Address("", "ada", domain), domain
        message.set_content("text")
        return message

    with pytest.raises(UnicodeEncodeError):
        carrier.mailer.send(mail("bücher.example"))
    carrier.mailer.send(mail("example.com"))
    assert post.subjects == ["example.com"]


def test_domains_with_umlauts_are_reached_in_their_ascii_form(world, carrier, post):
    """I40: mail goes to the mailbox that was typed, whatever script its domain is written in."""
    world.book(at(10, 15), email="ada@bücher.example")
    deliver(world.store_id, carrier)
    assert sorted(item["to"] for item in post.mailbox.items) == ["ada@xn--bcher-kva.example", "elena@example.com"]
