"""A visit is one line of the list whatever lies between its parts, each with its own time; no page cuts it apart (R32, I66)."""

from __future__ import annotations

import re

import pytest

from bench.pages import counted
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.mark_booking import complete_booking
from booking.actions.people import Person
from booking.actions.reschedule_booking import reschedule_booking
from tests.storefront.visitor import account, words
from tests.support.world import MERCHANT, at

ADA = Person("Ada Archer", "ada@example.com", "+12125550101")


@pytest.fixture
def parted(world):
    """A visit on March 10 with Elena at 10:00 and at 15:00, New York time."""
    services = [world.add_service("Colour", price=4000), world.add_service("Cut", price=3000)]
    made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=[VisitPart(one, world.elena) for one in services]).bookings
    return [made[0], reschedule_booking(world.store_id, MERCHANT, made[1].ref, starts_at=at(10, 20)).booking]


def book(world, *starts):
    return [world.book(start, staff=world.tom) for start in starts]


def shown(page: str) -> list[str]:
    return re.findall(r'class="cover" href="/account/bookings/([^"]+)"', page)


def next_page(page: str, kind: str = "upcoming") -> str | None:
    found = re.search(rf'href="(/account\?{kind}=[^"]+)"', page)
    return found and found[1]


def walk(ada, kind: str = "upcoming") -> list[list[str]]:
    ada.get("/account")
    pages = [ada.page]
    while following := next_page(ada.page, kind):
        ada.get(following)
        pages.append(ada.page)
    return [shown(page.split('id="upcoming"')[1].split('id="past"')[kind == "past"]) for page in pages]


def test_its_parts_stand_together_each_with_its_time(world, ada, parted):
    between, = book(world, at(10, 17))
    ada.get("/account")
    assert shown(ada.page) == [parted[0].ref, between.ref]
    text = words(ada.page)
    assert "Colour + Cut , Wed, Mar 10, 10:00 AM to 4:00 PM EST 10:00 AM to 11:00 AM EST · Colour · Elena Marsh" in text
    assert "3:00 PM to 4:00 PM EST · Cut · Elena Marsh Harbor Street · $70" in text and text.count("Reschedule Colour") == 1
    for view in ("view=calendar&month=2027-03", "view=week&day=2027-03-10"):
        ada.get(f"/account?{view}")
        assert ada.page.count(f'"{account(parted[0])}"') == 2 and account(parted[1]) not in ada.page and "3:00 PM to 4:00 PM EST · Cut" in words(ada.page)


def test_a_part_on_another_day_says_which(world, ada, parted):
    reschedule_booking(world.store_id, MERCHANT, parted[1].ref, starts_at=at(11, 20))
    ada.get("/account")
    assert "10:00 AM to 11:00 AM EST · Colour · Elena Marsh Thu, Mar 11, 3:00 PM to 4:00 PM EST · Cut" in words(ada.page)


def test_it_is_upcoming_until_the_last_of_it_is_over(world, ada, parted):
    book(world, at(8, 15), at(10, 17))
    for clock, there in (((10, 16, 30), (True, False)), ((10, 21), (False, True))):
        world.set_clock(at(*clock))
        ada.get("/account")
        upcoming, past = ada.page.split('id="upcoming"')[1].split('id="past"')
        assert tuple(parted[0].ref in shown(half) for half in (upcoming, past)) == there
        assert shown(ada.page).count(parted[0].ref) == 1 and parted[1].ref not in shown(ada.page) and "Colour + Cut" in words(ada.page)


@pytest.mark.parametrize("moved", [False, True])
def test_it_stays_whole_wherever_the_lists_go_on(world, ada, parted, moved):
    """What has ended of it may be behind twenty others, what is still to come too."""
    if moved:
        reschedule_booking(world.store_id, MERCHANT, parted[1].ref, starts_at=at(20, 20))
    for b in book(world, *[at(11 + n // 5, 14 + n % 5) for n in range(21)]):
        cancel_booking(world.store_id, MERCHANT, b.ref)
    coming = book(world, *[at(11 + n // 5, 14 + n % 5) for n in range(22)])
    world.set_clock(at(10, 16, 30))
    for kind in ("upcoming", "past"):
        halves = [page for page in walk(ada, kind)]
        assert sum(halves, []).count(parted[0].ref) == (kind == "upcoming") and len(halves) == 2
        assert not any(parted[1].ref in page for page in halves)
    first = ada.get("/account").text
    assert ("Colour + Cut" in words(first)) is not moved
    for following in (next_page(first), next_page(first, "past")):
        ada.get(following)
        upcoming, past = ada.page.split('id="upcoming"')[1].split('id="past"')
        assert (parted[0].ref in shown(upcoming), parted[0].ref in shown(past)) == (("past" in following) is not moved, False)
        assert ("Colour + Cut" in words(ada.page)) is (("past" in following) is not moved)
    assert coming[0].ref in shown(first)


@pytest.mark.parametrize(("before", "between", "after", "pages"), [(19, 1, 3, [20, 4]), (18, 1, 0, [20]), (19, 0, 0, [20]), (0, 19, 0, [20]), (0, 22, 25, [20, 19, 9])])
def test_no_page_cuts_it_apart(world, ada, parted, before, between, after, pages):
    """Every booking comes once, the visit where its first part is; no further page where nothing else is left."""
    last = reschedule_booking(world.store_id, MERCHANT, parted[1].ref, starts_at=at(20, 20)).booking
    first = book(world, *[at(2 + n // 5, 14 + n % 5) for n in range(before)])
    middle = book(world, *[at(11 + n // 5, 14 + n % 5) for n in range(between)])
    rest = book(world, *[at(22 + n // 5, 14 + n % 5) for n in range(after)])
    found = walk(ada)
    assert sum(found, []) == [b.ref for b in (*first, parted[0], *middle, *rest)] and last.ref not in sum(found, [])
    assert [len(page) for page in found] == pages


def test_of_those_over_too(world, ada, parted):
    book(world, *[at(11 + n // 5, 14 + n % 5) for n in range(19)])
    middle = book(world, at(10, 17), at(10, 18))
    world.set_clock(at(24, 15))
    found = walk(ada, "past")
    assert [len(page) for page in found] == [20, 2] and found[0][-1] == parted[0].ref and found[1] == [middle[1].ref, middle[0].ref]


def test_whoever_has_no_visit_is_asked_nothing_more(world, ada, parted):
    book(world, *[at(11 + n // 5, 14 + n % 5) for n in range(22)])
    ada.get("/account")
    with counted() as with_visit:
        ada.get("/account")
    world.set_clock(at(10, 23))
    for part in parted:
        complete_booking(world.store_id, MERCHANT, part.ref)
    ada.get("/account")
    with counted() as without:
        ada.get("/account")
    assert (len(with_visit), len(without)) == (4, 3), (with_visit, without)
