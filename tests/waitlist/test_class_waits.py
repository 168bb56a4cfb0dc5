"""Full classes somebody waits for, in their account: place in line, what is held, leaving; the same as JSON (R34)."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import update

from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_session import cancel_session
from booking.actions.decline_booking import decline_booking
from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.leave_waitlist import leave_entry
from booking.actions.locations import create_location
from booking.actions.people import Person
from booking.actions.services import update_service
from booking.actions.sessions import create_session
from booking.actions.wait_again import wait_again
from booking.rules.decision import Refused
from booking.waitlist import entry_path
from messages import render_mail
from models.actor import Actor
from models.customer import Customer
from models.session import transaction
from tests.storefront.visitor import Visitor, words
from tests.support.world import MERCHANT, OPEN, World, at, hours
from tests.waitlist.line import later, serve, until_it_waits

GUEST = Actor("customer", "account")


@pytest.fixture
def full(world) -> int:
    """A full class date on March 10, with two people in line before anyone else."""
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(10, 15), 1)
    world.book(at(10, 15), service=yoga, email="taken@example.com")
    for name in ("bea", "cy"):
        joins(world, session, name)
    return session


def yoga(world: World) -> int:
    """The class of the dates."""
    return world.sql("select service_id from sessions")[0].service_id


def joins(world: World, session: int, name: str, *, guest: bool = False) -> int:
    """Someone gets in line, a moment after whoever stands there: in their account where they have one."""
    later(world, hours(0.01))
    known = [] if guest else world.sql("select id from customers where email = %s and email_verified_at is not null", f"{name}@example.com")
    return join_class_waitlist(world.store_id, GUEST, session, seats=1, customer_id=known[0].id if known else None,
                               person=None if known else Person(name.title(), f"{name}@example.com", "", "en"), source="").facts["id"]


def leave_paths(visitor: Visitor) -> list[str]:
    return [part.split('"')[0] for part in visitor.page.split('action="/account/waitlist/')[1:]]


def test_the_list_shows_the_place_and_only_ones_own(world, full, ada, app):
    ada.get("/account")
    assert "Waiting for a place" not in words(ada.page)
    joins(world, full, "ada")
    ada.get("/account")
    assert "Waiting for a place" in words(ada.page) and "Number 3 in line" in words(ada.page) and "Yoga" in words(ada.page)
    bea = Visitor(app, world)
    bea.sign_in("bea@example.com")
    bea.get("/account")
    assert "Number 1 in line" in words(bea.page) and len(leave_paths(bea)) == 1


def test_the_place_moves_up_and_what_is_held_is_said(world, full, ada):
    entry = joins(world, full, "ada")
    taken = world.sql("select ref from bookings where session_id = %s", full)[0].ref
    for n, name in enumerate(("bea", "cy")):
        gone = world.sql("select e.id from waitlist_entries e join customers c on c.store_id = e.store_id and c.id = e.customer_id"
                         " where c.email = %s", f"{name}@example.com")[0].id
        leave_entry(world.store_id, GUEST, gone)
        ada.get("/account")
        assert f"Number {2 - n} in line" in words(ada.page)
    cancel_booking(world.store_id, MERCHANT, taken, override=True)
    serve(world)
    ada.get("/account")
    assert "Held for you" in words(ada.page) and "A place is held for you until Mon, Mar 1, 2027" in words(ada.page) and "in line" not in words(ada.page)
    url = ada.page.split(f'href="/waitlist/{entry}?')[1].split('"')[0].replace("&amp;", "&")
    assert "offer=" in url
    ada.get(f"/waitlist/{entry}?{url}")
    assert "Take the place" in words(ada.page)


@pytest.mark.parametrize("view", ["calendar", "week"])
def test_the_calendar_shows_it_on_its_day(world, full, ada, view):
    joins(world, full, "ada")
    ada.get(f"/account?view={view}&month=2027-03&day=2027-03-08")
    assert ada.page.count('class="entry waiting"') == 1 and "Number 3 in line" in words(ada.page)
    ada.get(f"/account?view={view}&month=2027-05&day=2027-05-03")
    assert "Number 3 in line" not in words(ada.page)


def test_leaving_by_the_button_twice_and_the_next_one_moves_up(world, full, ada, app):
    joins(world, full, "ada")
    ada.get("/account")
    path = f"/account/waitlist/{leave_paths(ada)[0]}"
    ada.send(path)
    ada.get("/account?left=1")
    assert "You are no longer on the waitlist." in words(ada.page) and "Waiting for a place" not in words(ada.page)
    ada.send(path)
    states = world.sql("select state from waitlist_entries where store_id = opencals_store() order by created_at")
    assert [row.state for row in states] == ["waiting", "waiting", "withdrawn"]


def test_nobody_leaves_for_another_and_looking_changes_nothing(world, full, ada):
    bea = world.sql("select id from waitlist_entries order by created_at limit 1")[0].id
    ada.get("/account")
    ada.send(f"/account/waitlist/{bea}/leave", 404)
    ada.send("/account/waitlist/7/leave", 404)
    ada.get(f"/account/waitlist/{bea}/leave", 405)
    ada.post(f"/account/waitlist/{bea}/leave", 400, token=False)
    assert {row.state for row in world.sql("select state from waitlist_entries where store_id = opencals_store()")} == {"waiting"}


def test_a_date_that_is_cancelled_or_too_near_is_no_longer_waited_for(world, full, ada):
    joins(world, full, "ada")
    world.set_clock(at(10, 14))
    ada.get("/account")
    near = "Number 3 in line" in words(ada.page)
    world.set_clock(at(10, 15))
    ada.get("/account")
    assert near and "in line" not in words(ada.page)
    world.set_clock(at(2, 12))
    cancel_session(world.store_id, MERCHANT, full, reason="Flu")
    ada.get("/account")
    assert "in line" not in words(ada.page)


def test_who_waits_for_a_date_that_is_cancelled_is_told_and_their_page_says_so(world, full, ada):
    """By their own preferences: a mail and, where they want it, a text; the line ends with its reason."""
    entry = joins(world, full, "ada")
    cancel_session(world.store_id, MERCHANT, full, reason="Flu")
    told = world.outbox("waited_date_cancelled")
    assert sorted(row.recipient for row in told) == ["ada@example.com", "bea@example.com", "cy@example.com"]
    mail = render_mail("waited_date_cancelled", told[0].payload, "x.example")
    assert mail.subject == "Cancelled: Yoga, Wed, Mar 10, 2027, 10:00 AM EST"
    assert "Harbor Massage had to cancel Yoga on Wed, Mar 10, 2027, 10:00 AM EST. You no longer wait for it." in mail.text
    assert {tuple(row) for row in world.sql("select state, end_reason from waitlist_entries")} == {("ended", "cancelled")}
    assert len(world.sql("select 1 from audit_entries where action = 'end_waitlist'")) == 3
    ada.get(entry_path(world.store_id, entry))
    assert "This date has been cancelled, and the waitlist with it." in words(ada.page)


def test_joining_again_with_another_number_changes_it_and_keeps_the_place(world, app):
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(10, 15), 4)
    world.book(at(10, 15), service=yoga, email="taken@example.com", seats=4)
    visitor = Visitor(app, world)
    visitor.sign_in()
    path = f"/book/{yoga}/waitlist/{session}"

    def join(seats: int, done: str = "") -> None:
        later(world, timedelta(minutes=16))  # an address gets three messages in that time
        visitor.get(path)
        to = visitor.send(path, seats=str(seats)).headers["Location"]
        assert (f"done={done}" if done else "token=") in to and ("done=" in to) is bool(done)
        visitor.get(to)

    join(1, "joined")
    assert "You are on the waitlist A message with your place in line" in words(visitor.page)
    joins(world, session, "bea")
    join(1)
    assert len(world.outbox("waitlist_joined")) == 2
    for seats, sentence in ((3, "You now wait for 3 places. You keep your place in line."), (2, "You now wait for 2 places. You keep your place in line.")):
        before = world.sql("select seats from waitlist_entries order by created_at")[0].seats
        join(seats, "seats")
        assert sentence in words(visitor.page) and "You are number 1 in line." in words(visitor.page)
        assert [row.seats for row in world.sql("select seats from waitlist_entries order by created_at")] == [seats, 1]
        said = render_mail("waitlist_joined", world.outbox("waitlist_joined")[-1].payload, "x.example").text
        assert f"You now wait for {seats} places, no longer for {before}. You keep your place in line." in said
    [changed, _] = world.sql("select before, after from audit_entries where action = 'change_class_waitlist' order by id")
    assert (changed.before, changed.after) == ({"seats": 1}, {"seats": 3})


def test_who_asks_for_other_seats_while_their_place_ends_stands_in_line_anew(world, owner_url):
    """The place is looked at once more under its lock: what has ended by then is not changed, and nobody is told it was."""
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(10, 15), 3)
    world.book(at(10, 15), service=yoga, email="taken@example.com", seats=3)
    entry = joins(world, session, "ada")
    later(world, timedelta(minutes=16))
    answers = []
    asks = threading.Thread(target=lambda: answers.append(join_class_waitlist(
        world.store_id, GUEST, session, seats=3, person=Person("Ada", "ada@example.com", "", "en")).facts))
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as watcher, transaction(world.store_id, GUEST) as tx:
        leave_entry.within(tx, entry)
        asks.start()
        until_it_waits(watcher, asks)
    asks.join()
    [made] = answers
    assert made["id"] != entry and not made["changed"]
    assert world.sql("select state, seats from waitlist_entries where id in (%s, %s) order by created_at", entry, made["id"]) == [
        ("withdrawn", 1), ("waiting", 3)]
    assert world.outbox("waitlist_joined")[-1].payload.get("seats_before") is None


def test_a_guest_who_clicked_twice_at_once_signs_in_and_waits_once(world, app):
    """R8: two clicks at the same moment make two guests of one address, in one line; the account takes the place of the first."""
    Visitor(app, world).sign_in()
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(10, 15), 1)
    world.book(at(10, 15), service=yoga, email="taken@example.com")
    for name in ("Ada", "Ada A."):
        later(world, timedelta(minutes=1))
        with transaction(world.store_id, MERCHANT) as tx:  # neither guest's record was there when the other click looked for one
            tx.db.execute(update(Customer).where(Customer.name == "Ada").values(email_canonical="ada"))
            tx.audit("update_customer", subject="store", subject_id=world.store_id)
        join_class_waitlist(world.store_id, GUEST, session, person=Person(name, "ada@example.com", "", "en"))
    with transaction(world.store_id, MERCHANT) as tx:
        tx.db.execute(update(Customer).where(Customer.name == "Ada").values(email_canonical="ada@example.com"))
        tx.audit("update_customer", subject="store", subject_id=world.store_id)
    later(world, timedelta(minutes=16))
    visitor = Visitor(app, world)
    visitor.sign_in()
    visitor.get("/account")
    assert "Number 1 in line" in words(visitor.page) and len(leave_paths(visitor)) == 1


def test_while_places_are_held_their_number_stays(world, app):
    yoga = world.add_service("Yoga", capacity=8, staff=[world.elena])
    session = world.session(yoga, at(10, 15), 2)
    taken = world.book(at(10, 15), service=yoga, email="taken@example.com", seats=2)
    entry = joins(world, session, "ada")
    cancel_booking(world.store_id, MERCHANT, taken.ref, override=True)
    serve(world)
    later(world, timedelta(minutes=16))
    facts = join_class_waitlist(world.store_id, GUEST, session, seats=2, person=Person("Ada", "ada@example.com", "", "en")).facts
    assert (facts["id"], facts["changed"], facts["held"]) == (entry, False, True)
    assert [row.seats for row in world.sql("select seats from waitlist_entries")] == [1]
    said = render_mail("waitlist_joined", world.outbox("waitlist_joined")[-1].payload, "x.example").text
    assert "1 place is held for you now. Please answer first; until then the number stays." in said


def asked_first(world: World, session: int) -> tuple[int, int]:
    """(entry, offer) of the first in line, once the seat is free."""
    cancel_booking(world.store_id, MERCHANT, world.sql("select ref from bookings where session_id = %s and closed_at is null", session)[0].ref, override=True)
    serve(world)
    [row] = world.sql("select entry_id, id from waitlist_offers where state = 'open'")
    return row.entry_id, row.id


@pytest.mark.parametrize("answer", ["no", "none"])
def test_a_place_is_offered_once_and_the_page_says_so(world, full, guest, answer):
    """R34: whoever says no, or nothing, is not asked for that date again, so they wait no more; in line anew, they are."""
    entry, offer = asked_first(world, full)
    path = entry_path(world.store_id, entry, offer=offer)
    said = render_mail("earlier_slot", world.outbox("earlier_slot")[-1].payload, "x.example").text
    assert "After that the next one in line is asked, and you are no longer on the waitlist." in said
    guest.get(path)
    assert "This is offered once" in words(guest.page)
    if answer == "no":
        guest.get(guest.send(f"/waitlist/{entry}/refuse?{path.partition('?')[2]}").headers["Location"])
        assert "you are no longer on the waitlist" in words(guest.page) and "stay on the waitlist" not in words(guest.page)
    later(world, hours(1))
    serve(world)
    guest.get(path)
    assert "You are no longer on the waitlist." in words(guest.page)
    assert ("The time in your link is no longer held for you." in words(guest.page)) is (answer == "none")
    assert [row.state for row in world.sql("select state from waitlist_entries order by created_at")] == [
        "withdrawn" if answer == "no" else "ended", "waiting"]
    assert [row.recipient for row in world.outbox("earlier_slot")] == ["bea@example.com", "cy@example.com"]
    assert joins(world, full, "bea") != entry
    for _ in range(2):
        later(world, hours(6))
        serve(world)
    assert [row.recipient for row in world.outbox("earlier_slot")][2:] == ["bea@example.com"]


@pytest.mark.parametrize(("clock", "sentence"), [
    (at(10, 14, 30), "That time is too near now to wait for it."), (at(10, 15), "That time has begun or is over, so nobody can wait for it any more.")])
def test_whoever_comes_too_late_is_told_so_before_they_type(world, full, guest, clock, sentence):
    update_service(world.store_id, MERCHANT, yoga(world), lead_time_s=3600)
    path = f"/book/{yoga(world)}/waitlist/{full}"
    guest.get(path)
    page = guest.page
    world.set_clock(clock)
    guest.get(path, 409)
    assert sentence in words(guest.page) and 'name="email"' not in guest.page and "full at the moment" not in words(guest.page)
    guest.page = page
    guest.send(path, 409, name="Di", email="di@example.com")
    assert sentence in words(guest.page) and "14 days" not in words(guest.page) and 'name="email"' not in guest.page


def test_a_cancelled_date_says_so_and_asks_for_nothing(world, full, guest):
    path = f"/book/{yoga(world)}/waitlist/{full}"
    guest.get(path)
    page = guest.page
    cancel_session(world.store_id, MERCHANT, full)
    guest.get(path, 409)
    assert "This date has been cancelled, and the waitlist with it." in words(guest.page) and 'name="email"' not in guest.page
    guest.page = page
    guest.send(path, 409, name="Di", email="di@example.com")
    assert "This date has been cancelled, and the waitlist with it." in words(guest.page)


def test_who_hears_nothing_of_free_places_is_told_before_they_wait(world, full, ada):
    path = f"/book/{yoga(world)}/waitlist/{full}"
    ada.get(path)
    assert "You have switched off" not in words(ada.page)
    ada.get("/account/profile")
    ada.send("/account/profile", name="Ada", phone="", locale="", **{"email.transactional": "on"})
    ada.get(path)
    assert "You have switched off messages about earlier times" in words(ada.page)


@pytest.mark.parametrize("anew", [True, False], ids=["anew", "after a no"])
def test_who_joins_while_the_date_is_being_cancelled_is_refused(world, full, owner_url, anew):
    """The date is cancelled, not yet committed; whoever comes waits for that and finds it closed: nobody is left in the line of no date."""
    code: list[str] = []
    if not anew:
        update_service(world.store_id, MERCHANT, yoga(world), policy={"approval": "manual"})
        full = world.session(yoga(world), at(11, 15), 1)
        b = decline_booking(world.store_id, MERCHANT, world.book(at(11, 15), service=yoga(world), email="di@example.com", by=GUEST).ref).booking

    def join() -> None:
        try:
            if anew:
                joins(world, full, "di")
            else:
                wait_again(world.store_id, world.holder(b), b.ref)
        except Refused as refused:
            code.append(refused.code)

    joining = threading.Thread(target=join)
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as watcher, transaction(world.store_id, MERCHANT) as tx:
        cancel_session.within(tx, full)
        joining.start()
        until_it_waits(watcher, joining)
    joining.join()
    assert code == ["closed"]
    assert world.sql("select 1 from waitlist_entries where session_id = %s and state = 'waiting'", full) == []


@pytest.mark.parametrize("of_class", [True, False], ids=["date", "time"])
def test_who_joins_one_line_by_two_doors_at_once_looks_again(world, owner_url, of_class):
    """The line knows each person once: the second is told that something has changed since, and finds what the first has done."""
    service = world.add_service("By request", capacity=8 if of_class else 1, staff=[world.elena], policy={"approval": "manual"})
    if of_class:
        world.session(service, at(11, 15), 1)
    asked = []
    for _ in range(2):
        b = decline_booking(world.store_id, MERCHANT, world.book(at(11, 15), service=service, staff=world.elena, email="di@example.com", by=GUEST).ref).booking
        asked.append(b)
    world.book(at(11, 15), service=service, staff=world.elena, email="taken@example.com")
    code: list[str] = []

    def join() -> None:
        try:
            wait_again(world.store_id, world.holder(asked[1]), asked[1].ref)
        except Refused as refused:
            code.append(refused.code)

    joining = threading.Thread(target=join)
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as watcher, transaction(world.store_id, world.holder(asked[0])) as tx:
        wait_again.within(tx, asked[0].ref)
        joining.start()
        until_it_waits(watcher, joining)
    joining.join()
    assert code == ["stale"] and len(world.sql("select 1 from waitlist_entries where state = 'waiting'")) == 1
    wait_again(world.store_id, world.holder(asked[1]), asked[1].ref)
    assert len(world.sql("select 1 from waitlist_entries")) == 1


@pytest.mark.parametrize("view", ["list", "calendar"])
def test_what_is_online_is_told_in_the_customers_own_zone(world, ada, view):
    """As bookings are (R13): 10:30 PM in New York is the next day in London, on its page and in messages too."""
    room = create_location(world.store_id, MERCHANT, name="Video room", zone="America/New_York", kind="online", meeting_url="https://meet.example/{room}").facts["id"]
    mia = world.staff("Mia Chen", location_id=room, hours={day: [["00:00", "24:00"]] for day in OPEN})
    talk = world.add_service("Talk", capacity=8, staff=[mia])
    session = create_session(world.store_id, MERCHANT, service_id=talk, staff_id=mia, starts_at=at(11, 3, 30), capacity=1).facts["id"]
    world.book(at(11, 3, 30), service=talk, staff=mia, email="taken@example.com")
    with transaction(world.store_id, MERCHANT) as tx:
        tx.db.exec_driver_sql("update customers set zone = 'Europe/London' where email = 'ada@example.com'")
        tx.audit("change_profile", subject="customer")
    entry = joins(world, session, "ada")
    ada.get("/account" if view == "list" else "/account?view=week&day=2027-03-08")
    text = words(ada.page)
    assert "3:30" in text and "Wed, Mar 10, 2027, 10:30 PM EST" in text
    if view == "list":
        assert "Thu" in text and "11" in text
    ada.get(entry_path(world.store_id, entry))
    assert "Thu, Mar 11, 2027, 3:30 AM GMT" in words(ada.page)
    ada.get(f"/book/{talk}")
    assert "Full dates Thu, Mar 11, 2027, 3:30 AM GMT" in words(ada.page)
    ada.get(f"/book/{talk}/waitlist/{session}")
    assert "Thursday, March 11, 2027" in words(ada.page) and "3:30" in words(ada.page)
    said = render_mail("waitlist_joined", world.outbox("waitlist_joined")[-1].payload, "x.example")
    assert "Talk on Thu, Mar 11, 2027, 3:30 AM GMT" in said.text and "10:30 PM EST" in said.text


def test_a_line_joined_as_a_guest_comes_into_the_account_with_the_next_sign_in(world, full, ada, app):
    """R8: only by the proven address; nobody's account gets a line by typing their address."""
    joins(world, full, "ada", guest=True)
    ada.get("/account")
    assert "in line" not in words(ada.page)
    again = Visitor(app, world)
    again.sign_in()
    again.get("/account")
    assert "Number 3 in line" in words(again.page)
    later(world, timedelta(minutes=15))  # an address gets three messages in that time, whatever form they come from
    joins(world, full, "ada", guest=True)
    once_more = Visitor(app, world)
    once_more.sign_in()
    once_more.get("/account")
    assert once_more.page.count("/leave") == 1, "who stands in line already does not stand there twice"
