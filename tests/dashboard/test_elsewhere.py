"""What is not there, and forms that were open too long: told in the dashboard's frame, not on the customers' pages."""

from __future__ import annotations

import pytest

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
