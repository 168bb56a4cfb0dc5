"""Calendars, pickers and lists of weekdays begin the week where the customer's does (R46)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from booking.actions.stores import update_store
from models.customer import Customer
from models.session import transaction
from tests.storefront.visitor import account, words
from tests.support.world import MERCHANT, at


def heads(page: str) -> list[str]:
    """The weekdays above the first table."""
    return re.findall(r"<th[^>]*>([^<]+)</th>", page[page.index("<thead"):page.index("</thead>")])


def numbers(page: str) -> list[int]:
    """The days in the first row below it."""
    row = page[page.index("<tbody>"):]
    return [int(n) for n in re.findall(r'class="number"[^>]*>(\d+)<', row[:row.index("</tr>")])]


CASES = [("America/New_York", None, ["Sun", "Mon"], [28, 1]), ("Europe/London", None, ["Mon", "Tue"], [1, 2]),
         ("America/New_York", "en-GB", ["Mon", "Tue"], [1, 2]), ("Africa/Cairo", None, ["Sat", "Sun"], [27, 28])]


@pytest.mark.parametrize(("zone", "locale", "first", "days"), CASES)
def test_the_month_and_the_week(world, ada, zone, locale, first, days):
    b = world.book(at(2, 15))
    update_store(world.store_id, MERCHANT, zone=zone)
    with transaction(world.store_id, MERCHANT) as tx:
        tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id).values(locale=locale))
    ada.get("/account?view=calendar&month=2027-03")
    assert (heads(ada.page)[:2], numbers(ada.page)[:2]) == (first, days)
    ada.get("/account?view=week&day=2027-03-04")
    assert (heads(ada.page)[:2], numbers(ada.page)[:2], len(numbers(ada.page))) == (first, days, 7)
    assert "Tuesday, March 2, 2027" in words(ada.page) and 'href="/account?view=calendar&amp;month=2027-03"' in ada.page
    ada.get(account(b, "reschedule"))
    assert heads(ada.page)[:2] == first


@pytest.mark.parametrize(("asked", "first"), [("en-GB,fr-FR;q=0.8", "Mon"), ("en;q=0.9,pt-BR", "Sun"), ("en-US", "Sun"), ("de", "So"), ("de-AT,de;q=0.9,en;q=0.8", "Mo"), ("*", "Sun")])
def test_of_somebody_unknown_the_browser_tells_the_region_or_the_shop_does(world, visitor, asked, first):
    visitor.get(f"/book/{world.service}", headers={"Accept-Language": asked})
    assert heads(visitor.page)[0].rstrip(".") == first


def test_wishes_for_an_earlier_time(world, ada):
    b = world.book(at(28, 15))
    ada.get(account(b, "waitlist"))
    named = re.findall(r'name="day" value="(\d)"', ada.page)
    assert named == ["6", "0", "1", "2", "3", "4", "5"] and words(ada.page).index("Sunday") < words(ada.page).index("Monday")
    ada.send(account(b, "waitlist"), 303, day=["6", "2"], band=["morning"], who="anyone")
    ada.get(account(b, "waitlist"))
    assert re.findall(r'name="day" value="(\d)"[^>]* checked', ada.page) == ["6", "2"]
