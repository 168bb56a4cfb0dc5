"""Audit and insights: who did what, that nothing was altered, and what the figures mean (A20, A41, I63)."""

from __future__ import annotations

import json
from html import unescape

import psycopg
import pytest

from booking.actions.blocks import create_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.mark_booking import complete_booking, no_show_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.stores import update_store
from booking.quotes import sign
from booking import facts
from booking.wording import words_for
from booking.wording.languages import SHIPPED
from models.actor import Actor
from models.session import reading
from shopify_app.dashboard.charts import share, stacked
from tests.dashboard import exports
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, NOW, World, at

OWNER = Actor("user", "dashboard", 5, "owner")


def cancel_by_customer(world: World, b) -> None:  # noqa: ANN001
    with reading(world.store_id) as tx:
        quote = sign(facts.quote_cancellation(tx, b), b, b.seats)
    cancel_booking(world.store_id, world.customer(b), b.ref, quote=quote)


def test_the_trail_is_filtered(manager, world):
    b = world.book(at(9, 15))
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(10, 15))
    with pytest.raises(Exception, match="too_late"):
        cancel_booking(world.store_id, world.holder(late := world.book(at(1, 16), email="l@example.com")), late.ref, quote="")
    manager.get("/admin/audit", query_string={"who": "customers"})
    text = words(manager.page)
    assert "Moved" in text and "Tue, Mar 9, 2027, 10:00 AM EST → Wed, Mar 10, 2027, 10:00 AM EST" in text and "Staff added" not in text.split("Before and after")[1]
    manager.get("/admin/audit", query_string={"refused": "1"})
    assert "Refused: Cancelled" in words(manager.page).split("Before and after")[1] and "Booked" not in words(manager.page).split("Before and after")[1]
    manager.get("/admin/audit", query_string={"action": "create_staff"})
    assert words(manager.page).split("Before and after")[1].count("Staff added") == 2
    for nonsense in ({"who": "x"}, {"from": "x"}, {"action": "'"}, {"cursor": "x"}, {"from": "2030-01-01"}):
        manager.get("/admin/audit", query_string=nonsense)


@pytest.mark.parametrize("locale", SHIPPED)
def test_the_trail_is_read_in_every_language(manager, world, locale):
    """However many fields a change touched (A41, R46)."""
    update_store(world.store_id, MERCHANT, name="Harbor", phone="+12125550100", website="https://harbor.example", accent="#123456", waitlist=True)
    manager.get("/admin/audit", headers={"Accept-Language": locale})
    w = words_for(locale)
    assert w.comma.join(w._(name) for name in ("Name", "Phone", "Website")) in unescape(manager.page)


def test_the_trail_in_pages_and_files(manager, world, monkeypatch):
    monkeypatch.setattr("shopify_app.dashboard.audit.BATCH", 3)
    monkeypatch.setattr("shopify_app.dashboard.audit.PAGE", 3)
    b = world.book(at(9, 15))
    everything = json.loads(manager.get("/admin/audit.json").get_data(as_text=True))
    numbers = [entry["number"] for entry in everything]
    assert numbers == sorted(numbers, reverse=True) and numbers[-1] == 1 and len(set(numbers)) == len(numbers)
    booked = next(entry for entry in everything if entry["action"] == "create_booking")
    assert booked["booking"] == b.ref and booked["after"]["status"] == "confirmed" and len(booked["hash"]) == 64
    rows = exports.rows(manager.get("/admin/audit.csv"))
    assert [int(row["Number"]) for row in rows] == numbers
    assert json.loads(manager.get("/admin/audit.json?from=2030-01-01").get_data(as_text=True)) == []
    manager.get("/admin/audit")
    assert "Older entries" in words(manager.page)


def test_an_altered_entry_is_found(manager, world, owner_url):
    world.book(at(9, 15))
    manager.get("/admin/audit", query_string={"check": "1"})
    assert "The chain holds" in words(manager.page)
    with psycopg.connect(owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        c.execute("alter table audit_entries disable trigger audit_is_append_only")
        c.execute("update audit_entries set actor_role = 'forged' where store_id = %s and chain = 3", (world.store_id,))
        c.execute("alter table audit_entries enable trigger audit_is_append_only")
    manager.get("/admin/audit", query_string={"check": "1"})
    assert "Entry 3 does not follow" in words(manager.page)


def test_the_share_of_changes_customers_make(manager, world):
    made = [world.book(at(day, 15), email=f"c{day}@example.com") for day in (8, 9, 10, 11)]
    cancel_by_customer(world, made[0])
    reschedule_booking(world.store_id, world.customer(made[1]), made[1].ref, starts_at=at(9, 18))
    reschedule_booking(world.store_id, world.holder(made[2]), made[2].ref, starts_at=at(10, 18))
    reschedule_booking(world.store_id, OWNER, made[3].ref, starts_at=at(11, 18))
    manager.get("/admin/insights")
    text = words(manager.page)
    assert "75% of changes made by customers themselves" in text and "3 of 4 changes were made by customers" in text
    assert "Mar 1 3 1 0" in text


def test_missed_appointments_lead_times_and_how_busy(manager, world):
    for hour, email in ((14, "a"), (15, "b"), (16, "c"), (17, "d")):
        world.book(at(1, hour), email=f"{email}@example.com")
    refs = [row[0] for row in world.sql("select ref from bookings order by starts_at")]
    create_block(world.store_id, MERCHANT, staff_id=world.tom, starts_at=at(1, 0), ends_at=at(2, 0))
    world.set_clock(at(1, 23))
    no_show_booking(world.store_id, OWNER, refs[0])
    for ref in refs[1:]:
        complete_booking(world.store_id, OWNER, ref)
    manager.get("/admin/insights")
    text = words(manager.page)
    assert "25% of appointments missed" in text and "1 of 4 appointments was missed" in text and "same day 4" in text
    # 30 days of eight hours for Elena, one of them off for Tom.
    assert "Elena Marsh 4 4 h 240 h" in text and "Tom Okonkwo 0 0 min 232 h" in text
    assert "<svg" in manager.page and "style=" not in manager.page
    world.set_clock(NOW)


def test_an_empty_shop_has_insights_too(manager):
    manager.get("/admin/insights", query_string={"days": "365"})
    assert "No changes in this time" in words(manager.page)
    manager.get("/admin/insights", query_string={"days": "many"})


def test_staff_see_neither(staff):
    for path in ("audit", "audit.csv", "audit.json", "insights"):
        staff.get(f"/admin/{path}", 403)


@pytest.mark.parametrize(("part", "whole", "percent"), [(0, 0, None), (1, 3, 33), (2, 3, 67), (1, 8, 13), (1, 1, 100), (0, 5, 0)])
def test_shares_are_whole_percents(part, whole, percent):
    assert share(part, whole) == percent


def test_bars_stand_on_the_floor_and_on_each_other():
    chart = stacked([("a", (1, 1)), ("b", (0, 4))])
    assert [(b.part, round(b.y + b.height)) for b in chart.bars] == [(1, 180), (2, 138), (2, 180)]
    assert chart.bars[2].height == 168 and stacked([]).bars == []
