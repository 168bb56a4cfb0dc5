"""The worker's part of an import: check the file, or write it, and tell how far it is."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from booking.actions.imports import UNUSED, claim_import, finish_import, note_progress
from booking.importing.formats import FIELDS, FormatError
from booking.importing.run import import_bookings
from models.actor import SYSTEM

log = logging.getLogger("opencals.imports")


def run_due(store_id: int, *, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Check or import every file of the store that waits; how many. Importing is idempotent, so a broken run is simply run again."""
    count = 0
    while keep_going():
        run = (claim_import(store_id, SYSTEM).facts or {}).get("run")
        if run is None:
            break
        _run(store_id, run)
        count += 1
    return count


def _run(store_id: int, run: Any) -> None:
    fields = run.columns["fields"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bookings.csv"
        path.write_bytes(run.content)
        try:
            report = import_bookings(
                store_id, path, format_name=run.columns["format"], columns={field: fields.get(field, UNUSED) for field in FIELDS}, region=run.region,
                flag_overlaps=run.flag_overlaps, dry_run=run.state == "checking", at_once=False,
                progress=lambda step, done, of: note_progress(store_id, SYSTEM, run.id, done, of))
        except FormatError as error:
            finish_import(store_id, SYSTEM, run.id, problem=str(error))
            return
        except Exception:
            log.exception("an import failed", extra={"store": store_id})
            finish_import(store_id, SYSTEM, run.id, problem="The import stopped because of a fault on our side. Please try again; nothing is imported twice.")
            return
    finish_import(store_id, SYSTEM, run.id, report={
        "imported": report.imported, "known": report.known, "flagged": report.flagged, "created": report.created, "bad": len(report.bad)},
        bad=[[bad.line, bad.reason] for bad in report.bad])
