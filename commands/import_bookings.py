"""`import bookings`: from Acuity's export or our own format (docs/import.md)."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
from flask.cli import AppGroup
from phonenumbers import SUPPORTED_REGIONS

from booking.importing.formats import FORMATS, FormatError
from booking.importing.rows import BadRow
from booking.importing.run import Report, import_bookings
from commands.store import store_id_of

group = AppGroup("import", help="Data from elsewhere.")
SHOWN = 20


@group.command("bookings")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--store", "slug", required=True)
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@click.option("--format", "format_name", type=click.Choice(sorted(FORMATS)), help="Found by the columns unless given.")
@click.option("--map", "columns", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field.")
@click.option("--status", "statuses", multiple=True, metavar="LABEL=STATUS", help="What a label in the file means.")
@click.option("--region", help="Country of phone numbers without a country code, such as BR.")
@click.option("--overlaps", type=click.Choice(["refuse", "flag"]), default="refuse", help="Leave overlapping rows out, or take and flag them.")
@click.option("--errors", "errors_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every bad row's line and reason here.")
def bookings(file: Path, slug: str, dry_run: bool, format_name: str | None, columns: tuple[str, ...], statuses: tuple[str, ...],
             region: str | None, overlaps: str, errors_file: Path | None) -> None:
    """Import bookings from a CSV file. Run it again after mending rows: nothing is imported twice."""
    started = time.perf_counter()
    if region is not None and (region := region.upper()) not in SUPPORTED_REGIONS:
        raise click.ClickException(f"{region} is not a country such as BR.")
    if errors_file:
        _write_errors(errors_file, [])
    try:
        report = import_bookings(
            store_id_of(slug), file, format_name=format_name, columns=_pairs(columns), statuses=_pairs(statuses), region=region,
            flag_overlaps=overlaps == "flag", dry_run=dry_run, progress=_progress if sys.stderr.isatty() else None)
    except FormatError as error:
        raise click.ClickException(str(error)) from None
    _tell(report, time.perf_counter() - started)
    if errors_file:
        _write_errors(errors_file, report.bad)
    sys.exit(1 if report.bad and not report.imported and not report.known else 0)


def _write_errors(path: Path, bad: Sequence[BadRow]) -> None:
    """Before anything is imported too, so that a file that cannot be written is no surprise afterwards."""
    try:
        with path.open("w", encoding="utf-8", newline="") as written:
            csv.writer(written).writerows([("line", "reason"), *((row.line, row.reason) for row in bad)])
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}.") from None


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise click.ClickException(f"{text!r} must have the form NAME=VALUE.")
        pairs[name.strip()] = value.strip()
    return pairs


def _progress(step: str, done: int, of: int) -> None:
    click.echo(f"\r{step} {done} of {of} rows", err=True, nl=done == of)


def _tell(report: Report, seconds: float) -> None:
    verb = "Would import" if report.dry_run else "Imported"
    click.echo(f"{verb} {report.imported} bookings; {report.known} were there already; {len(report.bad)} rows are bad ({seconds:.1f} s).")
    for kind, count in report.created.items():
        extra = ", self-service off until you switch it on" if kind == "service" else ""
        click.echo(f"{'Would create' if report.dry_run else 'Created'} {count} {kind}{'' if kind == 'staff' or count == 1 else 's'}{extra}.")
    if report.flagged:
        click.echo(f"{report.flagged} overlap others and are on the conflicts list.")
    for bad in report.bad[:SHOWN]:
        click.echo(f"  line {bad.line}: {bad.reason}")
    if len(report.bad) > SHOWN:
        click.echo(f"  ... and {len(report.bad) - SHOWN} more (--errors FILE writes them all)")
