"""Refunds under fire (I2, I16, I17): 1,000 cancellations, two racing workers, kill -9 at random points, 15 % of answers lost after the
effect, keys forgotten soon after use. Nothing may be lost, paid twice or left open; without the look-up it must fail. Then 5,000
attempts at once to refund parts of one payment: never more than was captured."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from werkzeug.serving import make_server

from booking import keys
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.locations import create_location
from booking.actions.payment_accounts import connect_account
from booking.actions.people import Person
from booking.actions.refund_booking import refund_booking
from booking.actions.services import create_service
from booking.actions.staff import create_staff
from booking.actions.stores import create_store
from booking.rules.decision import Refused
from booking.rules.wall_time import use_packaged_zones
from migrations.upgrade import upgrade
from models.actor import SYSTEM, Actor
from models.session import Database, reading, use
from sandbox.faults import Faults
from sandbox.postgres import Postgres
from sandbox.quiet import Quiet
from sandbox.stripe import api
from sandbox.stripe.events import Events
from sandbox.stripe.operations import Stripe
from sandbox.stripe.state import State
from settings import Settings

SHOP, ACCOUNT = Actor("token", "api"), "acct_campaign"
LOST, DEATH = 0.15, 0.2
FASTER = 30
"""The product's clock runs so many times faster than the wall's, so that leases and waits end while one watches."""
KEYS_LIVE_S = 1.5
CAPTURED, GIVEN_BACK, ATTEMPTS = 10_000, 4_000, 5_000
PATIENCE_S = 4  # for each cancellation


class LosesAnswers(Faults):
    """15 % of all answers are lost after their effect."""

    def take(self, target: str) -> str | None:
        return "timeout_after_effect" if random.random() < LOST else None


@dataclass
class Ground:
    """The parts the campaign stands on."""

    settings: Settings
    owner_url: str
    state: State
    stripe: Stripe


def main(argv: list[str]) -> int:
    count = int(argv[0]) if argv else 1_000
    use_packaged_zones()
    home = Path(os.environ.get("OPENCALS_VAR", "var")) / "bench" / "refunds"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    server = Postgres(home.resolve(), fast=True).start()
    try:
        ground, http = _ground(server)
        held = _fire(ground, count, look_up=True)
        fell = not _fire(ground, max(count // 5, 100), look_up=False)
        within = _together(ground)
        http.shutdown()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
    print(f"with the look-up it {'held' if held else 'FAILED'}; without it it {'failed, as it must' if fell else 'HELD: the campaign proves nothing'}")
    return 0 if held and fell and within else 1


def _ground(server: Postgres) -> tuple[Ground, Any]:
    server.prepare("opencals")
    owner = server.url("opencals_owner", "opencals")
    upgrade(owner)
    state = State()
    events = Events(state)
    app = Flask(__name__)
    app.register_blueprint(api.blueprint(state, events, LosesAnswers()))
    http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    threading.Thread(target=_forget_keys, args=(state,), daemon=True).start()
    settings = Settings(
        database_url=server.url("opencals_app", "opencals"), redis_url="redis://127.0.0.1:9", smtp_url="smtp://127.0.0.1:9", secret_key="c" * 40,
        link_keys=(("k1", b"k" * 32),), base_domain="localhost", scheme="http", environment="test", stripe_secret_key="sk_live_campaign",
        stripe_publishable_key="pk_campaign", stripe_webhook_secret="whsec_campaign", stripe_api_base=f"http://127.0.0.1:{http.server_port}")
    keys.configure(settings)
    return Ground(settings, owner, state, Stripe(state, events)), http


def _forget_keys(state: State) -> None:
    """A key lives a second and a half, as if that were a day."""
    while True:
        time.sleep(0.1)
        with state.lock:
            old = state.now() - timedelta(seconds=KEYS_LIVE_S)
            state.keys = {key: kept for key, kept in state.keys.items() if kept[0] > old}


def _fire(ground: Ground, count: int, *, look_up: bool) -> bool:
    """One run: cancellations first, then two workers that die until everything is settled. True when all of it held."""
    _clock(ground.owner_url, 1)
    database = use(Database(ground.settings.database_url))
    store_id = _cancelled(ground, count)
    _clock(ground.owner_url, FASTER)
    started = time.monotonic()
    workers = [_worker(ground.settings, store_id, look_up) for _ in range(2)]
    while time.monotonic() - started < PATIENCE_S * count + 60 and _open(store_id):
        time.sleep(0.5)
    seconds = time.monotonic() - started
    killed = 0
    for worker in workers:
        worker.terminate()
        killed += int((worker.communicate()[0] or b"0").split()[-1])
    counted = _judge(ground, store_id)
    database.engine.dispose()
    print(f"{count} cancellations {'with' if look_up else 'WITHOUT'} look-up: {killed} kills in {seconds:.0f} s; lost {counted['lost']},"
          f" paid twice {counted['double']}, unsettled {counted['unsettled']}, sums wrong {counted['sums']}", flush=True)
    return not any(counted.values())


def _cancelled(ground: Ground, count: int) -> int:
    """A shop whose customers paid by card and cancelled: four tenths come back, so that paying twice would be possible."""
    name = f"campaign{time.time_ns()}"
    store_id = create_store(SYSTEM, slug=name, name="Campaign", zone="UTC", currency="USD")
    account = f"{ACCOUNT}{time.time_ns()}"
    connect_account(store_id, SYSTEM, account)
    place = create_location(store_id, SHOP, name="Here", zone="UTC").facts["id"]
    hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    staff = create_staff(store_id, SHOP, name="Someone", location_id=place, hours=hours).facts["id"]
    service = create_service(store_id, SHOP, name="Hour", duration_s=900, staff=[staff], price=CAPTURED, horizon_days=365).facts["id"]
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    for n in range(count):
        b = create_booking(store_id, SHOP, service_id=service, staff_id=staff, starts_at=first + timedelta(minutes=15 * n), notify=False,
                           person=Person("C", f"c{n}@example.com"),
                           payments=[{"amount": CAPTURED, "method": "card", "provider_ref": _paid(ground, account)}]).booking
        cancel_booking(store_id, SHOP, b.ref, refund=GIVEN_BACK, notify=False)
    return store_id


def _paid(ground: Ground, account: str) -> str:
    with ground.state.lock:
        return ground.stripe.payments.create(account, {"amount": CAPTURED, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True,
                                                       "off_session": True})["id"]


def _worker(settings: Settings, store_id: int, look_up: bool) -> subprocess.Popen:
    environment = os.environ | {
        "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "SMTP_URL": settings.smtp_url, "SECRET_KEY": settings.secret_key,
        "LINK_KEYS": f"k1:{(b'k' * 32).hex()}", "ENVIRONMENT": "test", "PUBLIC_SCHEME": "http", "STRIPE_SECRET_KEY": settings.stripe_secret_key or "",
        "STRIPE_PUBLISHABLE_KEY": "pk_campaign", "STRIPE_WEBHOOK_SECRET": "whsec_campaign", "STRIPE_API_BASE": settings.stripe_api_base or ""}
    return subprocess.Popen([sys.executable, "-m", "bench.campaigns.refund_worker", str(store_id), str(DEATH), "look-up" if look_up else "blind"],
                            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _open(store_id: int) -> int:
    with reading(store_id) as tx:
        return tx.db.exec_driver_sql("select count(*) from refunds where state in ('owed', 'pending')").scalar_one()


def _judge(ground: Ground, store_id: int) -> Counter[str]:
    """Our books against Stripe's, refund by refund."""
    with reading(store_id) as tx:
        rows = tx.db.exec_driver_sql(
            "select p.provider_ref, r.state, r.amount, b.refunded from refunds r join refund_lines l on (l.store_id, l.refund_id) = (r.store_id, r.id)"
            " join payments p on (p.store_id, p.id) = (l.store_id, l.payment_id) join bookings b on (b.store_id, b.id) = (r.store_id, r.booking_id)").all()
    theirs: dict[str, list[int]] = {}
    for _, made in ground.state.each(None, "refund"):
        theirs.setdefault(made["payment_intent"], []).append(made["amount"])
    counted: Counter[str] = Counter(lost=0, double=0, unsettled=0, sums=0)
    for reference, state, amount, refunded in rows:
        made = theirs.get(reference, [])
        counted["lost"] += not made
        counted["double"] += len(made) > 1
        counted["unsettled"] += state != "succeeded"
        counted["sums"] += sum(made) != amount or refunded != amount
    return counted


