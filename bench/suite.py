"""The suite: each figure beside its floor, both from this run. Writes var/bench/latest.json."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import changes, diary, hooks, imports, money, months, pages
from bench.data import administrator, make_shop
from booking import keys
from booking.rules.wall_time import use_packaged_zones
from models.session import Database, use
from sandbox.parts import Parts
from settings import Settings

SIZES = (("small", 1_000, 10), ("middle", 100_000, 50), ("large", 1_000_000, 50))


@dataclass
class Row:
    """`ratio` is figure to floor (or limit); `held` whether the target was met, None where there is none."""

    task: str
    figure: str
    floor: str
    ratio: float | None
    target: str
    held: bool | None


def main(argv: list[str]) -> int:
    """All of it; `--quick` leaves the million out."""
    use_packaged_zones()
    var = Path(os.environ.get("OPENCALS_VAR", "var")) / "bench"
    shutil.rmtree(var / "work", ignore_errors=True)
    os.environ.pop("DATABASE_URL", None)
    parts = Parts(var / "work").start()
    try:
        settings = Settings.from_environment(parts.environment | {"LOG_LEVEL": "ERROR"})
        keys.configure(settings)
        use(Database(settings.database_url))
        shops = {}
        for slug, bookings, staff in SIZES[:2] if "--quick" in argv else SIZES:
            started = time.perf_counter()
            shops[slug] = make_shop(slug, parts.environment["OWNER_DATABASE_URL"], bookings, staff)
            print(f"filled {slug}: {bookings:,} bookings in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        _settle(parts.environment["OWNER_DATABASE_URL"])
        rows: list[Row] = []
        for part in (pages, months, diary, changes, imports, money, hooks):
            rows += [Row(*row) for row in part.measure(parts, settings, shops)]
            print(f"measured {part.__name__}", file=sys.stderr, flush=True)
    finally:
        parts.stop()
    _table(rows)
    (var / "latest.json").write_text(json.dumps([asdict(row) for row in rows], indent=1))
    return 0 if all(row.held is not False for row in rows) else 1


def _settle(owner_url: str) -> None:
    """What filling has left the server to do is done before anything is measured."""
    with administrator(owner_url) as c:
        c.execute("vacuum analyze")
        c.execute("checkpoint")


def _table(rows: list[Row]) -> None:
    head = ("task", "figure", "floor", "ratio", "target", "")
    lines = [head] + [(r.task, r.figure, r.floor, "" if r.ratio is None else f"{r.ratio:.2f}", r.target,
                       "" if r.held is None else "held" if r.held else "MISSED") for r in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(6)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
