"""Connecting a staff member's calendar from their screen: the whole way through the provider's question and back (RFC 6749, RFC 7636)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask

from app import create_app
from booking import keys
from models.session import database
from sync.calendars import fetch_due
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import words
from tests.support.world import World, at
from tests.sync.calendar_site import Site, busy, serving

BOTH = pytest.mark.parametrize("provider", ["google", "microsoft"])


@pytest.fixture(scope="module")
def site(settings) -> Iterator[Site]:
    keys.configure(settings)
    with serving(settings) as found:
        for provider in ("google", "microsoft"):
            found.state.account(provider, f"elena@{provider}.example").put(at(10, 14), at(10, 16))
        yield found


@pytest.fixture(scope="module")
def app(settings, site) -> Iterator[Flask]:
    yield create_app(site.settings(settings))
    database().engine.dispose()


def start(who: Colleague, provider: str, staff: int | None = None) -> str:
    """Press the button of the screen; the provider's address."""
    path = f"/admin/staff/{staff or who.world.elena}/calendar"
    who.get(path)
    assert f'href="{path}/{provider}"' in who.page
    return who.get(f"{path}/{provider}", 303).headers["Location"]


def answer(url: str, do: str = "allow", **more: str) -> str:
    """What the person says to the provider; where it sends them."""
    email = parse_qs(urlsplit(url).query)["scope"][0].startswith("offline_access") and "elena@microsoft.example" or "elena@google.example"
    assert httpx.get(url).status_code == 200
    response = httpx.post(url, data={"account": email, "do": do} | more)
    assert response.status_code == 303
    return response.headers["Location"]


def come_back(who: Colleague, url: str, status: int = 200) -> str:
    """Over the installation's one address to the dashboard; the query the dashboard was given."""
    parts = urlsplit(url)
    assert parts.netloc == "app.localhost"
    response = who.client.get(f"{parts.path}?{parts.query}", base_url=f"{parts.scheme}://{parts.netloc}")
    assert response.status_code == 303 and response.headers["Location"].startswith(f"http://{who.world.slug}.localhost/admin/staff/calendar-account?")
    query = urlsplit(response.headers["Location"]).query
    who.get(f"/admin/staff/calendar-account?{query}", status)
    return query


def connect(who: Colleague, provider: str) -> None:
    come_back(who, answer(start(who, provider)))
    who.fill("/staff/calendar-account", open=False)


def row(world: World):  # noqa: ANN201
    return world.sql("select provider, sealed_token, state from staff_calendars where store_id = opencals_store()")


@BOTH
class TestTheWholeWay:
    def test_from_the_screen_to_busy_time_and_back(self, manager, world, site, provider):
        connect(manager, provider)
        assert "We read it from now on" in words(manager.get(f"/admin/staff/{world.elena}/calendar?done=calendar_set").text)
        assert [(found.provider, found.state) for found in row(world)] == [(provider, "new")]
        assert not any(grant.refresh in row(world)[0].sealed_token for grant in site.state.grants)
        fetch_due(world.store_id)
        assert busy(world) == [(at(10, 14), at(10, 16))]
        manager.get(f"/admin/staff/{world.elena}/calendar")
        assert "1 span of busy time is known" in words(manager.page) and "elena@" not in manager.page
        manager.send(f"/admin/staff/{world.elena}/calendar/remove")
        assert busy(world) == [] and row(world)[0].sealed_token is None
        fetch_due(world.store_id)
        assert site.state.grants[-1].ended == (provider == "google")

    def test_looking_at_the_answer_connects_nothing_and_a_code_works_once(self, manager, world, site, provider):
        query = come_back(manager, answer(start(manager, provider)))
        assert row(world) == [] and "never titles" in words(manager.page)
        before = len(site.state.grants)
        manager.fill("/staff/calendar-account", open=False)
        assert len(site.state.grants) == before + 1
        manager.get(f"/admin/staff/calendar-account?{query}", 409)
        assert len(row(world)) == 1

    def test_a_refusal_changes_nothing(self, manager, world, provider):
        come_back(manager, answer(start(manager, provider), "deny"))
        assert "You did not agree" in words(manager.page) and row(world) == []

    def test_less_than_reading_is_not_connected(self, manager, world, provider):
        come_back(manager, answer(start(manager, provider), less="1"))
        manager.fill("/staff/calendar-account", 422, open=False)
        assert "did not give us the permission" in words(manager.page) and row(world) == []

    def test_a_provider_that_does_not_answer(self, manager, world, site, provider):
        come_back(manager, answer(start(manager, provider)))
        site.faults.order(provider, "down", 1)
        manager.fill("/staff/calendar-account", 503, open=False)
        assert "does not answer at the moment" in words(manager.page) and row(world) == []

    def test_a_dead_grant_is_shown_with_the_way_to_mend_it(self, manager, world, site, provider):
        connect(manager, provider)
        site.state.end(f"elena@{provider}.example")
        fetch_due(world.store_id)
        manager.get(f"/admin/staff/{world.elena}/calendar")
        assert "no longer allowed" in words(manager.page) and "again" in words(manager.page)
        connect(manager, provider)
        fetch_due(world.store_id)
        assert row(world)[0].state == "ok"

    def test_the_request_asks_for_as_little_as_possible_and_hides_its_proof(self, manager, world, provider):
        url = start(manager, provider)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["redirect_uri"] == "http://app.localhost/app/calendars" and asked["code_challenge_method"] == "S256"
        assert asked["scope"] == {"google": "https://www.googleapis.com/auth/calendar.events.readonly",
                                  "microsoft": "offline_access https://graph.microsoft.com/Calendars.ReadBasic"}[provider]
        cookie = manager.client.get_cookie("calendar", f"{world.slug}.localhost")
        assert cookie.http_only and asked["state"] not in cookie.value and asked["code_challenge"] not in cookie.value and "client_secret" not in asked


