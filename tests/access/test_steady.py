"""Answers that may not tell known from unknown take whole steps of time (I28, I36). How well that hides is measured by `bench campaign timing`."""

from __future__ import annotations

import time

import pytest

from app import create_app
from booking import steady
from models.session import database
from tests.storefront.visitor import Visitor
from tests.support.world import World, at


@pytest.fixture(scope="module")
def app(settings):  # noqa: ANN201
    yield create_app(settings)
    database().engine.dispose()


@pytest.mark.parametrize(("spent", "refuses"), [(0.0, False), (0.03, False), (0.07, True), (0.12, False)])
def test_whatever_is_done_it_takes_whole_steps(monkeypatch, spent, refuses):
    monkeypatch.setattr(steady, "STEP", 0.1)

    @steady.steady
    def answer() -> str:
        time.sleep(spent)
        if refuses:
            raise ValueError
        return "answer"

    began = time.monotonic()
    if refuses:
        with pytest.raises(ValueError):
            answer()
    else:
        assert answer() == "answer"
    steps = (time.monotonic() - began) / 0.1
    assert steps >= (2 if spent > 0.1 else 1) and steps % 1 < 0.6, steps


@pytest.mark.parametrize(("page", "address"), [
    ("/account/login", "ada@example.com"), ("/account/login", "+12125550101"), ("/admin/login", "shop@example.com"), ("/manage", "ada@example.com"),
    ("/manage", "nobody@example.com"), ("/manage", "no address")])
def test_the_forms_that_take_an_address_do_so(app, owner_url, monkeypatch, page, address):
    world = World(owner_url)
    world.book(at(10, 15))
    visitor = Visitor(app, world)
    visitor.get("/account/login")
    monkeypatch.setattr(steady, "STEP", 0.4)
    began = time.monotonic()
    visitor.client.post(page, base_url=visitor.origin, data={"email": address, "csrf_token": _token(visitor)})
    assert time.monotonic() - began >= 0.4


def _token(visitor: Visitor) -> str:
    return visitor.page.split('name="csrf_token" value="')[1].split('"')[0]
