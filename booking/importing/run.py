"""An import from start to end: read and check the whole file, prepare the catalogue, write batch after batch."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TextIO

from sqlalchemy import select

from booking.importing.catalogue import Needs, prepare_catalogue
from booking.importing.drafts import Draft, drafts_of
from booking.importing.formats import FORMATS, FormatError, detect
from booking.importing.lanes import write_in_lanes
from booking.importing.load import Loaded, import_batch
from booking.importing.rows import BadRow, ImportRow, read_rows
from models.actor import Actor
from models.session import reading
from models.store import Store

BATCH = 2_000
IMPORTER = Actor("system", "import")


@dataclass
class Report:
    """What an import did, or with `dry_run` would do. Lines are file lines; the header is line 1."""

    imported: int = 0
    known: int = 0
    flagged: int = 0
    created: dict[str, int] = field(default_factory=dict)
    bad: list[BadRow] = field(default_factory=list)
    dry_run: bool = False


def import_bookings(store_id: int, path: Path, *, format_name: str | None = None, columns: dict[str, str] | None = None,
                    statuses: dict[str, str] | None = None, region: str | None = None, flag_overlaps: bool = False,
                    dry_run: bool = False, at_once: bool = True, progress: Callable[[str, int, int], None] | None = None) -> Report:
    """Import a UTF-8 CSV file. Raises FormatError when the file as a whole cannot be read.

    Good rows are written, bad rows reported; running it again writes what is missing and nothing twice.
    `progress(step, done, of)` is called after each step. Without `at_once` the database is given one batch at a time,
    and the machine's other processor is left to others.
    """
    report = Report(dry_run=dry_run)
    tell = progress or (lambda step, done, of: None)
    with reading(store_id) as tx:
        store = tx.db.execute(select(Store.zone, Store.currency).where(Store.store_id == store_id)).one()
    rows: list[ImportRow] = []
    firsts: dict[str, ImportRow] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            layout = _layout(file, format_name).with_changes(columns or {}, statuses or {})
            for row in read_rows(file, layout, store.zone, store.currency, region):
                if isinstance(row, ImportRow):
                    first = firsts.setdefault(row.external_id, row)
                    if first.starts_at == row.starts_at and first.staff == row.staff:
                        rows.append(row)
                        continue
                    row = BadRow(row.line, f"has the id of line {first.line}, which says something else")
                report.bad.append(row)
    except UnicodeDecodeError as error:
        raise FormatError(f"The file is not UTF-8 text (byte {error.start}). Save it as UTF-8 CSV.") from None
    except csv.Error as error:
        raise FormatError(f"The header is not readable as CSV: {error}.") from None
    tell("checked", len(rows), len(rows) + len(report.bad))
    catalogue = prepare_catalogue(store_id, IMPORTER, Needs.of(rows), create=not dry_run).facts["catalogue"]
    report.created = catalogue.created
    written = 0

    def write(batch: list[Draft]) -> Loaded:
        return import_batch(store_id, IMPORTER, batch, layout.name, flag_overlaps=flag_overlaps, dry_run=dry_run).facts["loaded"]

    def wrote(loaded: Loaded, count: int) -> None:
        nonlocal written
        written += count
        report.imported += loaded.imported
        report.known += loaded.known
        report.flagged += loaded.flagged
        report.bad += loaded.bad
        tell("would import" if dry_run else "imported", written, len(rows))

    # A dry run writes nothing a later batch could meet, so it looks at the whole file at once.
    write_in_lanes(rows, partial(drafts_of, catalogue=catalogue), write, wrote, two=at_once and not dry_run, size=max(1, len(rows)) if dry_run else BATCH)
    report.bad.sort(key=lambda bad: bad.line)
    return report


def _layout(file: TextIO, name: str | None):  # noqa: ANN202
    header = next(csv.reader([file.readline()]), [])
    file.seek(0)
    if not header:
        raise FormatError("The file is empty.")
    if name is not None and name not in FORMATS:
        raise FormatError(f"Unknown format {name!r}. Formats: {', '.join(FORMATS)}.")
    return FORMATS[name] if name else detect(header)
