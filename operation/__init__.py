"""Running the product: health, metrics, logs (design 4.7, I45, I65)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def install(app: Flask) -> None:
    """Add /healthz, /readyz, /metrics one JSON log line for each request, and sessions."""
    # Here and not above: a worker takes its log lines from this package and has no web.
    from operation import health, metrics, requests, sessions

    requests.install(app)
    metrics.install(app)
    health.install(app)
    sessions.install(app)
