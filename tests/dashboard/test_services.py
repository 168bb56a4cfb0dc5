"""Services in the dashboard: entered, changed by two people at once, refused with everything typed kept (A31, A45)."""

from __future__ import annotations

import pytest

from booking.actions.services import update_service
from models.actor import SYSTEM
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, World, at


def row(world, service):
    return world.sql("select * from services where id = %s", service)[0]._asdict()


def test_a_service_is_added_and_leads_on_to_its_policy(manager, world):
    answer = manager.fill("/services/new", name="  Hot  stones ", price="79,50", deposit="20", duration="90", buffer_after="10", lead="1", lead_unit="days")
    path = answer.headers["Location"]
    assert path.endswith("/policy?done=added")
    stored = row(world, int(path.split("/")[3]))
    assert (stored["name"], stored["price"], stored["deposit"], stored["duration_s"], stored["buffer_after_s"], stored["lead_time_s"]) == (
        "Hot stones", 7950, 2000, 5400, 600, 86400)
    assert len(world.sql("select 1 from staff_services where service_id = %s", stored["id"])) == 2
    manager.get("/admin/services")
    assert "Hot stones" in words(manager.page) and "$79.50" in words(manager.page)


def test_everything_typed_stays_when_something_is_wrong(manager, world):
    before = len(world.sql("select 1 from services"))
    manager.fill("/services/new", 422, name="", price="12.345", duration="0", description="Keep me", lead="400", lead_unit="days", staff=[str(world.tom)])
    page = manager.page
    assert "Keep me" in page and 'value="12.345"' in page and 'value="400"' in page
    assert page.count('aria-invalid="true"') >= 4
    assert f'value="{world.tom}" checked' in page and f'value="{world.elena}" checked' not in page
    assert len(world.sql("select 1 from services")) == before


@pytest.mark.parametrize("field,value,problem", [
    ("price", "-5", "amount such as"), ("deposit", "90", "more than the price"), ("duration", "1441", "whole number from 1 to 1440"),
    ("name", "x" * 201, "200 characters"), ("staff", ["999"], "not known"), ("location", "999", "not known"), ("capacity", "²", "whole number")])
def test_each_wrong_field_says_what_is_wrong(manager, world, field, value, problem):
    manager.fill(f"/services/{world.service}", 422, **{field: value})
    assert problem in words(manager.page)


def test_only_what_changed_is_written(manager, world):
    update_service(world.store_id, SYSTEM, world.service, buffer_before_s=90)
    manager.fill(f"/services/{world.service}", name="Deep tissue")
    stored = row(world, world.service)
    assert (stored["name"], stored["buffer_before_s"], stored["price"]) == ("Deep tissue", 90, 8000)
    assert world.sql("select after from audit_entries where action = 'update_service' order by id desc limit 1")[0].after == {"fields": ["name"]}


def test_reminders_are_hours_before_the_start(manager, world):
    manager.fill(f"/services/{world.service}", reminders="48, 1.5; 0.25", withdrawal_exempt="1")
    assert (row(world, world.service)["reminder_leads"], row(world, world.service)["withdrawal_exempt"]) == ([172800, 5400, 900], True)
    manager.get(f"/admin/services/{world.service}")
    assert 'value="48, 1.5, 0.25"' in manager.page
    for wrong in ("soon", "0.1", "400", "1,2,3,4,5", "nan", "inf"):
        manager.fill(f"/services/{world.service}", 422, reminders=wrong)
    manager.fill(f"/services/{world.service}", reminders="")
    assert row(world, world.service)["reminder_leads"] == []


def test_two_editors_at_once_see_both_versions_and_the_second_may_save_again(app, world):
    one, other = Colleague(app, world).sign_in("owner"), Colleague(app, world).sign_in("manager")
    path = f"/services/{world.service}"
    one.get(f"/admin{path}")
    other.fill(path, price="95")
    one.fill(path, 409, open=False, name="Sports massage", price="70")
    text = words(one.page)
    assert "Someone else saved this" in text and "95.00 70" in text and "Massage Sports massage" in text
    assert row(world, world.service)["price"] == 9500
    one.fill(path, open=False)
    stored = row(world, world.service)
    assert (stored["name"], stored["price"]) == ("Sports massage", 7000)


def test_removing_deletes_what_nobody_booked_and_switches_off_the_rest(manager, world):
    spare = world.add_service("Spare")
    world.book(at(10, 15))
    for service in (spare, world.service):
        manager.get(f"/admin/services/{service}")
        manager.send(f"/admin/services/{service}/remove")
    assert world.sql("select id from services where id = %s", spare) == []
    assert row(world, world.service)["active"] is False


def test_services_of_another_shop_do_not_exist_here(manager, owner_url):
    other = World(owner_url)
    for path in (f"/admin/services/{other.service}", f"/admin/services/{other.service}/policy", "/admin/services/99999999999999999999"):
        manager.get(path, 404)
    manager.get("/admin/services/new")
    manager.send(f"/admin/services/{other.service}/remove", 404)
    assert row(other, other.service)["active"]


def test_an_inactive_person_keeps_their_services(manager, world):
    from booking.actions.staff import update_staff

    update_staff(world.store_id, MERCHANT, world.tom, active=False)
    manager.fill(f"/services/{world.service}", name="Deep tissue")
    assert {r.staff_id for r in world.sql("select staff_id from staff_services where service_id = %s", world.service)} == {world.elena, world.tom}
