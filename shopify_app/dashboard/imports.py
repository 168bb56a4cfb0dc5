"""Import: upload a file, map its columns, see what would happen, watch it happen, download the rows left out (docs/import.md)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.imports import LARGEST, check_import, drop_import, start_import, upload_import
from booking.importing.formats import FIELDS
from booking.rules.decision import Refused
from booking.wording.problems import problem_text
from models.import_run import ImportRun
from models.session import reading
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.typed import Typed, must_be_id
from shopify_app.spreadsheets import csv_file, csv_line

SHOWN = 30
LABELS = {
    "id": "Id in the old system", "starts_at": "Start", "ends_at": "End", "duration_minutes": "Duration in minutes", "zone": "Time zone", "service": "Service",
    "staff": "Staff", "location": "Location", "name": "Customer's name", "first_name": "First name", "last_name": "Last name", "email": "E-mail", "phone": "Phone",
    "seats": "Seats", "price": "Price", "paid": "Paid", "status": "Status", "notes": "Notes", "booked_at": "Booked at"}
ELEMENTS = {"line": "Line", "reason": "Reason"}
"""Titles of the file with the rows left out, in this order."""

COUNTS = {"location": ("{n} location", "{n} locations"), "service": ("{n} service, its self-service off", "{n} services, their self-service off"),
          "staff": ("{n} person", "{n} people")}


@screen("/import", methods=("GET", "POST"))
def imports(visit: Visit) -> Any:
    if request.method == "GET":
        return _list(visit)
    typed, sent = Typed(visit.words), request.files.get("file")
    if sent is None or not sent.filename:
        return _list(visit, problems={"file": visit.words._("Please choose a file.")}, status=422)
    try:
        done = upload_import(visit.store_id, visit.actor, sent.filename.replace("\x00", ""), sent.stream.read(LARGEST + 1), user_id=visit.user.user_id)
    except Refused as refused:
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _list(visit, problems=typed.problems, status=422)
    return visit.go(f"/import/{(done.facts or {})['id']}")


@screen("/import/<int:run_id>", methods=("GET", "POST"))
def import_run(visit: Visit, run_id: int) -> Any:
    """One run as far as it is; POST maps the columns and has the file checked."""
    if request.method == "GET":
        return _show(visit, run_id)
    typed = Typed(visit.words)
    columns = {field: typed.form[f"c-{field}"] for field in FIELDS if typed.form.get(f"c-{field}")}
    try:
        check_import(visit.store_id, visit.actor, must_be_id(run_id), columns=columns, flag_overlaps=typed.flag("flag_overlaps"),
                     region=typed.text("region", 2).upper() or None)
    except Refused as refused:
        if refused.code == "closed":
            return _show(visit, run_id, status=409)
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _show(visit, run_id, fields=columns, problems=typed.problems, status=422)
    return visit.go(f"/import/{run_id}")


@screen("/import/<int:run_id>/start", methods=("POST",))
def begin_import(visit: Visit, run_id: int) -> Any:
    try:
        start_import(visit.store_id, visit.actor, must_be_id(run_id))
    except Refused as refused:
        if refused.code != "closed":
            raise
        return _show(visit, run_id, status=409)
    return visit.go(f"/import/{run_id}")


@screen("/import/<int:run_id>/remove", methods=("POST",))
def forget_import(visit: Visit, run_id: int) -> Any:
    try:
        drop_import(visit.store_id, visit.actor, must_be_id(run_id))
    except Refused as refused:
        if refused.code != "closed":
            raise
        return _show(visit, run_id, status=409)
    return visit.go("/import", done="removed")


@screen("/import/<int:run_id>/errors.csv")
def import_errors(visit: Visit, run_id: int) -> Any:
    """Line and reason of each row that was left out. Cells never begin like a formula: the file is opened in spreadsheets."""
    run, w = _row(visit, run_id), visit.words
    lines = (csv_line((line, problem_text(w, reason))) for line, reason in run.bad or ())
    return csv_file(w, ELEMENTS.values(), lines, f"import-{run.id}-errors.csv")


def _row(visit: Visit, run_id: int) -> Any:
    with reading(visit.store_id) as tx:
        run = tx.db.execute(select(*(c for c in ImportRun.__table__.c if c.name != "content")).where(
            ImportRun.store_id == tx.store_id, ImportRun.id == must_be_id(run_id))).one_or_none()
    if run is None:
        raise Refused("not_found")
    return run


def _show(visit: Visit, run_id: int, *, fields: dict[str, str] | None = None, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    run, _ = _row(visit, run_id), visit.words._
    busy = run.state in ("checking", "importing")
    return visit.show(
        "import_run.html", here="import", run=run, busy=busy, refresh=busy and request.method == "GET", bad=[(line, problem_text(visit.words, reason)) for line, reason in (run.bad or [])[:SHOWN]],
        problem=problem_text(visit.words, run.problem) if run.problem else None,
        fields=fields if fields is not None else run.columns["fields"], labels=[(field, _(LABELS[field])) for field in FIELDS],
        titles=[title.strip() for title in run.header], problems=problems or {}, status=status, counts=_counts(visit, run.report or {}))


def _counts(visit: Visit, report: dict[str, Any]) -> list[str]:
    """What was, or would be, created besides bookings."""
    w, created = visit.words, report.get("created") or {}
    return [w.ngettext(*COUNTS[kind], n).format(n=n) for kind, n in created.items() if n and kind in COUNTS]


def _list(visit: Visit, *, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    with reading(visit.store_id) as tx:
        rows = tx.db.execute(select(ImportRun.id, ImportRun.filename, ImportRun.state, ImportRun.created_at, ImportRun.report).where(
            ImportRun.store_id == tx.store_id).order_by(ImportRun.created_at.desc()).limit(50)).all()
    return visit.show("imports.html", here="import", problems=problems or {}, status=status,
                      rows=[(row, visit.words.when(row.created_at, visit.store.zone)) for row in rows])
