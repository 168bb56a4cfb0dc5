"""Every request has an id, one log line, and is counted. Addresses are logged as routes, never with their query (I45, I65)."""

from __future__ import annotations

import logging
import secrets
import time
from functools import lru_cache

from flask import Flask, Response, abort, g, request
from prometheus_client import Counter, Histogram

from operation.lines import REQUEST, setup
from operation.metrics import REQUESTS, SECONDS

log = logging.getLogger("opencals.request")
UNREAD = "opencals.unread"
"""In a request of ours in place of one nobody could read: with which status it is refused."""


def begin() -> tuple[str, float]:
    """A new request: its id, which log lines carry from now on, and the performance counter."""
    request_id = secrets.token_hex(8)
    REQUEST.set(request_id)
    return request_id, time.perf_counter()


def note(route: str, method: str, status: int, started: float, store_id: int | None = None) -> None:
    """An answer was given, `started` on the performance counter."""
    took = time.perf_counter() - started
    log.info("request", extra={"method": method, "route": route, "status": status, "ms": round(took * 1000, 1), "store": store_id})
    count, seconds = _counted(route, method, status)
    count.inc()
    seconds.observe(took)


@lru_cache(maxsize=5_000)
def _counted(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """Looking them up costs more than counting."""
    return REQUESTS.labels(route, method, status), SECONDS.labels(route)


def install(app: Flask) -> None:
    if app.config["SETTINGS"].environment != "test":
        setup(app.config["SETTINGS"].log_level)

    @app.before_request
    def start() -> None:
        g.request_id, g.started = begin()
        if UNREAD in request.environ:
            abort(request.environ[UNREAD])

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        note(str(request.url_rule or "-"), request.method, response.status_code, g.get("started", time.perf_counter()), g.get("store_id"))
        return response
