"""The portal list and the link page over HTTP against floor (a), their statements, growth, and the web process's memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from flask import Flask
from sqlalchemy import insert

from bench.data import Shop
from bench.load import Server, measure as load, visit
from booking import keys
from booking.links import manage_path
from models import session
from models.access import CustomerLogin
from models.actor import SYSTEM
from models.base import new_id
from models.booking_list import both_of
from models.booking_summary import find
from models.session import reading, transaction
from sandbox.files import free_port
from sandbox.parts import Parts
from settings import Settings


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    last = list(shops)[-1]
    env = parts.environment | {"LOG_LEVEL": "ERROR", "BENCH_STORE": str(shops[last].store_id), "BENCH_CUSTOMER": str(shops[last].customer_id)}
    floor_server = Server("bench.floor:application", free_port(), env)
    try:
        floor = load(floor_server, "x", "/")
    finally:
        floor_server.stop()
    server = Server("app:create_app()", free_port(), env)
    try:
        figures = {}
        for name, shop in shops.items():
            host, link = f"{shop.slug}.localhost", _link(shop)
            # As a browser sends them: the sign-in, and the visit's own cookie from the page before.
            cookies = f"login={_cookie(shop)}; {visit(server, host)}"
            figures[name] = (load(server, host, "/account", headers=f"Cookie: {cookies}\r\n"), load(server, host, link))
        listed, linked = figures[last]
        yield ("portal list, 20 bookings", f"{listed.per_second:.0f}/s, {listed.cpu:.2f} ms CPU", f"{floor.per_second:.0f}/s, {floor.cpu:.2f} ms CPU",
               listed.per_second / floor.per_second, ">= 0.35", listed.per_second / floor.per_second >= 0.35)
        yield ("booking page by link", f"{linked.per_second:.0f}/s, {linked.cpu:.2f} ms CPU", f"{floor.cpu:.2f} ms CPU", linked.cpu / floor.cpu,
               "<= 4", linked.cpu / floor.cpu <= 4)
        first = list(shops)[0]
        for number, page in enumerate(("portal list", "link page")):
            growth = figures[last][number].p50 / figures[first][number].p50
            yield (f"{page}, growth {first} to {last}", f"{figures[last][number].p50:.1f} ms", f"{figures[first][number].p50:.1f} ms", growth, "<= 1.5", growth <= 1.5)
        yield ("memory of a web process, shared pages by their share", f"{server.memory():.0f} MiB", "", None, "<= 110 MiB", server.memory() <= 110)
    finally:
        server.stop()
    from app import create_app

    app = create_app(settings)
    for page, path, headers in (("portal list", "/account", {"Cookie": f"login={_cookie(shops[last])}"}), ("link page", _link(shops[last]), {})):
        count = _statements(app, f"{shops[last].slug}.localhost", path, headers)
        yield (f"{page}, statements", str(count), "", None, "<= 4", count <= 4)


def _cookie(shop: Shop) -> str:
    secret = f"bench-{new_id()}"
    with transaction(shop.store_id, SYSTEM) as tx:
        tx.db.execute(insert(CustomerLogin).values(store_id=shop.store_id, id=new_id(), customer_id=shop.customer_id, created_at=tx.now,
                                                   secret_hash=keys.keyed_hash("login", shop.store_id, secret)))
    return keys.sign("login-cookie", [secret, int(time.time())])


def _link(shop: Shop) -> str:
    with reading(shop.store_id) as tx:
        b = find(tx, both_of(tx, shop.customer_id)[0][0].ref)
        assert b is not None
        return manage_path(b)


def _statements(app: Flask, host: str, path: str, headers: dict[str, str]) -> int:
    client = app.test_client(use_cookies=False)
    assert client.get(path, headers=headers | {"Host": host}).status_code == 200
    with counted() as seen:
        client.get(path, headers=headers | {"Host": host})
    return len(seen)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent while inside, a transaction's beginning among them."""
    seen: list[str] = []
    real, begun = psycopg.Cursor.execute, session._begun

    def begin(driver: psycopg.Connection, sql: str) -> int:
        seen.append(sql)
        return begun(driver, sql)

    def note(cursor, query, *args, **kwargs):  # noqa: ANN001, ANN202
        seen.append(str(query))
        return real(cursor, query, *args, **kwargs)

    psycopg.Cursor.execute, session._begun = note, begin
    try:
        yield seen
    finally:
        psycopg.Cursor.execute, session._begun = real, begun
