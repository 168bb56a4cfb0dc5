"""Signing in to the dashboard (A148, R7), and that roles and doors are never confused (I39)."""

from __future__ import annotations

import pytest

from booking.actions.stores import create_user
from models.actor import SYSTEM
from shopify_app.dashboard.door import SCREENS
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import words
from tests.support.world import World, at


def test_an_invited_person_signs_in_with_a_typed_code_and_out_again(nobody, world):
    response = nobody.get("/admin", 303)
    assert response.headers["Location"] == "/admin/login?next=%2Fadmin"
    nobody.sign_in("owner")
    nobody.get("/admin")
    assert "Sam Owner" in words(nobody.page)
    nobody.send("/admin/logout")
    nobody.get("/admin", 303)


def test_the_session_ends_on_the_server_too(owner, app, world):
    cookie = owner.client.get_cookie("shop", domain=f"{world.slug}.localhost")
    owner.get("/admin")
    owner.send("/admin/logout")
    thief = Colleague(app, world)
    thief.client.set_cookie("shop", cookie.value, domain=f"{world.slug}.localhost")
    thief.get("/admin", 303)


def test_strangers_get_the_same_answer_and_no_code(nobody, world):
    nobody.get("/admin/login")
    answer = nobody.send("/admin/login", email="stranger@example.com")
    assert answer.headers["Location"].startswith("/admin/login/code")
    nobody.get("/admin/login/code")
    assert world.outbox("sign_in_code") == []
    for left in (4, 3, 2, 1):
        nobody.send("/admin/login/code", 422, code="123456")
        assert f"You have {left}" in words(nobody.page), "the tries tell no more than the answer before them did (I36)"


def test_a_wrong_code_counts_and_five_kill_it(nobody, world):
    create_user(world.store_id, SYSTEM, email="o@example.com", name="O")
    nobody.get("/admin/login")
    nobody.send("/admin/login", email="o@example.com")
    right = nobody.code("o@example.com")
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    nobody.get("/admin/login/code")
    for left in (4, 3, 2, 1):
        nobody.send("/admin/login/code", 422, code=wrong)
        assert f"You have {left}" in words(nobody.page)
    nobody.send("/admin/login/code", 422, code=wrong)
    nobody.send("/admin/login/code", 422, code=right)


def test_a_customers_code_and_cookie_open_no_dashboard(nobody, world, app):
    world.book(at(5, 15))
    Colleague(app, world)
    nobody.get("/account/login")
    nobody.send("/account/login", email="ada@example.com")
    challenge = nobody.client.get_cookie("challenge", domain=f"{world.slug}.localhost").value
    code = nobody.code("ada@example.com")
    nobody.client.set_cookie("shop-challenge", challenge, domain=f"{world.slug}.localhost")
    nobody.get("/admin/login")
    nobody.send("/admin/login/code", 422, code=code)
    nobody.get("/account/login/code")
    nobody.send("/account/login/code", code=code)
    secret = nobody.client.get_cookie("login", domain=f"{world.slug}.localhost").value
    nobody.client.set_cookie("shop", secret, domain=f"{world.slug}.localhost")
    nobody.get("/admin", 303)


def test_another_shops_session_opens_nothing_here(owner, app, owner_url):
    other = World(owner_url)
    cookie = owner.client.get_cookie("shop", domain=f"{owner.world.slug}.localhost").value
    guest = Colleague(app, other)
    guest.client.set_cookie("shop", cookie, domain=f"{other.slug}.localhost")
    guest.get("/admin", 303)


def test_someone_removed_is_out_at_once(manager, world):
    import psycopg

    manager.get("/admin")
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        connection.execute("update users set removed_at = now() where store_id = %s", (world.store_id,))
    manager.get("/admin", 303)


def test_no_sign_in_leads_to_another_site(nobody):
    nobody.get("/admin/login", query_string={"next": "https://evil.example/admin"})
    assert 'name="next" value="/admin"' in nobody.page
    nobody.get("/admin/login", query_string={"next": "/admin//evil.example"})
    assert 'name="next" value="/admin"' in nobody.page


def paths(path: str) -> str:
    """A route with its parts filled in with ids that do not exist."""
    return "/admin" + path.replace("<int:", "<").replace("<", "{").replace(">", "}").format_map(_Anything())


class _Anything(dict):
    def __missing__(self, key: str) -> str:
        return "123456789"


@pytest.mark.parametrize("role", ["owner", "manager", "staff", "nobody"])
def test_every_route_answers_by_role(app, world, role):
    """The table of routes and roles, asked one by one (A148): allowed roles get an answer of the screen, others 403, guests the sign-in."""
    person = Colleague(app, world)
    if role != "nobody":
        person.sign_in(role)
    person.get("/admin" if role != "nobody" else "/admin/login")
    token = person.page.split('name="csrf_token" value="')[1].split('"')[0]
    for entry in SCREENS:
        for method in entry.methods:
            answer = person.client.open(paths(entry.path), method=method, base_url=person.origin,
                                        data={"csrf_token": token} if method == "POST" else None)
            allowed = role in entry.roles
            if role == "nobody":
                assert answer.status_code == 303 and answer.headers["Location"].startswith("/admin/login"), entry
            elif not allowed:
                assert answer.status_code == 403, (entry, answer.status_code)
            else:
                assert answer.status_code not in (403, 405) and answer.status_code < 500, (entry, answer.status_code)
