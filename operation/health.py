"""/healthz: this process lives. /readyz: it can serve, and what is missing if not."""

from __future__ import annotations

from flask import Flask, jsonify

from models.session import database
from operation import checks


def install(app: Flask) -> None:
    settings = app.config["SETTINGS"]

    @app.get("/healthz")
    def healthz():  # noqa: ANN202
        return jsonify(status="ok")

    @app.get("/readyz")
    def readyz():  # noqa: ANN202
        """503 while the database, its migrations or the zone data are not right; without Redis it is ready but degraded (I21)."""
        needed = [checks.run(check, settings, database()) for check in checks.READY]
        wanted = [checks.run(check, settings, database()) for check in checks.DEGRADED]
        ready = all(check.ok for check in needed)
        status = "ready" if ready and all(c.ok for c in wanted) else "degraded" if ready else "not ready"
        return jsonify(status=status, checks={c.name: c.found if c.ok else f"{c.found}: {c.cure}" for c in needed + wanted}), 200 if ready else 503
