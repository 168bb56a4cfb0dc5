"""Settings: the named flags act on the portal at once, colours stay readable, a domain is served only while it is proven."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.actions.domains import canonical_host
from booking.links import manage_url
from models.session import database, reading
from models.store import Store
from sandbox import dns
from sync.dns import txt_records
from sync.domains import check_due
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import Visitor, account, link, words
from tests.support.world import World, at

PORTAL = "/settings/portal"


def store(world):
    with reading(world.store_id) as tx:
        return tx.db.execute(select(Store).where(Store.store_id == world.store_id)).one()


def test_the_settings_page_has_the_flags_under_their_names(manager):
    manager.get("/admin/settings", 303)
    manager.get(f"/admin{PORTAL}")
    text = words(manager.page)
    for said in ("Customer Portal", "Flags & Permissions", "Booking flags",
                 "Allow customers to reschedule bookings through the customer portal and email links",
                 "Allow customers to cancel bookings through the customer portal and email links",
                 "Allow minimum time required before canceling", "Real-time availability", "The promise that nothing is booked twice then no longer holds"):
        assert said in text, said


@pytest.mark.parametrize("flag,gone,stays", [
    ("reschedule", "doesn't offer rescheduling this booking online", "You can cancel this until"),
    ("cancel", "doesn't offer cancelling this booking online", "You can change this until")])
def test_a_flag_acts_on_the_portal_and_on_mailed_links(manager, world, app, flag, gone, stays):
    b = world.book(at(10, 15))
    manager.fill(PORTAL, **{flag: None})
    by_link, signed_in = Visitor(app, world), Visitor(app, world)
    by_link.get(link(b))
    signed_in.sign_in()
    signed_in.get(account(b))
    for page in (by_link.page, signed_in.page):
        assert gone in words(page) and stays in words(page)


def test_one_switch_and_hours_for_both_notices(manager, world, app):
    b, visitor = world.book(at(10, 15)), Visitor(app, world)
    manager.fill(PORTAL, notice_hours="6")
    assert (store(world).policy["reschedule"]["notice"], store(world).policy["cancel"]["notice"]) == ("PT6H", "PT6H")
    world.set_clock(b.starts_at - timedelta(hours=7))
    visitor.get(link(b, "cancel"))
    manager.fill(PORTAL, min_notice=None)
    world.set_clock(b.starts_at - timedelta(minutes=1))
    visitor.get(link(b, "cancel"))


def test_two_different_notices_are_kept_when_the_hours_stay_empty(manager, world):
    manager.fill("/settings/policy", reschedule_n="2", cancel_n="3", cancel_unit="days")
    manager.fill(PORTAL, contact_note="Ring twice")
    assert (store(world).policy["reschedule"]["notice"], store(world).policy["cancel"]["notice"]) == ("PT2H", "P3D")
    assert store(world).contact_note == "Ring twice"


def test_the_shops_own_words_follow_ours_when_something_is_refused(manager, world, app):
    b, visitor = world.book(at(10, 15)), Visitor(app, world)
    manager.fill(PORTAL, refusal_note="Text Maria on 555-0100 <b>.", terms="No shoes.\nNo dogs.")
    visitor.get(link(b, "cancel"))
    assert "No dogs." in words(visitor.page)
    world.set_clock(b.starts_at - timedelta(hours=2))
    visitor.get(link(b))
    assert ("can't be rescheduled online. Please contact Harbor Massage directly. Text Maria on 555-0100 <b>." in words(visitor.page)
            and "<b>." not in visitor.page)


def test_schedule_an_appointment_and_login_to_cancel(manager, world, app):
    b, visitor = world.book(at(10, 15)), Visitor(app, world)
    manager.fill(PORTAL, require_login_to_cancel="1")
    visitor.get(link(b, "cancel"))
    assert "asks you to sign in before you cancel" in words(visitor.page)
    manager.fill(PORTAL, instead_schedule="1")
    visitor.get(link(b))
    assert "Schedule an appointment" in words(visitor.page)


def test_without_real_time_availability_a_taken_time_is_taken_again_and_flagged(manager, world):
    from models.actor import Actor

    manager.fill(PORTAL, real_time=None)
    world.book(at(10, 15))
    assert world.book(at(10, 15), email="bo@example.com", by=Actor("link", "link")).conflict


def test_a_paused_store_takes_no_bookings_and_lets_people_cancel(manager, world, app):
    b, visitor = world.book(at(10, 15)), Visitor(app, world)
    manager.fill(PORTAL, open_for_booking=None)
    visitor.get("/book")
    assert "Massage" not in words(visitor.page).replace("Harbor Massage", "")
    visitor.get(link(b, "cancel"))
    visitor.send(link(b, "cancel"))
    assert world.read(b.ref).status == "cancelled"


def test_two_people_with_the_same_settings_open(app, world):
    one, other = Colleague(app, world).sign_in("owner"), Colleague(app, world).sign_in("manager")
    one.get(f"/admin{PORTAL}")
    other.fill(PORTAL, cancel=None)
    one.fill(PORTAL, 409, open=False, terms="Mine")
    assert "Allow cancelling no yes" in words(one.page) and store(world).terms is None
    one.fill(PORTAL, open=False)
    assert store(world).terms == "Mine" and store(world).cancel


def test_store_settings_are_checked_and_kept(manager, world):
    manager.fill("/settings/store", name="Harbor & Co", phone="+1 (212) 555-0199", website="https://harbor.example", accent="ffee00", locale="en")
    row = store(world)
    assert (row.name, row.phone, row.accent) == ("Harbor & Co", "+12125550199", "#ffee00")
    manager.fill("/settings/store", 422, name="", email="nonsense", phone="12", logo_url="javascript:alert(1)", zone="CET", accent="green")
    assert 'value="nonsense"' in manager.page
    manager.fill("/settings/store", 422, open=False, name="X")
    for said in ("is not an e-mail address", "is not a phone number", "https://", "is not a time zone", "is a colour such as"):
        assert said in words(manager.page), said
    assert store(world).name == "Harbor & Co"


def test_the_word_for_staff_in_each_language(manager, world, app):
    """Below each field stands the sentence customers read, in their language."""
    manager.fill("/settings/store", 200, staff_noun="therapist", do="preview")
    assert "if your therapist has" in words(manager.page) and "mit Ihrer Therapeutin oder Ihrem Therapeuten frei wird" in words(manager.page)
    assert "<details><summary>In other languages" in manager.page and store(world).staff_noun is None
    manager.fill("/settings/store", staff_noun="therapist", staff_noun_de=" Ihrer  Therapeutin ")
    assert (store(world).staff_noun, store(world).staff_nouns) == ("therapist", {"de": "Ihrer Therapeutin"})
    manager.get("/admin/settings/store")
    assert "<details open><summary>In other languages" in manager.page and "mit Ihrer Therapeutin frei wird" in words(manager.page)
    before = store(world).version
    manager.fill("/settings/store", 422, staff_noun_fr="x" * 81)
    assert "Word for staff: This must have 0 to 80 characters." in words(manager.page)
    one = Colleague(app, world).sign_in("owner")
    one.get("/admin/settings/store")
    manager.fill("/settings/store", staff_noun_de=None, staff_noun_es="terapeuta")
    assert store(world).staff_nouns == {"es": "terapeuta"} and store(world).version == before + 1
    one.fill("/settings/store", 409, open=False, staff_noun_fr="praticien")
    assert "Word for staff (Español) terapeuta" in words(one.page) and "Word for staff (Français) – praticien" in words(one.page)


def test_an_unreadable_colour_is_shown_as_it_will_be_used(manager, world, app):
    manager.fill("/settings/store", 200, accent="#ffee00", do="preview")
    assert "would be hard to read" in words(manager.page) and store(world).accent is None
    ratios = [float(part.split(" to 1")[0]) for part in words(manager.page).split("contrast ")[1:3]]
    assert min(ratios) >= 4.5


def test_waiting_and_offers(manager, world):
    manager.fill("/settings/waiting", waitlist=None, waitlist_claim_minutes="30", evening__from="18:00", evening__to="00:00", offer_hold="1")
    row = store(world)
    assert (row.waitlist, row.waitlist_claim_minutes, row.offer_hold, row.waitlist_bands["evening"]) == (False, 30, True, ["18:00", "24:00"])
    manager.get("/admin/settings/waiting")
    assert 'value="00:00"' in manager.page
    for changes in ({"waitlist_claim_minutes": "4"}, {"offer_hours": ""}, {"morning__from": "13:00"}, {"morning__to": ""}):
        manager.fill("/settings/waiting", 422, **changes)
        assert 'class="problem"' in manager.page
    assert store(world).offer_hours == 24


def test_messages_and_law(manager, world):
    manager.fill(PORTAL, ask_feedback=None, calendar_link=None, quiet_from="20:30", quiet_to="09:00", withdrawal="eu")
    row = store(world)
    assert row.calendar_link is False
    assert (row.ask_feedback, row.quiet_from, row.quiet_to, row.withdrawal) == (False, "20:30", "09:00", "eu")
    manager.fill(PORTAL, 422, quiet_from="25:00", withdrawal="mars")
    assert "is a time such as 21:00" in words(manager.page) and "must be one of off, eu, everyone" in words(manager.page)


def test_what_stands_on_receipts(manager, world):
    manager.fill("/settings/store", legal_name="Harbor GmbH", legal_address="Kai 3\r\nHamburg", tax_id="DE 123", tax_percent="19,5 %", credit_days="")
    row = store(world)
    assert (row.legal_name, row.tax_percent, row.credit_days) == ("Harbor GmbH", "19.5", None)
    manager.fill("/settings/store", 422, tax_percent="a lot", credit_days="0")
    manager.fill("/settings/store", name="Same receipts")
    assert store(world).legal_address == "Kai 3\nHamburg"


def test_how_long_closed_bookings_are_kept(manager, world):
    manager.fill("/settings/store", retention_days="90")
    assert store(world).retention_days == 90
    manager.fill("/settings/store", 422, retention_days="7")


class TestLocations:
    def test_added_changed_and_switched_off(self, manager, world):
        manager.fill("/settings/locations/new", name="Kai", zone="Europe/Berlin")
        place = world.sql("select id from locations where name = 'Kai'")[0].id
        manager.fill(f"/settings/locations/{place}", address="Am Kai 3", email="kai@example.com")
        manager.get("/admin/settings/locations")
        assert "Am Kai 3 Europe/Berlin" in words(manager.page)
        manager.get(f"/admin/settings/locations/{place}")
        manager.send(f"/admin/settings/locations/{place}/remove")
        assert world.sql("select 1 from locations where id = %s", place) == []
        manager.get(f"/admin/settings/locations/{world.location}")
        manager.send(f"/admin/settings/locations/{world.location}/remove")
        assert world.sql("select active from locations where id = %s", world.location)[0].active is False

    def test_a_place_online_and_at_the_customers(self, manager, world):
        """A149: the meeting link goes with the kind, and the booking shows where it is."""
        manager.fill("/settings/locations/new", 422, name="Room", zone="America/New_York", kind="online", meeting_url="meet.example")
        assert "must be an address that begins with https://" in words(manager.page)
        manager.fill("/settings/locations/new", name="Room", zone="America/New_York", kind="online", meeting_url="https://meet.example/{room}")
        room = world.sql("select id from locations where name = 'Room'")[0].id
        vera = world.staff("Vera Line", location_id=room)
        b = world.book(at(10, 15), service=world.add_service("Talk", staff=[vera]))
        manager.get(f"/admin/bookings/{b.ref}")
        assert 'href="https://meet.example/' in manager.page and "{room}" not in manager.page
        manager.fill(f"/settings/locations/{room}", kind="delivery")
        assert world.sql("select kind, meeting_url from locations where id = %s", room) == [("delivery", None)]
        manager.get("/admin/settings/locations")
        assert "At the customer's address" in words(manager.page)
        service = world.sql("select id from services where name = 'Talk'")[0].id
        manager.get(f"/admin/bookings/new?service={service}&at=2027-03-11T15:00:00%2B00:00")
        manager.send("/admin/bookings/new", name="Bea", email="bea@example.com", delivery_address="7 Pier Road")
        assert world.sql("select delivery_address from bookings order by starts_at") == [("",), ("7 Pier Road",)]

    def test_wrong_fields_and_a_zone_that_was_promised(self, manager, world):
        manager.fill("/settings/locations/new", 422, name="", zone="Mars/Base")
        assert "is not a time zone" in words(manager.page)
        world.book(at(10, 15))
        manager.fill(f"/settings/locations/{world.location}", 422, zone="Europe/Berlin")
        assert "cannot change once bookings are made there" in words(manager.page)
        manager.fill(f"/settings/locations/{world.location}", name="Same zone, new name")

    def test_two_editors(self, app, world):
        one, other = Colleague(app, world).sign_in("owner"), Colleague(app, world).sign_in("manager")
        path = f"/settings/locations/{world.location}"
        one.get(f"/admin{path}")
        other.fill(path, address="1 New Street")
        one.fill(path, 409, open=False, address="2 Old Street")
        assert "1 New Street 2 Old Street" in words(one.page)
        one.fill(path, open=False)
        assert world.sql("select address from locations where id = %s", world.location)[0].address == "2 Old Street"


def host_of(world) -> str:
    return f"booking.{world.slug}.example"


class TestDomains:
    @pytest.fixture
    def names(self, settings):
        names = dns.Names()
        server = dns.start(0, names)
        from dataclasses import replace

        names.settings = replace(settings, dns_server=f"127.0.0.1:{server.server_address[1]}")
        yield names
        server.shutdown()
        server.server_close()

    def look(self, world, names):
        return check_due(world.store_id, lambda name: txt_records(names.settings, name))

    def add(self, owner, host: str | None = None) -> str:
        owner.fill("/settings/domain", host=host or host_of(owner.world))
        owner.get("/admin/settings/domain")
        return owner.page.split("opencals-store=")[1][:32]

    def test_a_domain_is_served_and_used_in_links_only_once_its_record_stands(self, owner, world, app, names):
        token = self.add(owner, f" https://{host_of(world).title()}/ ")
        b = world.book(at(10, 15))
        self.look(world, names)
        assert database().store_for_host(host_of(world)) is None
        owner.get("/admin/settings/domain")
        assert "The TXT record is not there" in words(owner.page)
        names.order({"name": f"_opencals.{host_of(world)}", "txt": ["other", f"opencals-store={token}"]})
        assert self.look(world, names) == 0
        owner.send(f"/admin/settings/domain/{world.sql('select id from domains')[0].id}/look")
        self.look(world, names)
        assert database().store_for_host(host_of(world)) == world.store_id
        with reading(world.store_id) as tx:
            url = manage_url(tx, b)
        assert url.startswith(f"http://{host_of(world)}/manage/")
        answer = app.test_client().get(url.removeprefix(f"http://{host_of(world)}"), base_url=f"http://{host_of(world)}")
        assert answer.status_code == 200 and b.ref in answer.get_data(as_text=True)

    def test_it_is_dropped_when_the_record_goes_and_links_go_back(self, owner, world, names):
        token = self.add(owner)
        names.order({"name": f"_opencals.{host_of(world)}", "txt": [f"opencals-store={token}"]})
        self.look(world, names)
        names.order({"name": f"_opencals.{host_of(world)}", "txt": []})
        for minutes, served in ((61, True), (90, True), (125, False)):
            world.set_clock(at(1, 12) + timedelta(minutes=minutes))
            self.look(world, names)
            assert (database().store_for_host(host_of(world)) is not None) is served, minutes
        with reading(world.store_id) as tx:
            assert manage_url(tx, world.book(at(10, 15))).startswith(f"http://{world.slug}.localhost/")

    def test_a_name_server_that_is_silent_for_a_day_takes_nothing_away(self, owner, world, names, monkeypatch):
        token = self.add(owner)
        names.order({"name": f"_opencals.{host_of(world)}", "txt": [f"opencals-store={token}"]})
        self.look(world, names)
        monkeypatch.setattr("sync.dns.PATIENCE", 0.3)
        names.order({"name": f"_opencals.{host_of(world)}", "silent": True})
        world.set_clock(at(1, 13, 5))
        self.look(world, names)
        world.set_clock(at(2, 13))
        self.look(world, names)
        assert database().store_for_host(host_of(world)) == world.store_id
        world.set_clock(at(4, 14))
        self.look(world, names)
        assert database().store_for_host(host_of(world)) is None

    def test_no_store_takes_a_name_another_has_proven(self, owner, world, app, owner_url, names):
        token = self.add(owner)
        names.order({"name": f"_opencals.{host_of(world)}", "txt": [f"opencals-store={token}"]})
        self.look(world, names)
        other = World(owner_url)
        thief = Colleague(app, other).sign_in("owner")
        theirs = self.add(thief, host_of(world))
        assert theirs != token
        names.order({"name": f"_opencals.{host_of(world)}", "txt": [f"opencals-store={token}", f"opencals-store={theirs}"]})
        self.look(other, names)
        assert database().store_for_host(host_of(world)) == world.store_id
        thief.get("/admin/settings/domain")
        assert "Another store here has proven the same name" in words(thief.page)
        thief.send(f"/admin/settings/domain/{world.sql('select id from domains')[0].id}/remove", 404)

    def test_removing_gives_it_up_at_once(self, owner, world, names):
        token = self.add(owner)
        names.order({"name": f"_opencals.{host_of(world)}", "txt": [f"opencals-store={token}"]})
        self.look(world, names)
        owner.send(f"/admin/settings/domain/{world.sql('select id from domains')[0].id}/remove")
        assert database().store_for_host(host_of(world)) is None

    @pytest.mark.parametrize("host", ["", "localhost", "shop.localhost", "127.0.0.1", "a..b", "-a.example", "exa mple.com", "x" * 64 + ".example", "a.example:80", "[::1]"])
    def test_what_is_no_host_name_of_theirs_is_refused(self, owner, host):
        assert canonical_host(host) is None
        owner.fill("/settings/domain", 422, host=host)

    def test_other_alphabets(self, owner):
        assert canonical_host("Bücher.example") == "xn--bcher-kva.example"
