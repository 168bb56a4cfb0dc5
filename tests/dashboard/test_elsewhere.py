"""What is not there, and forms that were open too long: told in the dashboard's frame, not on the customers' pages."""

from __future__ import annotations

import pytest

from models import session
from shopify_app.dashboard import calendar
from tests.storefront.visitor import words


@pytest.mark.parametrize("path", ["/admin/nothing", "/admin/bookings/x/y/z", "/admin/settings/nothing", "/admin/bookings/000000000000/goodwill"])
def test_an_address_without_a_screen(staff, nobody, path):
    staff.get(path, 404)
    text = words(staff.page)
    assert "This does not exist, or not any more. Back to today" in text and "Sign out" in text and "Your bookings" not in text
    answer = nobody.get(path, 303)
    assert answer.headers["Location"].startswith("/admin/login?next=")


def test_a_form_without_its_token(owner, nobody, world):
    answer = owner.client.post("/admin/api-tokens", base_url=owner.origin, data={"label": "x"})
    assert answer.status_code == 400 and "open the page again" in answer.text and "Back to today" in answer.text
    assert world.sql("select count(*) from merchant_tokens where label = 'x'") == [(0,)]
    answer = nobody.client.post("/admin/login", base_url=nobody.origin, data={"email": "owner@example.com"})
    assert answer.status_code == 400 and "open the page again" in answer.text and 'name="email"' in answer.text


def test_too_large_a_form_is_answered_in_the_frame(owner):
    answer = owner.client.post("/admin/services/new", base_url=owner.origin, data={"description": "x" * 300_000})
    text = words(answer.text)
    assert answer.status_code == 413 and "That was too much" in text and "Back to today" in text and "Sign out" in text and "Your bookings" not in text


def test_another_sites_form_is_refused_in_the_dashboards_look(nobody):
    answer = nobody.client.post("/admin/api-tokens", base_url=nobody.origin, data={"label": "x"}, headers={"Origin": "https://other.example"})
    text = words(answer.text)
    assert answer.status_code == 403 and "came from another site" in text and "Open the dashboard" in text and "Sign out" not in text
    assert "/admin/static/dashboard.css" in answer.text and "Your bookings" not in text


def test_in_the_language_of_the_browser(nobody):
    answer = nobody.client.post("/admin/api-tokens", base_url=nobody.origin, headers={"Origin": "https://other.example", "Accept-Language": "de"})
    assert 'lang="de"' in answer.text and "Diese Anfrage kam von einer anderen Website" in answer.text and "Zum Dashboard" in answer.text


def test_what_breaks_is_told_in_the_frame(app, owner, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    with monkeypatch.context() as broken:
        broken.setattr(calendar, "_load", None)
        owner.get("/admin/calendar", 500)
    assert "Something went wrong" in words(owner.page) and "Sign out" in words(owner.page)


@pytest.mark.parametrize("path,style", [("/admin/bookings", "/admin/static/dashboard.css"), ("/account", "/static/store.css")])
def test_the_database_away_leaves_a_dressed_page(owner, monkeypatch, path, style):
    monkeypatch.setattr(session, "_database", session.Database("postgresql+psycopg://opencals_app@127.0.0.1:1/none"))
    host = f"http://away{len(path)}.localhost"  # whose store no process remembers
    answer = owner.client.get(path, base_url=host)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "30"
    assert "We will be right back" in answer.text and style in answer.text
    assert owner.client.get(style, base_url=host).status_code == 200
