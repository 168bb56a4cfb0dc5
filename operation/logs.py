"""JSON logs, one line each. What may appear is a list; addresses of pages are logged as routes, never with their query (I45, I65)."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, has_request_context, request

FIELDS = ("request", "method", "route", "status", "ms", "store", "error", "kind", "topic", "sent", "failed", "count", "seconds")
SECRETS = re.compile(r"(token=|Bearer |oc_[0-9a-z]+_|code[\"'=: ]+)[A-Za-z0-9._~-]+|\b\d{6}\b|[\w.+-]+@[\w-]+\.[\w.]+", re.IGNORECASE)


class JsonLines(logging.Formatter):
    """time, level, logger, message and the allow-listed fields; secrets and addresses in texts are masked."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"), "level": record.levelname.lower(),
                "logger": record.name, "message": mask(record.getMessage())}
        if has_request_context() and "request_id" in g:
            line["request"] = g.request_id
        line |= {field: getattr(record, field) for field in FIELDS if hasattr(record, field)}
        if record.exc_info:
            line["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


def mask(text: str) -> str:
    """The text without tokens, codes and mail addresses."""
    return SECRETS.sub(lambda match: (match[1] or "") + "•••", text)


def setup(level: str) -> None:
    """JSON lines on standard error, for this process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("rq").setLevel("WARNING")
    logging.getLogger("httpx").setLevel("WARNING")
    logging.getLogger("httpx2").setLevel("WARNING")


def install(app: Flask) -> None:
    if app.config["SETTINGS"].environment != "test":
        setup(app.config["SETTINGS"].log_level)
    log = logging.getLogger("opencals.request")

    @app.before_request
    def start() -> None:
        g.request_id, g.started = secrets.token_hex(8), time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        log.info("request", extra={
            "method": request.method, "route": str(request.url_rule or "-"), "status": response.status_code,
            "ms": round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1), "store": g.get("store_id")})
        return response
