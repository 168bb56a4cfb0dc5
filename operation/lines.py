"""JSON logs, one line each. What may appear is a list (I45, I65). Without the web: workers log the same lines."""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

FIELDS = ("request", "method", "route", "status", "ms", "store", "error", "kind", "topic", "sent", "failed", "count", "seconds")
SECRETS = re.compile(r"(token=|Bearer |oc_[0-9a-z]+_|code[\"'=: ]+)[A-Za-z0-9._~-]+|\b\d{6}\b|[\w.+-]+@[\w-]+\.[\w.]+", re.IGNORECASE)

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The id of the request being answered."""


class JsonLines(logging.Formatter):
    """time, level, logger, message and the allow-listed fields; secrets and addresses in texts are masked."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"), "level": record.levelname.lower(),
                "logger": record.name, "message": mask(record.getMessage())}
        if (request := REQUEST.get()) is not None:
            line["request"] = request
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
