"""The dashboard's diary in a store of a thousand and of a hundred thousand bookings: how the screens grow, and their statements."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import insert

from bench.data import Shop
from bench.pages import counted
from booking import keys
from booking.actions.stores import create_user
from models.access import UserLogin
from models.actor import SYSTEM
from models.base import new_id
from models.session import transaction
from sandbox.parts import Parts
from settings import Settings

TIMES = 25
FRAME = 3
"""Statements around every screen: two transactions begin, the user is looked up."""


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    from app import create_app

    client = create_app(settings).test_client(use_cookies=False)
    few, many = list(shops)[0], list(shops)[1]
    with transaction(shops[few].store_id, SYSTEM) as tx:
        week = (tx.now - timedelta(days=4)).date()  # a week both stores are full in
    for name, path in (("calendar, week of one person", "/admin/calendar?view=week&date={week}&staff={staff}"),
                       ("calendar, day of everyone", "/admin/calendar?date={week}"), ("list of bookings", "/admin/bookings"),
                       ("search for a customer", "/admin/bookings?q=ada+archer"), ("bookings of one status", "/admin/bookings?status=confirmed")):
        figures = {}
        for size in (few, many):
            shop = shops[size]
            figures[size] = _measure(client, shop, path.format(week=week, staff=shop.staff[0]), _sign_in(shop))
        growth = figures[many][0] / figures[few][0]
        whole = "everyone" not in name  # ten people's day is not fifty people's day
        yield (f"dashboard: {name}, growth {few} to {many}", f"{figures[many][0]:.1f} ms", f"{figures[few][0]:.1f} ms", growth, "<= 1.5" if whole else "",
               growth <= 1.5 if whole else None)
        yield (f"dashboard: {name}, statements", str(figures[many][1]), "", None, f"<= {4 + FRAME}", figures[many][1] <= 4 + FRAME)


def _measure(client: FlaskClient, shop: Shop, path: str, cookie: str) -> tuple[float, int]:
    """(milliseconds at best, statements) of a screen."""
    headers = {"Host": f"{shop.slug}.localhost", "Cookie": f"shop={cookie}"}
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, (path, answer.status_code)
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        client.get(path, headers=headers)
        taken.append((time.perf_counter() - started) * 1000)
    with counted() as seen:
        client.get(path, headers=headers)
    return min(taken), len(seen)


def _sign_in(shop: Shop) -> str:
    """A session of an owner; the cookie's value."""
    secret = f"bench-{new_id()}"
    user = create_user(shop.store_id, SYSTEM, email=f"{secret}@example.com", name="Bench").facts["id"]
    with transaction(shop.store_id, SYSTEM) as tx:
        tx.db.execute(insert(UserLogin).values(store_id=shop.store_id, id=new_id(), user_id=user, created_at=tx.now,
                                               secret_hash=keys.keyed_hash("user-login", shop.store_id, secret)))
    return keys.sign("user-cookie", [secret, int(time.time())])
