"""A log line for each request. Addresses of pages are logged as routes, never with their query (I45, I65)."""

from __future__ import annotations

import logging
import secrets
import time

from flask import Flask, Response, g, request

from operation.lines import REQUEST, setup


def install(app: Flask) -> None:
    if app.config["SETTINGS"].environment != "test":
        setup(app.config["SETTINGS"].log_level)
    log = logging.getLogger("opencals.request")

    @app.before_request
    def start() -> None:
        g.request_id, g.started = secrets.token_hex(8), time.perf_counter()
        REQUEST.set(g.request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        log.info("request", extra={
            "method": request.method, "route": str(request.url_rule or "-"), "status": response.status_code,
            "ms": round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1), "store": g.get("store_id")})
        return response
