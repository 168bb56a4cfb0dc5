"""The beat: one leader looks every few seconds what is due and rings, or does it itself when nobody can be rung (I21)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import psycopg
from redis import RedisError
from sqlalchemy import delete, func
from sqlalchemy.exc import SQLAlchemyError

from booking.actions.decline_booking import expire_approvals
from booking.actions.fill_openings import expire_waiting, fill_opening, take_opening
from booking.actions.hold_slot import sweep_holds
from booking.actions.imports import forget_imports
from booking.actions.send_reminders import send_reminders
from models.access import Attempt, LoginCode
from models.actor import SYSTEM
from models.idempotency import IdempotencyKey
from models.moved_start import LONGEST_WALK, MovedStart
from models.outbox import OutboxRow
from models.session import Database, database, transaction
from models.shopify_delivery import ShopifyDelivery
from settings import Settings
from sync.calendars import fetch_due
from sync.keeping import keep_up
from sync.outbox import Carrier, deliver
from sync.payments import settle
from sync.queue import doorbell, queue
from sync.shopify.engine import sync_shop

LEADER = 20261121
EVERY = 3.0
KEEP_KEYS, KEEP_WEBHOOKS, KEEP_MESSAGES = timedelta(hours=48), timedelta(days=90), timedelta(days=90)
KEEP_MOVES = LONGEST_WALK + timedelta(days=1)
log = logging.getLogger("opencals.beat")


def run(stop: threading.Event, settings: Settings) -> None:
    """Until `stop`: lead if nobody else does. The lead is a session lock, gone with its connection."""
    carrier = Carrier(settings)
    rounds = 0
    while not stop.is_set():
        try:
            with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
                while not stop.is_set():
                    if connection.execute("select pg_try_advisory_lock(%s)", (LEADER,)).fetchone() == (True,):
                        sweep(settings, carrier, stop)
                        if rounds % 200 == 0:
                            tidy()
                        rounds += 1
                    stop.wait(EVERY)
        except (psycopg.Error, SQLAlchemyError) as error:
            log.warning("the database does not answer; waiting", extra={"error": type(error).__name__})
            stop.wait(EVERY)
    carrier.close()


def sweep(settings: Settings, carrier: Carrier, stop: threading.Event | None = None) -> None:
    """One look at everything due. Each store on its own: trouble with one does not keep the others waiting (I70)."""
    heard = _redis_answers(settings)
    ring = doorbell(settings.redis_url)
    for store_id, kind in database().due_stores():
        try:
            if kind == "holds":
                sweep_holds(store_id, SYSTEM)
            elif kind == "approvals":
                expire_approvals(store_id, SYSTEM)
            elif kind == "reminders":
                send_reminders(store_id, SYSTEM)
            elif kind == "waitlist":
                serve_waitlist(store_id)
            elif heard:
                ring(store_id)
            else:
                deliver(store_id, carrier, keep_going=lambda: not (stop and stop.is_set()))
        except SQLAlchemyError:
            log.exception("due work failed", extra={"store": store_id, "kind": kind})
    for kind in FARTHER:
        sweep_farther(kind, heard, settings, stop)


class Farther(NamedTuple):
    """Work at services outside this house: the stores that have some, the job of a worker, and the same done here."""

    stores: Callable[[Database], list[int]]
    job: str
    here: Callable[[int, Settings, Callable[[], bool]], object]


FARTHER = {
    "payments": Farther(lambda db: db.due_payments(), "settle_payments", lambda store_id, _, more: settle(store_id, keep_going=more)),
    "calendars": Farther(lambda db: db.stores_with_calendars(), "fetch_calendars", lambda store_id, _, more: fetch_due(store_id, keep_going=more)),
    "shopify": Farther(lambda db: db.due_shopify_stores(), "sync_shopify", lambda store_id, settings, more: sync_shop(store_id, settings, keep_going=more)),
}


def sweep_farther(kind: str, heard: bool, settings: Settings, stop: threading.Event | None = None) -> None:
    """Each due store: by a worker where one can be rung, else here."""
    work = FARTHER[kind]
    ring = doorbell(settings.redis_url, f"sync.jobs.{work.job}")
    for store_id in work.stores(database()):
        try:
            if heard:
                ring(store_id)
            else:
                work.here(store_id, settings, lambda: not (stop and stop.is_set()))
        except Exception:  # trouble with one store must not keep the others waiting (I70)
            log.exception("due work outside failed", extra={"store": store_id, "kind": kind})


def serve_waitlist(store_id: int, *, most: int = 100) -> int:
    """End what is over, then offer what has become free to those who wait; at most so many openings, then other stores' turn."""
    expire_waiting(store_id, SYSTEM)
    for served in range(most):
        opening_id = take_opening(store_id, SYSTEM).facts["id"]
        if opening_id is None:
            return served
        try:
            fill_opening(store_id, SYSTEM, opening_id)
        except Exception:
            # One that cannot be offered now comes back in a minute; the others, and the beat, go on.
            log.exception("opening could not be offered", extra={"store": store_id})
    return most


def tidy() -> None:
    """Forget what has served: old codes, counted attempts, idempotency keys, imported files, deliveries, moves past which lists were walked,
    webhooks and messages about no booking (codes, notices) of long ago, and who closed bookings were for; keep wall time under new zone
    rules."""
    for store_id in database().all_stores():
        forget_imports(store_id, SYSTEM)
        keep_up(store_id)
        with transaction(store_id, SYSTEM) as tx:
            for table, column, age in ((Attempt, Attempt.at, timedelta(days=2)), (LoginCode, LoginCode.created_at, timedelta(days=2)),
                                       (IdempotencyKey, IdempotencyKey.created_at, KEEP_KEYS),
                                       (ShopifyDelivery, ShopifyDelivery.applied_at, timedelta(days=30))):
                tx.db.execute(delete(table).where(table.store_id == store_id, column < tx.now - age))
            tx.db.execute(delete(MovedStart).where(MovedStart.store_id == store_id, MovedStart.moved_at < func.clock_timestamp() - KEEP_MOVES))
            tx.db.execute(delete(OutboxRow).where(OutboxRow.store_id == store_id, OutboxRow.channel == "webhook", OutboxRow.state != "due",
                                                  OutboxRow.created_at < tx.now - KEEP_WEBHOOKS))
            # Those about a booking go with it (R45); these name somebody of whom there may be no booking at all.
            tx.db.execute(delete(OutboxRow).where(OutboxRow.store_id == store_id, OutboxRow.channel.in_(("email", "sms")), OutboxRow.state != "due",
                                                  OutboxRow.booking_id.is_(None), OutboxRow.created_at < tx.now - KEEP_MESSAGES))


def _redis_answers(settings: Settings) -> bool:
    try:
        return bool(queue(settings.redis_url).connection.ping())
    except RedisError:
        return False
