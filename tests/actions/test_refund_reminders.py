"""A refund that stays owed: the shop is reminded after three days, once (R23)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.refund_booking import execute_refund
from messages import render_mail
from sync.keeping import remind
from tests.support.world import MERCHANT, World, at


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def test_reminded_once_after_three_days(world):
    owed = [world.book(at(day, 15), paid=2500, method="cash") for day in (20, 21, 22)]
    for b in owed:
        cancel_booking(world.store_id, MERCHANT, b.ref, refund="full")
    execute_refund(world.store_id, MERCHANT, world.sql("select id from refunds where booking_id = %s", owed[2].id)[0][0])
    world.set_clock(world.now + timedelta(days=3, seconds=-1))
    assert remind(world.store_id) == 0 and world.outbox("merchant_refunds_owed") == []
    world.set_clock(world.now + timedelta(seconds=1))
    assert remind(world.store_id) == 2 and remind(world.store_id) == 0
    [told] = world.outbox("merchant_refunds_owed")
    mail = render_mail("merchant_refunds_owed", told.payload, "opencals.com")
    assert told.recipient == "shop@example.com" and mail.subject == "2 refunds are still owed"
    assert all(b.ref in mail.text for b in owed[:2]) and owed[2].ref not in mail.text and "/admin/refunds" in mail.html