class TestWhoMayBring:
    def test_an_answer_somebody_else_began_is_of_no_use(self, app, world, site):
        """Login CSRF of OAuth: the victim's browser has not begun this attempt."""
        one, other = Colleague(app, world).sign_in("owner"), Colleague(app, world).sign_in("manager")
        url = answer(start(one, "google"))
        come_back(other, url, 409)
        assert "same browser" in words(other.page)
        start(other, "google")
        come_back(other, url, 409)
        assert row(world) == []

    @pytest.mark.parametrize("query", ["", "state=x&code=y", "code=y", "state=" + "a" * 5000])
    def test_made_up_answers(self, manager, world, query):
        start(manager, "google")
        manager.get(f"/admin/staff/calendar-account?{query}", 409)
        assert manager.client.get(f"/app/calendars?{query}", base_url="http://app.localhost").status_code == 404

    def test_another_shops_attempt_is_not_taken(self, app, manager, world, owner_url, site):
        other = World(owner_url)
        query = urlsplit(answer(start(manager, "google"))).query
        stranger = Colleague(app, other).sign_in("manager")
        start(stranger, "google")
        stranger.get(f"/admin/staff/calendar-account?{query}", 409)
        assert row(other) == []

    def test_an_attempt_of_yesterday_is_over(self, manager, world, site, monkeypatch):
        from shopify_app import calendar_grant

        url = answer(start(manager, "google"))
        monkeypatch.setattr(calendar_grant, "SECONDS", -1)
        come_back(manager, url, 409)

    def test_only_those_who_run_the_shop(self, staff, nobody, world):
        staff.get(f"/admin/staff/{world.elena}/calendar/google", 403)
        nobody.get(f"/admin/staff/{world.elena}/calendar/google", 303)
        assert nobody.client.get_cookie("calendar", f"{world.slug}.localhost") is None

    @pytest.mark.parametrize("path", ["calendar/icloud", "calendar/file"])
    def test_unknown_providers_and_people(self, manager, world, owner_url, path):
        manager.get(f"/admin/staff/{world.elena}/{path}", 404)
        manager.get(f"/admin/staff/{World(owner_url).elena}/calendar/google", 404)
        manager.get(f"/admin/staff/{World(owner_url).elena}/calendar", 404)


class TestFileAndFeed:
    @pytest.mark.parametrize("url", ["", "http://example.com/x.ics", "ftp://x/y", "javascript:alert(1)", "https://", "https://" + "x" * 2000])
    def test_addresses_that_cannot_be_read(self, manager, world, url):
        manager.fill(f"/staff/{world.elena}/calendar", 422, to=f"/staff/{world.elena}/calendar/file", url=url)
        assert 'aria-invalid="true"' in manager.page and row(world) == []

    def test_a_file_is_read_and_its_address_not_shown_again(self, manager, world):
        manager.fill(f"/staff/{world.elena}/calendar", to=f"/staff/{world.elena}/calendar/file", url="webcal://calendar.example/private-1234/basic.ics")
        manager.get(f"/admin/staff/{world.elena}/calendar")
        assert "calendar.example" in manager.page and "private-1234" not in manager.page

    def test_the_feed_is_shown_once_and_ended(self, manager, world):
        booked = world.book(at(10, 15))
        where = f"/staff/{world.elena}/calendar"
        manager.fill(where, 200, to=f"{where}/feed")
        path = manager.page.split(f"http://{world.slug}.localhost")[-1].split("<")[0]
        assert path.startswith("/staff-calendar/") and f"UID:{booked.ref}" in manager.get(path).text
        manager.get(f"/admin{where}")
        assert path not in manager.page
        manager.send(f"/admin{where}/feed", do="stop")
        manager.get(path, 404)


def test_without_registration_only_files_are_offered(settings, site, owner_url):
    app = create_app(settings)
    try:
        world = World(owner_url)
        manager = Colleague(app, world).sign_in("manager")
        manager.get(f"/admin/staff/{world.elena}/calendar")
        assert "Google" not in manager.page and "Microsoft" not in manager.page and "calendar file" in manager.page
        manager.get(f"/admin/staff/{world.elena}/calendar/google", 404)
    finally:
        keys.configure(site.settings(settings))
