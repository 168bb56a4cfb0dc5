"""Running the product: health, metrics, logs (design 4.7, I45, I65)."""

from __future__ import annotations

from flask import Flask

from operation import health, logs, metrics


def install(app: Flask) -> None:
    """Add /healthz, /readyz, /metrics and one JSON log line for each request."""
    logs.install(app)
    metrics.install(app)
    health.install(app)
