"""Customers in the dashboard: found, looked at, changed, merged (R44)."""

from __future__ import annotations

import re

from booking.actions.customers import update_customer
from booking.actions.people import Person
from tests.storefront.visitor import fields, words
from tests.support.world import MERCHANT, World, at


def test_the_list_and_the_search(staff, world):
    world.book(at(5, 15))
    world.book(at(6, 15), email="zed@example.com")
    staff.get("/admin/customers")
    assert words(staff.page).count("Ada Archer") == 2 and "zed@example.com" in staff.page
    staff.get("/admin/customers", query_string={"q": "zed"})
    assert "zed@example.com" in staff.page and "ada@example.com" not in staff.page
    staff.get("/admin/customers", query_string={"q": "nobody of that name"})
    assert "Nobody found" in words(staff.page)


def test_pages_of_customers(staff, world, monkeypatch):
    monkeypatch.setattr("shopify_app.dashboard.customers.PAGE", 2)
    for n in range(5):
        world.book(at(5, 14 + n), email=f"c{n}@example.com")
    seen, address = [], "/admin/customers"
    while address:
        staff.get(address)
        seen += re.findall(r'class="of"><bdi>([^<]+)<', staff.page)
        more = re.search(r'<p class="pager"><a class="button quiet" href="([^"]+)"', staff.page)
        address = more[1].replace("&amp;", "&") if more else None
    assert sorted(seen) == [f"c{n}@example.com" for n in range(5)] and len(seen) == len(set(seen))


def test_one_customer_with_everything(manager, world):
    b = world.book(at(5, 15))
    manager.get(f"/admin/customers/{b.customer_id}")
    text = words(manager.page)
    for part in ("Ada Archer", "ada@example.com", "+1 212-555-0101", "Mar 5, 2027, 10:00 AM", "has not signed in", "Reminders not chosen not chosen"):
        assert part in text, part


def test_two_who_edit_at_once(owner, world):
    b = world.book(at(5, 15))
    path = f"/admin/customers/{b.customer_id}/edit"
    owner.get(path)
    update_customer(world.store_id, MERCHANT, b.customer_id, Person("Ada Theirs", "ada@example.com", "+12125550101"), {"name"})
    owner.send(path, 409, name="Ada Mine", email="ada@example.com", phone="+12125550101")
    assert "Ada Theirs Ada Mine" in words(owner.page) and 'value="Ada Mine"' in owner.page
    owner.send(path, name="Ada Mine", email="ada@example.com", phone="+12125550101")
    assert world.sql("select name from customers") == [("Ada Mine",)]
    owner.get(path)
    owner.send(path, 422, name="", email="wrong", phone="1")
    assert "is not an e-mail address" in words(owner.page) and 'value="wrong"' in owner.page and fields(owner.page)["version"]


def test_duplicates_are_shown_and_merged(manager, staff, world):
    one, two = world.book(at(5, 15)), world.book(at(6, 15), email="ada2@example.com")
    staff.get(f"/admin/customers/{one.customer_id}")
    assert "second record" in words(staff.page) and "/merge" not in staff.page
    manager.get(f"/admin/customers/{one.customer_id}")
    assert f"/admin/customers/{one.customer_id}/merge/{two.customer_id}" in manager.page
    manager.get(f"/admin/customers/{one.customer_id}/merge", query_string={"q": "archer"})
    manager.get(f"/admin/customers/{one.customer_id}/merge/{two.customer_id}")
    assert "different addresses" in words(manager.page)
    manager.send(f"/admin/customers/{one.customer_id}/merge/{two.customer_id}")
    assert world.read(two.ref).customer_id == one.customer_id
    assert manager.get(f"/admin/customers/{two.customer_id}", 303).headers["Location"].endswith(f"/admin/customers/{one.customer_id}")


def test_customers_of_other_shops_do_not_exist(manager, world, owner_url):
    other = World(owner_url).book(at(5, 15))
    mine = world.book(at(5, 15))
    manager.get(f"/admin/customers/{other.customer_id}", 404)
    manager.get(f"/admin/customers/{2**70}", 404)
    manager.get(f"/admin/customers/{mine.customer_id}/merge/{other.customer_id}", 404)
