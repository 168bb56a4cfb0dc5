"""An import from the dashboard, step by step: file kept, columns mapped, checked, written, forgotten (docs/import.md)."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from booking.actions.action import Done, action
from booking.importing.formats import FIELDS, FORMATS, FormatError, detect
from booking.rules.decision import Refused
from models.base import new_id
from models.import_run import ImportRun
from models.session import Tx

LARGEST = 5 * 1024 * 1024
LEASE = timedelta(minutes=10)
CONTENT_KEPT, RUN_KEPT = timedelta(days=7), timedelta(days=90)
UNUSED = "\u2205"
"""Stands for "no column" in a mapping: no header is called that."""


@action
def upload_import(tx: Tx, filename: str, content: bytes, *, user_id: int | None = None) -> Done:
    """Keep the file and guess its columns. UTF-8 or Windows text, parted by commas, semicolons or tabs. `facts["id"]`."""
    text = _readable(content)
    header = next(csv.reader(StringIO(text)), [])
    if len(header) < 2 or len(header) > 200:
        raise Refused("invalid", errors=[{"field": "file", "problem": "has no header row with columns parted by commas"}])
    run_id = new_id()
    tx.db.execute(insert(ImportRun).values(
        store_id=tx.store_id, id=run_id, user_id=user_id, filename=filename[-200:] or "bookings.csv", content=text.encode(), state="mapping",
        header=header, columns=_guess(header), created_at=tx.now))
    tx.audit("upload_import", subject="import", subject_id=run_id)
    return Done(facts={"id": run_id})


@action
def check_import(tx: Tx, run_id: int, *, columns: dict[str, str], flag_overlaps: bool, region: str | None) -> Done:
    """Map our fields to columns and have a worker check the whole file without writing anything. Refused closed once it is running."""
    run = _locked(tx, run_id, "mapping", "checked", "failed")
    known = {title.strip() for title in run.header}
    if unknown := sorted({name for name in columns if name not in FIELDS} | {title for title in columns.values() if title not in known}):
        raise Refused("invalid", errors=[{"field": "columns", "problem": f"{unknown[0][:60]} is not in the file"}])
    layout = FORMATS[run.columns["format"]].with_changes({field: columns.get(field, UNUSED) for field in FIELDS}, {})
    try:
        layout.positions(run.header)
    except FormatError as error:
        raise Refused("invalid", errors=[{"field": "columns", "problem": str(error).removesuffix(" Map columns with --map field=Column.")}]) from None
    _write(tx, run_id, columns={"format": run.columns["format"], "fields": columns}, flag_overlaps=flag_overlaps, region=region, state="checking",
           report=None, bad=None, problem=None, done=0, total=0)
    tx.audit("check_import", subject="import", subject_id=run_id)
    return Done(facts={"id": run_id})


@action
def start_import(tx: Tx, run_id: int) -> Done:
    """Write what the check found good."""
    _locked(tx, run_id, "checked")
    _write(tx, run_id, state="importing", done=0)
    tx.audit("start_import", subject="import", subject_id=run_id)
    return Done(facts={"id": run_id})


@action
def drop_import(tx: Tx, run_id: int) -> Done:
    """Forget the file; what was imported stays."""
    _locked(tx, run_id, "mapping", "checked", "failed", "done")
    tx.db.execute(delete(ImportRun).where(ImportRun.store_id == tx.store_id, ImportRun.id == run_id))
    tx.audit("drop_import", subject="import", subject_id=run_id)
    return Done()


@action
def claim_import(tx: Tx) -> Done:
    """The next run that waits for a worker, leased to this one; `facts` is empty when there is none. A dead worker's comes back."""
    row = tx.db.execute(select(ImportRun).where(
        ImportRun.store_id == tx.store_id, ImportRun.state.in_(("checking", "importing")),
        or_(ImportRun.leased_until.is_(None), ImportRun.leased_until <= tx.now)).order_by(ImportRun.created_at).limit(1).with_for_update(
        skip_locked=True)).one_or_none()
    if row is None:
        return Done(facts={})
    _write(tx, row.id, leased_until=tx.now + LEASE)
    return Done(facts={"run": row})


@action
def note_progress(tx: Tx, run_id: int, done: int, total: int) -> Done:
    _write(tx, run_id, done=min(done, total), total=total, leased_until=tx.now + LEASE)
    return Done()


@action
def finish_import(tx: Tx, run_id: int, *, report: dict[str, Any] | None = None, bad: list[list[Any]] | None = None, problem: str | None = None) -> Done:
    """What came of the check, or of the import; then the file is forgotten: it holds personal data."""
    state = tx.db.execute(select(ImportRun.state).where(ImportRun.store_id == tx.store_id, ImportRun.id == run_id).with_for_update()).scalar()
    values: dict[str, Any] = {"leased_until": None, "report": report, "bad": bad, "problem": problem}
    if problem is not None:
        values["state"] = "failed"
    elif state == "checking":
        values["state"] = "checked"
    else:
        values |= {"state": "done", "content": None, "finished_at": tx.now}
    _write(tx, run_id, **values)
    return Done()


@action
def forget_imports(tx: Tx) -> Done:
    """Files nobody went on with, after a week; runs that are over, after three months."""
    tx.db.execute(delete(ImportRun).where(ImportRun.store_id == tx.store_id, ImportRun.state.in_(("mapping", "checked", "failed")),
                                          ImportRun.created_at < tx.now - CONTENT_KEPT))
    tx.db.execute(delete(ImportRun).where(ImportRun.store_id == tx.store_id, ImportRun.created_at < tx.now - RUN_KEPT))
    return Done()


def _readable(content: bytes) -> str:
    """The file as text with commas between its columns."""
    if len(content) > LARGEST:
        raise Refused("invalid", errors=[{"field": "file", "problem": "is larger than 5 MB; import it in parts, or by the command"}])
    if b"\x00" in content or not content.strip():
        raise Refused("invalid", errors=[{"field": "file", "problem": "is not a CSV file"}])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    first = text.splitlines()[0]
    parted_by = max(",;\t", key=first.count)
    if parted_by == ",":
        return text
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=parted_by))
    except csv.Error:
        raise Refused("invalid", errors=[{"field": "file", "problem": "is not a CSV file"}]) from None
    written = StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _guess(header: list[str]) -> dict[str, Any]:
    """A known format's columns, or those of our own names that stand in the header."""
    try:
        layout = detect(header)
    except FormatError:
        layout = FORMATS["opencals"]
    titles = {title.strip().lower(): title.strip() for title in header}
    return {"format": layout.name, "fields": {field: titles[title.lower()] for field, title in layout.columns.items() if title.lower() in titles}}


def _locked(tx: Tx, run_id: int, *states: str) -> Any:
    row = tx.db.execute(select(ImportRun.state, ImportRun.header, ImportRun.columns).where(
        ImportRun.store_id == tx.store_id, ImportRun.id == run_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    if row.state not in states:
        raise Refused("closed", import_state=row.state)
    return row


def _write(tx: Tx, run_id: int, **values: Any) -> None:
    tx.db.execute(update(ImportRun).where(ImportRun.store_id == tx.store_id, ImportRun.id == run_id).values(**values))
