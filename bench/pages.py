"""The portal list and the link page over HTTP against floor (a), their statements, growth, and the web process's memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import psycopg
from flask import Flask
from psycopg.pq.abc import PGresult
from sqlalchemy import insert

from bench.data import Shop
from bench.load import Server, measure as load, visit
from bench.turns import cpu, in_turns, middle, p50, rate, ratio
from booking import keys
from booking.access import login_hash
from booking.links import manage_path
from models.access import CustomerLogin
from models.actor import SYSTEM
from models.base import new_id
from models.booking_list import upcoming_in_full
from models.session import reading, transaction
from models.wire import Asked, Wire
from sandbox.files import free_port
from sandbox.parts import Parts
from settings import Settings

TURNS, SECONDS = 15, 0.6
"""Many short turns: on a shared machine one second says little of the next."""


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    """Each request has a connection of its own, as with the `ab` that the targets were found with. The list once more on kept ones, the
    harder measure: there is less that both have to do."""
    last = list(shops)[-1]
    env = parts.environment | {"LOG_LEVEL": "ERROR", "BENCH_STORE": str(shops[last].store_id), "BENCH_CUSTOMER": str(shops[last].customer_id)}
    floor_server, server = Server("bench.floor:application", free_port(), env), Server("app:create_app()", free_port(), env)
    try:
        # What is held against the floor stands beside it: what disturbs a shared machine disturbs both.
        bare = partial(load, floor_server, "x", "/", seconds=SECONDS)
        asked = {"floor": partial(bare, kept=False)}
        for name, shop in reversed(shops.items()):
            host = f"{shop.slug}.localhost"
            # As a browser sends them: the sign-in, and the visit's own cookie from the page before.
            cookies = f"login={_cookie(shop)}; {visit(server, host)}"
            listing = partial(load, server, host, "/account", headers=f"Cookie: {cookies}\r\n", seconds=SECONDS)
            asked |= {f"{name}, list": partial(listing, kept=False), f"{name}, link": partial(load, server, host, _link(shop), seconds=SECONDS, kept=False)}
            if name == last:
                asked |= {"floor, kept": bare, "list, kept": listing}
        figures = dict(zip(asked, in_turns(*asked.values(), turns=TURNS), strict=True))
        floor, listed, linked = (figures[name] for name in ("floor", f"{last}, list", f"{last}, link"))
        share, times = ratio(listed, floor, rate), ratio(linked, floor, cpu)
        least = middle(floor)
        yield ("portal list, 20 bookings", f"{middle(listed).per_second:.0f}/s, {middle(listed).cpu:.2f} ms CPU",
               f"{least.per_second:.0f}/s, {least.cpu:.2f} ms CPU", share, ">= 0.35", share >= 0.35)
        yield ("booking page by link", f"{middle(linked).per_second:.0f}/s, {middle(linked).cpu:.2f} ms CPU", f"{least.cpu:.2f} ms CPU", times, "<= 4", times <= 4)
        listed, floor = figures["list, kept"], figures["floor, kept"]
        share = ratio(listed, floor, rate)
        yield ("portal list on kept connections", f"{middle(listed).per_second:.0f}/s, {middle(listed).cpu:.2f} ms CPU",
               f"{middle(floor).per_second:.0f}/s, {middle(floor).cpu:.2f} ms CPU", share, "", None)
        first = list(shops)[0]
        for kind in ("list", "link"):
            few, many = figures[f"{first}, {kind}"], figures[f"{last}, {kind}"]
            growth = ratio(many, few, p50)
            yield (f"portal {kind}, growth {first} to {last}", f"{middle(many).p50:.1f} ms", f"{middle(few).p50:.1f} ms", growth, "<= 1.5", growth <= 1.5)
        yield ("memory of a web process, shared pages by their share", f"{server.memory():.0f} MiB", "", None, "<= 110 MiB", server.memory() <= 110)
    finally:
        server.stop()
        floor_server.stop()
    from app import create_app

    app = create_app(settings)
    for page, path, headers in (("portal list", "/account", {"Cookie": f"login={_cookie(shops[last])}"}), ("link page", _link(shops[last]), {})):
        count = _statements(app, f"{shops[last].slug}.localhost", path, headers)
        yield (f"{page}, statements", str(count), "", None, "<= 4", count <= 4)


def _cookie(shop: Shop) -> str:
    secret = f"bench-{new_id()}"
    with transaction(shop.store_id, SYSTEM) as tx:
        tx.db.execute(insert(CustomerLogin).values(store_id=shop.store_id, id=new_id(), customer_id=shop.customer_id, created_at=tx.now,
                                                   secret_hash=login_hash(shop.store_id, secret)))
    return keys.sign("login-cookie", [secret, int(time.time())])


def _link(shop: Shop) -> str:
    with reading(shop.store_id) as tx:
        return manage_path(upcoming_in_full(tx, shop.customer_id, None)[0])


def _statements(app: Flask, host: str, path: str, headers: dict[str, str]) -> int:
    client = app.test_client(use_cookies=False)
    assert client.get(path, headers=headers | {"Host": host}).status_code == 200
    with counted() as seen:
        client.get(path, headers=headers | {"Host": host})
    return len(seen)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent while inside, a transaction's beginning among them: it and its store count as one, and so does the commit with
    the messages and notes that go with it."""
    seen: list[str] = []
    real, converse = psycopg.Cursor.execute, Wire.converse

    def talk(wire: Wire, together: Sequence[Asked], *, ends: bool = True) -> list[PGresult]:
        seen.extend(one.sql.decode() for one in together if not one.sql.startswith((b"begin", b"with queued as (insert into outbox")))
        return converse(wire, together, ends=ends)

    def note(cursor, query, *args, **kwargs):  # noqa: ANN001, ANN202
        seen.append(str(query))
        return real(cursor, query, *args, **kwargs)

    psycopg.Cursor.execute, Wire.converse = note, talk
    try:
        yield seen
    finally:
        psycopg.Cursor.execute, Wire.converse = real, converse
