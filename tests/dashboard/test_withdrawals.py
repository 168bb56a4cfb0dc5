"""Withdrawals at the shop: seen on Today, on the booking and in a list, and noted as dealt with (R48)."""

from __future__ import annotations

import re

import pytest

from booking.actions.sign_in import Asker
from booking.actions.stores import update_store
from booking.actions.withdraw import declare_withdrawal
from messages.render import render_mail
from models.actor import Actor
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, NOW, World, at


@pytest.fixture
def offered(world):
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    yield world
    world.set_clock(NOW)


def declare(world: World, contract: str = "Order 1001", name: str = "Ada Archer", email: str = "ada@example.com") -> int:
    return declare_withdrawal(world.store_id, Actor("customer", "link"), name=name, email=email, contract=contract, statement="I <changed> my mind.",
                              asker=Asker("203.0.113.7")).facts["id"]


def test_one_finds_it_from_today_and_from_the_booking_and_settles_it(offered, manager):
    b = offered.book(at(10, 15))
    manager.get("/admin")
    assert "withdrawal to deal with" not in words(manager.page)
    number = declare(offered, b.ref)
    manager.get("/admin")
    assert "1 withdrawal to deal with" in words(manager.page) and 'href="/admin/withdrawals"' in manager.page
    manager.get(f"/admin/bookings/{b.ref}")
    assert "The customer has withdrawn from this contract: Mon, Mar 1, 2027, 7:00 AM EST." in words(manager.page)
    assert f'/admin/withdrawals#w-{number}"' in manager.page
    manager.get("/admin/withdrawals")
    text = words(manager.page)
    assert "Mon, Mar 1, 2027, 7:00:00 AM EST (12:00:00 UTC)" in text and "I &lt;changed&gt; my mind." in manager.page
    assert f'id="w-{number}"' in manager.page and f'href="/admin/bookings/{b.ref}"' in manager.page and "Waiting for" not in text
    manager.get(manager.send(f"/admin/withdrawals/{number}/handled").headers["Location"])
    assert "Noted as dealt with." in words(manager.page) and "No withdrawals here." in words(manager.page)
    manager.get("/admin/withdrawals?show=done")
    assert "Dealt with Mon, Mar 1, 2027" in words(manager.page) and "/handled" not in manager.page
    manager.get("/admin")
    assert "withdrawal to deal with" not in words(manager.page)
    assert offered.read(b.ref).status == "confirmed", "it cancels nothing by itself"
    assert offered.sql("select actor_role from audit_entries where action = 'handle_withdrawal'") == [("manager",)]


def test_the_oldest_come_first_and_long_lists_have_pages(offered, manager, monkeypatch):
    monkeypatch.setattr("shopify_app.dashboard.withdrawals.PAGE", 1)
    first = declare(offered, "Order 1", "Bea Old")
    offered.set_clock(at(3, 12))
    second = declare(offered, "Order 2", "Cem New")
    for show, order in (("open", (first, second)), ("done", (second, first))):
        manager.get(f"/admin/withdrawals?show={show}")
        assert ("Waiting for 2 days" in words(manager.page)) is (show == "open")
        seen = re.findall(r'id="w-(\d+)"', manager.page)
        manager.get(re.search(r'href="(/admin/withdrawals\?[^"]*cursor=[^"]*)"', manager.page)[1].replace("&amp;", "&"))
        assert [*seen, *re.findall(r'id="w-(\d+)"', manager.page)] == [str(number) for number in order]
        assert "cursor=" not in manager.page
        for number in order if show == "open" else ():
            manager.get("/admin/withdrawals")
            manager.post(f"/admin/withdrawals/{number}/handled")
    for nonsense in ("x", "1.2"):
        manager.get("/admin/withdrawals", query_string={"cursor": nonsense})


def test_who_may_see_it(offered, manager, staff):
    """As with refunds: managers. Who works at the booking is told that there is one."""
    b = offered.book(at(10, 15))
    number = declare(offered, b.ref)
    staff.get("/admin/withdrawals", 403)
    staff.post(f"/admin/withdrawals/{number}/handled", 403)
    staff.get("/admin")
    assert "withdrawal" not in words(staff.page)
    staff.get(f"/admin/bookings/{b.ref}")
    assert "has withdrawn from this contract" in words(staff.page) and "/admin/withdrawals" not in staff.page
    manager.get("/admin/withdrawals")
    manager.post("/admin/withdrawals/7/handled", 404)
    assert offered.sql("select handled_at from withdrawals") == [(None,)]


def test_one_that_names_no_booking_leads_to_the_customer_and_the_mail_leads_to_the_list(offered, manager):
    number = declare(offered)
    manager.get("/admin/withdrawals")
    assert "No booking could be matched by itself." in words(manager.page) and 'href="/admin/customers?q=ada%40example.com"' in manager.page
    [notice] = offered.outbox("merchant_withdrawal")
    assert f"/admin/withdrawals#w-{number}" in render_mail("merchant_withdrawal", notice.payload, "opencals.com").html
    update_store(offered.store_id, MERCHANT, withdrawal="off")
    manager.get("/admin/withdrawals")
    assert "Your pages don't offer this at the moment." in words(manager.page)
