"""The pages of waiting: the question, the wishes, the links of the mails (R5, R34, A48, A64, A94, A95, D29)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_session import cancel_session
from booking.actions.claim_earlier_slot import claim_earlier_slot
from booking.actions.join_waitlist import join_waitlist
from booking.actions.manage_link import revoke_link
from booking.actions.services import update_service
from booking.actions.stores import update_store
from booking.wording import words_for
from booking.wording.staff_nouns import StaffNouns, earlier_prompt
from messages import render_mail
from tests.storefront.visitor import account, link, words
from tests.support.world import MERCHANT, World, at, hours
from tests.waitlist.line import FAR, entry_states, later, offers, serve, wait

DOORS = pytest.mark.parametrize("door", [account, link])
PROMPT = "Want a slot sooner? We'll let you know if your stylist has earlier availability."


def entry(world: World):
    row = world.sql("select weekdays, bands, staff_id, state from waitlist_entries order by created_at desc limit 1")
    return tuple(row[0]) if row else None


def free(world: World, start=at(10, 15)) -> None:
    other = world.book(start, email="x@example.com")
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    serve(world)


class TestTheQuestion:
    @DOORS
    @pytest.mark.parametrize(("ahead", "asks"), [(timedelta(days=14), True), (timedelta(days=14) - timedelta(minutes=15), False)])
    def test_from_fourteen_days_on(self, world, ada, door, ahead, asks):
        world.set_clock(at(1, 15))
        b = world.book(world.now + ahead, override=True)
        ada.get(door(b))
        assert (PROMPT in words(ada.page)) == asks
        ada.get(door(b, "waitlist"), 200 if asks else 409)
        assert asks or "until 14 days before the appointment" in words(ada.page)
        ada.get(door(b, "cancel"))
        ada.send(door(b, "waitlist"), 303 if asks else 409, day="1", band="morning")
        assert (entry(world) is not None) == asks

    def test_the_noun_is_the_shops(self, world, ada):
        update_store(world.store_id, MERCHANT, staff_noun="therapist")
        ada.get(account(world.book(FAR)))
        assert "if your therapist has earlier availability." in words(ada.page)

    @pytest.mark.parametrize(("language", "around"), [("de", "Termin mit {} frei"), ("fr", "si votre {} se libère"), ("es", "si su {} tiene"), ("ar", "مع {}.")])
    def test_any_noun_stands_in_the_sentence(self, language, around):
        """No bracket and no article of one gender: shops enter whatever they call their people."""
        for noun in ("Team", "Groomerin", None):
            said = earlier_prompt(words_for(language), StaffNouns(noun, {}, language))
            assert around.format(noun or words_for(language)._("stylist")) in said and "(" not in said and said.count("{") == 0

    def test_each_customer_reads_their_own_word(self, world, ada):
        """The usual word of the language, or what the shop has given for it."""
        update_store(world.store_id, MERCHANT, staff_noun="Therapist")
        far = account(world.book(FAR))
        read = {}
        for given in ({}, {"de": " Ihrer  Therapeutin ", "fr": ""}):
            update_store(world.store_id, MERCHANT, staff_nouns=given)
            for language in ("de", "fr"):
                read[language, bool(given)] = ada.get(far, headers={"Accept-Language": language}).text
        assert "Termin mit Ihrer Therapeutin oder Ihrem Therapeuten frei wird" in read["de", False] and "votre thérapeute se libère" in read["fr", False]
        assert "Termin mit Ihrer Therapeutin frei wird" in read["de", True] and "votre thérapeute se libère" in read["fr", True]

    @pytest.mark.parametrize("off", [lambda w: update_store(w.store_id, MERCHANT, waitlist=False),
                                     lambda w: update_service(w.store_id, MERCHANT, w.service, self_service="off")])
    def test_not_where_the_shop_does_not_offer_it(self, world, ada, off):
        b = world.book(FAR)
        off(world)
        ada.get(account(b))
        assert PROMPT not in words(ada.page)
        ada.get(account(b, "waitlist"), 409)
        assert "doesn't offer a waitlist" in words(ada.page)


class TestTheWishes:
    @DOORS
    def test_are_stored_shown_changed_and_removed(self, world, ada, door):
        b = world.book(FAR)
        ada.get(door(b, "waitlist"))
        assert ada.page.count(" checked") == 7 + 3 + 1 and "Morning (6:00 AM to 12:00 PM)" in words(ada.page)
        ada.get(ada.send(door(b, "waitlist"), day=["1", "3"], band=["morning"], who="same").headers["Location"])
        seen = words(ada.page)
        assert "Your wishes are saved." in seen and "You are number 1 in line." in seen and ada.page.count(" checked") == 2 + 1 + 1
        assert entry(world) == (0b0001010, ["morning"], world.elena, "waiting")
        ada.send(door(b, "waitlist"), day=["6"], band=["evening", "afternoon"], who="anyone")
        assert entry(world) == (0b1000000, ["afternoon", "evening"], None, "waiting")
        ada.get(door(b))
        assert PROMPT not in words(ada.page) and "You are on the waitlist." in words(ada.page)
        ada.get(door(b, "waitlist"))
        ada.get(ada.send(door(b, "waitlist/leave")).headers["Location"])
        assert "You are no longer on the waitlist." in words(ada.page) and entry(world)[3] == "withdrawn"
        assert PROMPT in words(ada.page)

    @pytest.mark.parametrize(("form", "sentence"), [
        ({"band": ["morning"]}, "Please choose at least one day."), ({"day": ["1"]}, "Please choose at least one time of day."),
        ({"day": ["9"], "band": ["morning"]}, "Please choose at least one day."), ({"day": ["1"], "band": ["night"]}, "at least one time of day")])
    def test_must_name_something(self, world, ada, form, sentence):
        b = world.book(FAR)
        ada.get(account(b, "waitlist"))
        ada.send(account(b, "waitlist"), 422, **form)
        assert sentence in words(ada.page) and entry(world) is None

    def test_who_has_switched_such_messages_off_is_told_so(self, world, ada):
        b = world.book(FAR)
        ada.get(account(b, "waitlist"))
        assert "You have switched off" not in words(ada.page)
        ada.get("/account/profile")
        ada.send("/account/profile", name="Ada", phone="", locale="", **{"email.transactional": "on"})
        ada.get(account(b, "waitlist"))
        assert "You have switched off messages about earlier times" in words(ada.page)

    def test_can_still_be_changed_when_the_day_is_near(self, world, ada):
        b = wait(world)
        world.set_clock(FAR - hours(30))
        ada.get(link(b, "waitlist"))
        ada.send(link(b, "waitlist"), day=["1"], band=["morning"])
        assert entry(world)[0] == 2

    def test_the_owner_is_told_who_waits_whoever_opted_in(self, world, guest):
        b = world.book(FAR)
        guest.get(link(b, "waitlist"))
        guest.send(link(b, "waitlist"), day=["1"], band=["morning"])
        guest.get(link(b, "waitlist"))
        guest.send(link(b, "waitlist"), day=["2"], band=["morning"])
        mail, = world.outbox("waitlist_joined")
        assert (mail.recipient, mail.payload["place"]) == ("ada@example.com", 1)


class TestTheLinksOfTheMail:
    @pytest.fixture
    def b(self, world):
        b = wait(world)
        free(world)
        return b

    def paths(self, world) -> dict[str, str]:
        offer = world.outbox("earlier_slot")[-1].payload["offer"]
        return {name: offer[name].partition("localhost")[2] for name in ("url", "refuse_url", "stop_url", "entry_url")}

    def test_opening_them_changes_nothing(self, world, guest, b, contents):
        before = contents()
        for path in self.paths(world).values():
            for method in ("GET", "HEAD"):
                assert guest.client.open(path, method=method, base_url=guest.origin).status_code == 200
        assert contents() == before

    def test_one_click_takes_it(self, world, guest, b):
        guest.get(self.paths(world)["url"])
        seen = words(guest.page)
        assert "Wednesday, March 10, 2027" in seen and "It is held for you until Mon, Mar 1, 2027, 8:00 AM EST." in seen
        guest.get(guest.send(part(self.paths(world)["url"], "take")).headers["Location"])
        assert "Your booking is now on Wed, Mar 10, 2027, 10:00 AM EST." in words(guest.page)
        assert world.read(b.ref).starts_at == at(10, 15) and entry_states(world) == {b.ref: "taken"}

    def test_the_same_click_twice_is_one(self, world, guest, b):
        guest.get(self.paths(world)["url"])
        page = guest.page
        for _ in range(2):
            guest.page = page
            guest.send(part(self.paths(world)["url"], "take"))
        assert world.read(b.ref).version == 2 and len(world.outbox("booking_moved")) == 1

    def test_no_thanks_keeps_the_place(self, world, guest, b):
        guest.get(self.paths(world)["refuse_url"])
        assert "Take this time" not in guest.page
        guest.get(guest.send(part(self.paths(world)["url"], "refuse")).headers["Location"])
        assert "you stay on the waitlist" in words(guest.page)
        assert offers(world)[0].state == "refused" and entry_states(world) == {b.ref: "waiting"}

    def test_stop_ends_it(self, world, guest, b):
        guest.get(self.paths(world)["stop_url"])
        assert "Take this time" not in guest.page
        guest.get(guest.send(part(self.paths(world)["url"], "stop")).headers["Location"])
        assert "You are no longer on the waitlist. Your booking stays as it is." in words(guest.page)
        assert entry_states(world) == {b.ref: "withdrawn"} and world.sql("select 1 from holds") == []

    def test_when_it_is_over_the_page_says_so_and_takes_nothing(self, world, guest, b):
        guest.get(self.paths(world)["url"])
        later(world, hours(1))
        guest.send(part(self.paths(world)["url"], "take"), 409)
        assert "This time is no longer held for you. Nothing has changed." in words(guest.page)
        guest.get(self.paths(world)["url"])
        assert "The time in your link is no longer held for you." in words(guest.page) and "You are number 1 in line." in words(guest.page)
        assert world.read(b.ref).starts_at == FAR

    def test_the_token_opens_this_entry_only(self, world, guest, ada, b):
        path = self.paths(world)["url"]
        other = wait(world, at(30, 15), email="bea@example.com")
        theirs = world.sql("select id from waitlist_entries where booking_id = %s", other.id)[0][0]
        own = re.search(r"/waitlist/(\d+)", path)[1]
        token = re.search(r"token=([^&]*)", path)[1]
        for wrong in (path.replace(own, str(theirs)), path.replace(token, token[:-1]), path.replace("token=", "t="), path.replace(own, "1"),
                      f"/manage/{b.ref}?token={token}"):
            guest.get(wrong, 404)
        manage = re.search(r"token=([^&]*)", link(b))[1]
        guest.get(f"/waitlist/{own}?token={manage}", 404)

    def test_a_renewed_link_ends_them_and_the_account_still_shows_the_time(self, world, guest, ada, b):
        revoke_link(world.store_id, MERCHANT, b.ref)
        guest.get(self.paths(world)["url"], 404)
        ada.get(account(b))
        assert "is held for you until" in words(ada.page)
        path = re.search(r'href="(/waitlist/[^"]*)"', ada.page)[1].replace("&amp;", "&")
        guest.get(path)

    def test_without_the_token_of_the_page_nothing_is_taken(self, world, guest, b):
        guest.get(self.paths(world)["url"])
        guest.post(part(self.paths(world)["url"], "take"), 400, token=False, offer=str(offers(world)[0].id))
        assert world.read(b.ref).starts_at == FAR

    def test_less_money_back_from_the_new_start_is_said_before(self, world, guest):
        update_store(world.store_id, MERCHANT, policy={"cancel": {"tiers": [{"at_least": "P14D", "outcome": "full"}, {"outcome": "forfeit"}]}})
        wait_paid(world)
        free(world)
        guest.get(self.paths(world)["url"])
        assert "After that less may come back if you cancel:" in words(guest.page)

    def test_the_money_back_from_the_new_start_is_that_of_this_booking(self, world, guest):
        """R20: a better policy since counts; nothing is promised until a day that is past."""
        tiers = [{"at_least": "P14D", "outcome": "full"}, {"at_least": "P1D", "outcome": "partial", "percent": 40}, {"outcome": "forfeit"}]
        update_store(world.store_id, MERCHANT, policy={"cancel": {"tiers": tiers}})
        wait_paid(world)
        update_store(world.store_id, MERCHANT, policy={"cancel": {"tiers": [tiers[0], tiers[1] | {"percent": 50}, tiers[2]]}})
        free(world)
        guest.get(self.paths(world)["url"])
        said = words(guest.page).partition("After that less may come back if you cancel:")[2]
        assert "50% refund" in said and "40%" not in said and "full refund" not in said


def wait_paid(world: World):
    b = world.book(FAR, paid=2500)
    join_waitlist(world.store_id, world.customer(b), b.ref)
    return b


def part(path: str, name: str) -> str:
    return path.split("&")[0].replace("?", f"/{name}?")


class TestFullClasses:
    @pytest.fixture
    def yoga(self, world):
        service = world.add_service("Yoga", capacity=2, staff=[world.elena])
        session = world.session(service, at(10, 15), 2)
        parties = [world.book(at(10, 15), email=f"{n}@example.com", service=service) for n in range(2)]
        return service, session, parties

    def test_a_guest_waits_hears_takes_the_seat(self, world, guest, yoga):
        service, session, parties = yoga
        guest.get(f"/book/{service}")
        assert f"/book/{service}/waitlist/{session}?seats=1" in guest.page and "Full dates" in words(guest.page)
        guest.get(f"/book/{service}/waitlist/{session}")
        guest.get(guest.send(f"/book/{service}/waitlist/{session}", name="Bea", email="bea@example.com").headers["Location"])
        assert "You are on the waitlist" in words(guest.page) and "/waitlist/" not in re.sub(r"/book/\d+/waitlist", "", guest.page)
        cancel_booking(world.store_id, MERCHANT, parties[0].ref, override=True)
        serve(world)
        mail, = world.outbox("earlier_slot")
        assert mail.recipient == "bea@example.com" and mail.payload["waits_for"] == "seat"
        for row in (mail, *world.outbox("waitlist_joined")):
            assert "Friday" not in (text := render_mail(row.topic, row.payload, "localhost").text) and "Wednesday, March 10, 2027" in text
        path = mail.payload["offer"]["url"].partition("localhost")[2]
        guest.get(path)
        guest.get(guest.send(part(path, "take")).headers["Location"])
        assert "Your booking is now on Wed, Mar 10, 2027, 10:00 AM EST." in words(guest.page)
        assert world.sql("select seats_taken from sessions") == [(2,)]
        assert "bea@example.com" in [row.recipient for row in world.outbox("booking_confirmed")]

    def test_the_seat_is_held_and_goes_on_when_the_time_is_over(self, world, guest, yoga):
        service, session, parties = yoga
        for name in ("bea", "cem"):
            later(world, hours(1))
            guest.get(f"/book/{service}/waitlist/{session}")
            guest.send(f"/book/{service}/waitlist/{session}", name=name, email=f"{name}@example.com")
        cancel_booking(world.store_id, MERCHANT, parties[0].ref, override=True)
        serve(world)
        guest.get(f"/book/{service}?month=2027-03")
        assert "10:00 AM" not in guest.page.split("Full dates")[0]
        later(world, hours(1))
        serve(world)
        assert [row.recipient for row in world.outbox("earlier_slot")] == ["bea@example.com", "cem@example.com"]

    def test_more_seats_than_are_free_are_not_offered_and_do_not_block(self, world, guest, yoga):
        service, session, parties = yoga
        for name, seats in (("bea", "2"), ("cem", "1")):
            later(world, hours(1))
            guest.get(f"/book/{service}/waitlist/{session}")
            guest.send(f"/book/{service}/waitlist/{session}", name=name, email=f"{name}@example.com", seats=seats)
        cancel_booking(world.store_id, MERCHANT, parties[0].ref, override=True)
        serve(world)
        assert [row.recipient for row in world.outbox("earlier_slot")] == ["cem@example.com"]

    def test_a_cancelled_date_ends_the_waiting(self, world, guest, yoga):
        service, session, _ = yoga
        guest.get(f"/book/{service}/waitlist/{session}")
        guest.send(f"/book/{service}/waitlist/{session}", name="Bea", email="bea@example.com")
        cancel_session(world.store_id, MERCHANT, session)
        serve(world)
        assert world.sql("select state, end_reason from waitlist_entries") == [("ended", "cancelled")] and world.outbox("earlier_slot") == []

    def test_a_booking_of_a_later_date_moves_to_an_earlier_one_with_room(self, world, yoga):
        service, session, parties = yoga
        world.session(service, FAR, 2)
        b = wait(world, service=service, staff=world.elena)
        cancel_booking(world.store_id, MERCHANT, parties[0].ref, override=True)
        serve(world)
        row, = offers(world)
        moved = claim_earlier_slot(world.store_id, world.holder(b), row.entry_id, row.id).booking
        assert (moved.starts_at, moved.session_id) == (at(10, 15), session)
        assert sorted(world.sql("select starts_at, seats_taken from sessions")) == [(at(10, 15), 2), (FAR, 0)]

    def test_a_new_class_date_is_an_opening(self, world, yoga):
        service, _, _ = yoga
        world.session(service, FAR, 2)
        wait(world, service=service, staff=world.elena)
        world.session(service, at(12, 15), 2)
        serve(world)
        assert [row.starts_at for row in offers(world)] == [at(12, 15)]

    def test_bad_input_is_said_at_its_field(self, world, guest, yoga):
        service, session, _ = yoga
        guest.get(f"/book/{service}/waitlist/{session}")
        guest.send(f"/book/{service}/waitlist/{session}", 422, name="", email="nonsense")
        assert "Please enter an e-mail address, such as name@example.com." in words(guest.page)
        guest.send(f"/book/{service}/waitlist/{session}", 422, name=" ", email="bea@example.com")
        assert "Please enter your name" in words(guest.page) and world.customers() == 2
        guest.get(f"/book/{service}/waitlist/1", 404)
        guest.get(f"/book/{world.service}/waitlist/{session}", 404)

    def test_with_room_one_simply_books(self, world, guest, yoga):
        service, session, parties = yoga
        guest.get(f"/book/{service}/waitlist/{session}")
        cancel_booking(world.store_id, MERCHANT, parties[0].ref, override=True)
        assert guest.send(f"/book/{service}/waitlist/{session}", name="Bea", email="bea@example.com").headers["Location"] == f"/book/{service}"
