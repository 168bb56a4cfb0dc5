"""/metrics for Prometheus: requests by route, and what waits in the outbox."""

from __future__ import annotations

import os

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

from models.session import database, reading

REQUESTS = Counter("opencals_requests_total", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram("opencals_request_seconds", "Time to answer", ["route"], buckets=(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5))


def install(app: Flask) -> None:
    @app.get("/metrics")
    def metrics() -> Response:
        registry = CollectorRegistry()
        _outbox(registry)
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            multiprocess.MultiProcessCollector(registry)
            return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
        return Response(generate_latest() + generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _outbox(registry: CollectorRegistry) -> None:
    """Rows due and the age of the oldest, over the stores that have any."""
    waiting = Gauge("opencals_outbox_due", "Messages due and not yet sent", registry=registry)
    oldest = Gauge("opencals_outbox_oldest_seconds", "Age of the oldest due message", registry=registry)
    total, age = 0, 0.0
    for store_id in {store_id for store_id, kind in database().due_stores() if kind == "outbox"}:
        with reading(store_id) as tx:
            count, seconds = tx.db.exec_driver_sql(
                "select count(*), coalesce(extract(epoch from opencals_now() - min(due_at)), 0) from outbox"
                " where state = 'due' and due_at <= opencals_now()").one()
            total, age = total + count, max(age, float(seconds))
    waiting.set(total)
    oldest.set(age)
