"""Calendars at Google and Microsoft as busy time, over the wire: what changes there changes here, and nothing but times is kept."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest

from booking import keys
from booking.actions.staff import delete_staff
from booking.actions.staff_calendars import connect_calendar, remove_calendar, set_calendar
from booking.rules.decision import Refused
from models.session import database
from sync.calendars import fetch_due
from tests.support.world import MERCHANT, World, at, hours
from tests.sync.calendar_site import busy, read, serving, shown
from tests.waitlist.line import offers, serve, wait

BOTH = pytest.mark.parametrize("provider", ["google", "microsoft"])
SOON = timedelta(minutes=11)


@pytest.fixture
def site(db, settings):  # noqa: ANN201
    with serving(settings) as found:
        yield found


@pytest.fixture
def world(site, owner_url) -> World:
    return World(owner_url)


@BOTH
class TestReading:
    def test_entries_keep_new_bookings_away_and_bookings_that_stand_stay(self, world, site, provider):
        stays = world.book(at(10, 14))
        account = site.connected(world, provider)
        account.put(at(10, 14), at(10, 16), title="Secret")
        assert world.store_id in database().stores_with_calendars()
        assert read(world) == 1 and read(world) == 0
        assert busy(world) == [(at(10, 14), at(10, 16))] and shown(world)[:3] == ("ok", None, 1)
        with pytest.raises(Refused) as caught:
            world.book(at(10, 15))
        assert caught.value.code == "slot_taken" and world.read(stays.ref).status == "confirmed"
        world.book(at(10, 16))
        world.book(at(10, 15), staff=world.tom)

    def test_only_what_has_changed_is_asked_for_and_it_lands(self, world, site, provider):
        account = site.connected(world, provider)
        first, second = account.put(at(10, 14), at(10, 16)), account.put(at(11, 14), at(11, 15))
        read(world)
        account.put(at(12, 20), at(12, 21), id=first.id)
        account.remove(second.id)
        account.put(at(20, 14), at(20, 15))
        read(world, after=SOON)
        assert busy(world) == [(at(12, 20), at(12, 21)), (at(20, 14), at(20, 15))]
        assert world.sql("select count(*) from staff_calendars where cursor is not null and whole_at < fetched_at") == [(1,)], "no second whole reading"
        was = world.sql("select id from occupancies where kind = 'calendar' order by 1")
        read(world, after=SOON)
        assert world.sql("select id from occupancies where kind = 'calendar' order by 1") == was, "nothing new: no row is touched"

    def test_free_declined_and_cancelled_entries_do_not_block(self, world, site, provider):
        account = site.connected(world, provider)
        account.put(at(10, 14), at(10, 15), free=True)
        account.put(at(11, 14), at(11, 15), declined=True)
        account.remove(account.put(at(12, 14), at(12, 15)).id)
        busy_one = account.put(at(13, 14), at(13, 15))
        read(world)
        assert busy(world) == [(at(13, 14), at(13, 15))]
        account.put(at(13, 14), at(13, 15), id=busy_one.id, free=True)
        read(world, after=SOON)
        assert busy(world) == []

    def test_whole_days_are_days_of_the_calendars_own_zone(self, world, site, provider):
        account = site.connected(world, provider, "berlin@example.org")
        account.zone = "Europe/Berlin"
        account.put(date(2027, 3, 13), date(2027, 3, 15))
        read(world)
        assert busy(world) == [(at(12, 23), at(14, 23))]

    def test_repetitions_block_each_and_end_with_their_series(self, world, site, provider):
        account = site.connected(world, provider)
        series = account.weekly(at(3, 14), hours(1), 8)
        account.weekly(at(4, 14), hours(1), 8, free=True)
        account.put(at(30, 14), at(30, 15))
        read(world)
        assert len(busy(world)) == 9 and busy(world)[0] == (at(3, 14), at(3, 15))
        account.remove(f"{series}_20270310T140000Z")
        read(world, after=SOON)
        assert (at(10, 14), at(10, 15)) not in busy(world) and len(busy(world)) == 8
        account.remove(series)
        read(world, after=SOON)
        assert busy(world) == [(at(30, 14), at(30, 15))]

    def test_a_series_that_is_shown_as_free_from_now_on_blocks_no_longer(self, world, site, provider):
        account = site.connected(world, provider)
        series = account.weekly(at(3, 14), hours(1), 4)
        read(world)
        for entry in [entry for entry in account.entries.values() if series in (entry.id, entry.series)]:
            account.put(entry.start, entry.end, id=entry.id, series=entry.series, master=entry.master, free=True)
        read(world, after=SOON)
        assert busy(world) == []

    def test_many_pages(self, world, site, provider):
        site.state.page = 7
        account = site.connected(world, provider)
        for day in range(60):
            account.put(at(2, 14) + timedelta(days=day), at(2, 15) + timedelta(days=day))
        read(world)
        assert len(busy(world)) == 60 and sum(path in ("events", "delta") for _, path in site.state.asked) == 9

    def test_a_cursor_that_is_forgotten_there_leads_to_reading_all_anew(self, world, site, provider):
        account = site.connected(world, provider)
        gone = account.put(at(10, 14), at(10, 16))
        read(world)
        account.entries.pop(gone.id)
        account.forget()
        account.put(at(11, 14), at(11, 16))
        read(world, after=SOON)
        assert busy(world) == [(at(11, 14), at(11, 16))] and shown(world)[0] == "ok"

    def test_all_is_read_anew_each_week_so_that_the_year_ahead_is_known(self, world, site, provider):
        account = site.connected(world, provider)
        account.put(at(1, 14) + timedelta(days=410), at(1, 16) + timedelta(days=410))
        read(world)
        assert busy(world) == []
        read(world, after=timedelta(days=12))
        assert busy(world) == [(at(1, 14) + timedelta(days=410), at(1, 16) + timedelta(days=410))]

    def test_nothing_but_times_is_kept_and_the_token_only_sealed(self, world, site, provider):
        account = site.connected(world, provider)
        entry = account.put(at(10, 14), at(10, 16), title="Surgery")
        read(world)
        rows = str(world.sql("select * from calendar_times")) + str(world.sql("select * from staff_calendars")) + str(world.sql("select * from occupancies"))
        assert "Surgery" not in rows and entry.id not in rows and account.email not in rows
        assert all(grant.refresh not in rows for grant in site.state.grants)


@BOTH
class TestTrouble:
    def test_asked_for_patience_it_waits_as_long_as_told(self, world, site, provider):
        account = site.connected(world, provider)
        account.put(at(10, 14), at(10, 16))
        read(world)
        site.faults.order(provider, "throttled", 1)
        read(world, after=SOON)
        state, problem, spans, due = shown(world)
        assert state == "failing" and "(429)" in problem and spans == 1 and due == world.now + timedelta(minutes=20)
        assert busy(world) == [(at(10, 14), at(10, 16))]
        read(world, after=timedelta(minutes=21))
        assert shown(world)[:2] == ("ok", None)

    @pytest.mark.parametrize("passed", [0, 1])
    def test_down_it_is_tried_again_later(self, world, site, provider, passed):
        site.connected(world, provider).put(at(10, 14), at(10, 16))
        site.faults.order(provider, "down", 1)
        if passed:
            site.faults.ordered[provider] = ("", 0)
            site.state.page = 0
        read(world)
        assert shown(world)[0] == "failing" and shown(world)[3] == world.now + timedelta(minutes=15)
        site.state.page = 250
        read(world, after=timedelta(minutes=16))
        assert shown(world)[0] == "ok" and len(busy(world)) == 1

    def test_access_taken_back_keeps_what_is_known_and_asks_the_shop_once(self, world, site, provider):
        account = site.connected(world, provider)
        account.put(at(10, 14), at(10, 16))
        read(world)
        site.state.end(account.email)
        read(world, after=SOON)
        state, problem, spans, due = shown(world)
        assert (state, spans, due) == ("reconnect", 1, None) and "no longer" in problem
        assert world.sql("select sealed_token from staff_calendars where store_id = opencals_store()") == [(None,)]
        assert busy(world) == [(at(10, 14), at(10, 16))] and read(world, after=hours(5)) == 0
        notice, = world.outbox("merchant_calendar_lost")
        assert notice.recipient == "shop@example.com" and notice.payload["staff"] == "Elena Marsh"
        assert notice.payload["path"] == f"/admin/staff/{world.elena}/calendar"
        connect_calendar(world.store_id, MERCHANT, world.elena, provider, site.granted(account))
        read(world)
        assert shown(world)[0] == "ok" and len(world.outbox("merchant_calendar_lost")) == 1

    def test_an_installation_that_is_no_longer_registered_says_so(self, world, site, provider, settings):
        site.connected(world, provider)
        keys.configure(dataclasses.replace(settings, sandbox_url=site.url))
        read(world)
        assert shown(world)[0] == "failing" and "not set up" in shown(world)[1]

    def test_an_answer_for_what_was_given_up_meanwhile_is_dropped(self, world, site, provider, monkeypatch):
        from sync import calendar_accounts

        account = site.connected(world, provider)
        account.put(at(10, 14), at(10, 16))
        reader = calendar_accounts.READERS[provider]

        def meanwhile(*args):  # noqa: ANN002, ANN202
            remove_calendar(world.store_id, MERCHANT, world.elena)
            return reader(*args)

        monkeypatch.setitem(calendar_accounts.READERS, provider, meanwhile)
        fetch_due(world.store_id)
        assert busy(world) == [] and world.sql("select 1 from calendar_times") == []


def test_microsofts_next_token_takes_the_place_of_the_one_used(world, site):
    account = site.connected(world, "microsoft")
    first = site.state.grants[0].refresh
    read(world)
    account.put(at(10, 14), at(10, 16))
    read(world, after=SOON)
    assert site.state.grants[0].refresh != first and len(busy(world)) == 1


def test_a_series_that_began_before_is_asked_for_by_its_master(world, site):
    account = site.connected(world, "microsoft")
    account.weekly(at(1, 14) - timedelta(days=70), hours(1), 14)
    account.weekly(at(2, 14) - timedelta(days=70), hours(1), 14, free=True)
    read(world)
    assert len(busy(world)) == 4 and sum(path not in ("delta", "token") for _, path in site.state.asked) == 2


@pytest.mark.parametrize("link", ["https://graph.microsoft.com.evil.example/v1.0/me", "http://169.254.169.254/", None, 7])
def test_a_link_that_leads_elsewhere_is_not_followed(world, site, link, monkeypatch):
    """The token goes to Graph and to nobody else."""
    from sandbox.calendars import microsoft

    monkeypatch.setattr(microsoft, "_link", lambda *parts: link)
    site.connected(world, "microsoft").put(at(10, 14), at(10, 16))
    read(world)
    assert shown(world)[0] == "failing" and busy(world) == []


class TestGivingBack:
    def test_disconnecting_frees_the_time_and_revokes_the_token(self, world, site):
        site.connected(world, "google").put(at(10, 14), at(10, 16))
        read(world)
        remove_calendar(world.store_id, MERCHANT, world.elena)
        assert busy(world) == [] and not site.state.grants[0].ended and world.store_id in database().stores_with_calendars()
        site.faults.order("google", "down", 1)
        read(world)
        assert not site.state.grants[0].ended
        read(world, after=hours(1))
        assert site.state.grants[0].ended and world.sql("select 1 from ended_grants") == []

    def test_a_token_nobody_takes_back_is_forgotten_in_the_end(self, world, site):
        site.connected(world, "google")
        remove_calendar(world.store_id, MERCHANT, world.elena)
        site.faults.order("google", "down", 99)
        for _ in range(8):
            read(world, after=hours(30))
        assert world.sql("select 1 from ended_grants") == [] and site.state.asked.count(("google", "revoke")) == 6

    def test_whoever_leaves_takes_their_permission_along(self, world, site):
        site.connected(world, "google").put(at(10, 14), at(10, 16))
        read(world)
        delete_staff(world.store_id, MERCHANT, world.elena)
        read(world)
        assert site.state.grants[0].ended and world.sql("select 1 from calendar_times") == []

    def test_a_file_in_its_place_revokes_and_the_same_account_anew_does_not(self, world, site):
        account = site.connected(world, "google")
        connect_calendar(world.store_id, MERCHANT, world.elena, "google", site.granted(account))
        read(world)
        assert not any(grant.ended for grant in site.state.grants)
        set_calendar(world.store_id, MERCHANT, world.elena, "https://calendar.example/x.ics")
        fetch_due(world.store_id)
        assert all(grant.ended for grant in site.state.grants)


@BOTH
class TestFreedTime:
    """R34: what goes away elsewhere is an opening here."""

    def test_an_entry_that_goes_is_offered_to_who_waits(self, world, site, provider):
        account = site.connected(world, provider)
        entry = account.put(at(10, 14), at(10, 22))
        read(world)
        b = wait(world)
        assert serve(world) == 0
        account.remove(entry.id)
        read(world, after=SOON)
        assert serve(world) == 1
        offer, = offers(world)
        assert offer.ref == b.ref and offer.state == "open" and at(10, 14) <= offer.starts_at < at(10, 22)

    def test_an_entry_that_moves_or_ends_sooner_frees_just_the_rest(self, world, site, provider):
        account = site.connected(world, provider)
        entry = account.put(at(10, 14), at(10, 22))
        read(world)
        wait(world)
        account.put(at(10, 14), at(10, 20), id=entry.id)
        read(world, after=SOON)
        serve(world)
        assert [offer.starts_at for offer in offers(world)] == [at(10, 20)]

    def test_what_stays_busy_is_no_opening(self, world, site, provider):
        account = site.connected(world, provider)
        for day in range(3, 20):
            account.put(at(day, 14), at(day, 22))
        read(world)
        wait(world)
        account.put(at(21, 14), at(21, 15))
        account.forget()
        read(world, after=SOON)
        assert world.sql("select 1 from openings") == [] and len(busy(world)) == 18

    def test_a_calendar_that_is_disconnected_frees_everything(self, world, site, provider):
        site.connected(world, provider).put(at(10, 14), at(10, 22))
        read(world)
        wait(world)
        remove_calendar(world.store_id, MERCHANT, world.elena)
        assert serve(world) == 1 and len(offers(world, "open")) == 1
