"""`python3 dev.py flask ...`: a command against the parts of the demo that runs here, or parts started for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sandbox.demo import _running
from sandbox.parts import Parts
from sandbox.postgres import Postgres
from sandbox.valkey import Valkey


def main(argv: list[str]) -> int:
    var = Path(os.environ.get("OPENCALS_VAR", "var"))
    parts = Parts(var)
    if _running(var) is None:
        parts.start()
    else:
        _join(parts)
    try:
        return subprocess.call([sys.executable, "-m", "flask", "--app", "app", *argv], env=os.environ | parts.environment)
    finally:
        parts.stop()


def _join(parts: Parts) -> None:
    """The environment of the running demo: its servers are up, so their ports are taken by them."""
    postgres, valkey = Postgres(parts.var), Valkey(parts.var)
    postgres.port = int((parts.var / "postgres.port").read_text())
    port = int((parts.var / "valkey.port").read_text())
    given = {"DATABASE_URL": postgres.url("opencals_app", "opencals"), "OWNER_DATABASE_URL": postgres.url("opencals_owner", "opencals"),
             "REDIS_URL": f"redis://:{valkey.password}@127.0.0.1:{port}/0"}
    for name, value in given.items():
        os.environ.setdefault(name, value)
    parts.start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
