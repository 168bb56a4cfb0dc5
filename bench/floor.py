"""Floors: the least a page or a change can cost on this machine, in the same run."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import os
import threading
from datetime import datetime

import psycopg

_local = threading.local()


def _connection() -> psycopg.Connection:
    if not hasattr(_local, "c"):
        _local.c = psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", ""), autocommit=True)
        _local.c.execute("select set_config('app.store_id', %s, false)", (os.environ["BENCH_STORE"],))
    return _local.c


def application(environ, start_response):  # noqa: ANN001, ANN201
    """Floor (a): a bare WSGI page, one indexed SELECT of 20 bookings, about 11 KB of HTML."""
    rows = _connection().execute(
        "select ref, starts_at, status, price from bookings where store_id = %s and customer_id = %s and starts_at > now()"
        " order by starts_at limit 20", (int(os.environ["BENCH_STORE"]), int(os.environ["BENCH_CUSTOMER"]))).fetchall()
    items = "".join(f"<li class=card><a href=/account/bookings/{ref}>{html.escape(ref)}</a><p>{at:%A %d %B %Y %H:%M}</p><p>{status} {price / 100:.2f}</p>"
                    f"<p>{'x' * 380}</p></li>" for ref, at, status, price in rows)
    body = f"<!doctype html><title>Bookings</title><ul>{items}</ul>".encode()
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


def ingest(environ, start_response):  # noqa: ANN001, ANN201
    """Floor of a received webhook: the body's signature, its few fields, one insert. Answers with an empty page."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    signed = dict(part.split("=", 1) for part in environ["HTTP_STRIPE_SIGNATURE"].split(","))
    right = hmac.new(os.environ["STRIPE_WEBHOOK_SECRET"].encode(), f"{signed['t']}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, signed["v1"]):
        start_response("400 Bad Request", [("Content-Length", "0")])
        return [b""]
    event = json.loads(body)
    _connection().execute(
        "insert into stripe_events (store_id, event_id, topic, object_id, parent, made_at, received_at, due_at)"
        " values (%s, %s, %s, %s, %s, to_timestamp(%s), now(), now()) on conflict do nothing", (
            int(os.environ["BENCH_STORE"]), event["id"], event["type"], event["data"]["object"]["id"], event["data"]["object"]["payment_intent"],
            event["created"]))
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


def raw_month(connection: psycopg.Connection, store_id: int, staff: list[int], first: int, days: int, step: int = 900, duration: int = 3600) -> str:
    """The least a month of free times costs: arrays of busy times, a walk over the gaps, JSON."""
    rows = connection.execute(
        "select staff_id, array_agg(extract(epoch from starts_at)::bigint order by starts_at),"
        " array_agg(extract(epoch from ends_at)::bigint order by starts_at) from occupancies where store_id = %s and staff_id = any(%s)"
        " and starts_at >= to_timestamp(%s) and starts_at < to_timestamp(%s) group by staff_id",
        (store_id, staff, first - 172800, first + days * 86400)).fetchall()
    found: dict[int, list[int]] = {}
    for staff_id, starts, ends in rows:
        place, reach, count = 0, 0, len(starts)
        for day in range(days):
            at, stop = first + day * 86400, first + (day + 1) * 86400 - duration
            while at <= stop:
                while place < count and starts[place] < at + duration:
                    reach = max(reach, ends[place])
                    place += 1
                if reach <= at:
                    found.setdefault(at, []).append(staff_id)
                    at += step
                else:
                    at += -((at - reach) // step) * step
    return json.dumps([{"at": datetime.fromtimestamp(at).isoformat(), "staff": people} for at, people in sorted(found.items())])


def four_statements(connection: psycopg.Connection, store_id: int, booking_id: int, staff_id: int, start: datetime) -> None:
    """The least a move costs: lock, read, write, note, commit."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (staff_id,))
        connection.execute("select version from bookings where store_id = %s and id = %s for update", (store_id, booking_id))
        connection.execute("update bookings set starts_at = %s, ends_at = %s + interval '1 hour', version = version + 1"
                           " where store_id = %s and id = %s", (start, start, store_id, booking_id))
        connection.execute("insert into attempts (store_id, scope, subject) values (%s, 'bench', 'x')", (store_id,))


def cancelling_statements(connection: psycopg.Connection, store_id: int, booking_id: int) -> None:
    """The least a cancellation with a refund costs: lock and read, write, the refund and its part, note, commit."""
    with connection.transaction():
        connection.execute("select version from bookings where store_id = %s and id = %s for update", (store_id, booking_id))
        connection.execute("update bookings set status = 'cancelled', closed_at = now(), version = version + 1 where store_id = %s and id = %s",
                           (store_id, booking_id))
        connection.execute(
            "insert into refunds (store_id, id, booking_id, cause, outcome, mode, state, amount, currency, created_at)"
            " values (%s, %s, %s, 'cancellation', 'full', 'automatic', 'owed', 2500, 'USD', now())", (store_id, booking_id, booking_id))
        connection.execute(
            "insert into refund_lines (store_id, id, refund_id, payment_id, amount)"
            " select store_id, %s, %s, id, amount from payments where store_id = %s and booking_id = %s",
            (booking_id, booking_id, store_id, booking_id))
        connection.execute("insert into attempts (store_id, scope, subject) values (%s, 'bench', 'x')", (store_id,))