def _together(ground: Ground) -> bool:
    """Eight at a time ask for parts of one payment, 5,000 times in all."""
    _clock(ground.owner_url, 1)
    database = use(Database(ground.settings.database_url))
    store_id = _cancelled(ground, 0)
    with reading(store_id) as tx:
        service, staff = tx.db.exec_driver_sql("select service_id, staff_id from staff_services").one()
    captured = 1_000_000
    b = create_booking(store_id, SHOP, service_id=service, staff_id=staff, starts_at=datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
                       + timedelta(days=3), person=Person("T", "t@example.com"), notify=False, payments=[{"amount": captured, "method": "card"}]).booking

    def ask(n: int) -> str:
        try:
            refund_booking(store_id, SHOP, b.ref, amount=random.randint(1, 900))
            return "given"
        except Refused as refused:
            return refused.code

    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(ask, range(ATTEMPTS)))
    with reading(store_id) as tx:
        lines, refunded = tx.db.exec_driver_sql("select coalesce(sum(l.amount), 0), max(p.refunded) from payments p left join refund_lines l"
                                                " on (l.store_id, l.payment_id) = (p.store_id, p.id)").one()
    database.engine.dispose()
    print(f"{ATTEMPTS} attempts at once on one payment in {time.monotonic() - started:.0f} s: {dict(answers)}; {lines} of {captured} given back")
    return lines == refunded <= captured


def _clock(owner_url: str, times: int) -> None:
    """Let the database's clock run so many times faster from now on."""
    begin = datetime.now(UTC).isoformat()
    with psycopg.connect(owner_url.replace("+psycopg", "")) as connection:
        connection.execute("create or replace function opencals_now() returns timestamptz language sql stable as"
                           f" $$ select timestamptz '{begin}' + (transaction_timestamp() - timestamptz '{begin}') * {times} $$")
