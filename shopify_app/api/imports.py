"""Imports, step by step as on their screen: upload, map and check, look, write, rows left out (docs/import.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from sqlalchemy import select, tuple_

from booking.actions.imports import check_import, drop_import, start_import, upload_import
from booking.rules.decision import Refused
from models.import_run import ImportRun as R
from models.session import Tx, reading
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation
from shopify_app.api.shapes import imports as s
from shopify_app.api.shapes.base import Csv, Listing, Nothing
from shopify_app.api.shapes.bookings import EmptyIn
from shopify_app.spreadsheets import csv_line

_RUNS = select(*(column for column in R.__table__.c if column.name not in ("content", "bad")))


def _out(row: Any) -> s.ImportOut:
    return s.ImportOut(
        id=str(row.id), filename=row.filename, state=row.state, header=row.header, columns=row.columns["fields"], flag_overlaps=row.flag_overlaps,
        region=row.region, progress={"done": row.done, "total": row.total}, report=row.report, problem=row.problem, created_at=row.created_at,
        finished_at=row.finished_at)


def _one(tx: Tx, run_id: int) -> s.ImportOut:
    row = tx.db.execute(_RUNS.where(R.store_id == tx.store_id, R.id == run_id)).one_or_none()
    if row is None:
        raise Refused("not_found")
    return _out(row)


@operation("GET", "/imports", summary="Files on their way in and what became of them, latest first", query=PAGING, answer=Listing[s.ImportOut])
def list_imports(call: Call) -> Any:
    limit, position = call.limit(), call.position("imports")
    statement = _RUNS.where(R.store_id == call.store_id).order_by(R.created_at.desc(), R.id.desc()).limit(limit + 1)
    if position is not None:
        statement = statement.where(tuple_(R.created_at, R.id) < (datetime.fromisoformat(position[0]), position[1]))
    with reading(call.store_id) as tx:
        rows = tx.db.execute(statement).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": [_out(row) for row in rows[:limit]],
            "next": None if last is None else call.next("imports", [last.created_at.isoformat(), last.id])}


@operation("POST", "/imports", summary="Upload a CSV file of bookings, at most 5 MB; its columns are guessed", body=Csv, answer=s.ImportOut, status=201,
           query={"filename": "how the file is called in lists"})
def post_import(call: Call) -> Any:
    by = call.actor
    return call.act(upload_import, call.query.get("filename", "bookings.csv"), call.body, user_id=by.id if by.kind == "user" else None,
                    show=lambda tx, done: _one(tx, (done.facts or {})["id"]))


@operation("GET", "/imports/{id}", summary="An import as far as it is", answer=s.ImportOut)
def get_import(call: Call, id: str) -> Any:
    with reading(call.store_id) as tx:
        return _one(tx, number(id))


@operation("POST", "/imports/{id}/check", summary="Map the columns and have the whole file checked; nothing is written", body=s.ImportCheck,
           answer=s.ImportOut, status=202)
def post_import_check(call: Call, id: str) -> Any:
    run_id, b = number(id), call.body
    columns = b.columns
    if columns is None:
        with reading(call.store_id) as tx:
            columns = _one(tx, run_id).columns
    return call.act(check_import, run_id, columns=dict(columns), flag_overlaps=b.flag_overlaps, region=b.region,
                    show=lambda tx, done: _one(tx, run_id))


@operation("POST", "/imports/{id}/start", summary="Write the rows the check found good", body=EmptyIn, answer=s.ImportOut, status=202)
def post_import_start(call: Call, id: str) -> Any:
    run_id = number(id)
    return call.act(start_import, run_id, show=lambda tx, done: _one(tx, run_id))


@operation("DELETE", "/imports/{id}", summary="Forget the file; what was imported stays", answer=Nothing)
def delete_import(call: Call, id: str) -> None:
    call.act(drop_import, number(id), show=lambda tx, done: None)


@operation("GET", "/imports/{id}/errors", summary="Rows left out, by line, with the reason", query=PAGING, answer=Listing[s.BadRowOut])
def list_import_errors(call: Call, id: str) -> Any:
    limit, position = call.limit(), call.position(f"import-errors:{id}")
    first = position[0] if position else 0
    rows = _bad(call, id)
    return {"items": [s.BadRowOut(line=line, reason=reason) for line, reason in rows[first:first + limit]],
            "next": call.next(f"import-errors:{id}", [first + limit]) if len(rows) > first + limit else None}


@operation("GET", "/imports/{id}/errors.csv", summary="The same as a file for spreadsheets", answer=Csv)
def export_import_errors(call: Call, id: str) -> Response:
    return Response("".join(map(csv_line, [("line", "reason"), *_bad(call, id)])), mimetype="text/csv")


def _bad(call: Call, run_id: str) -> list[list[Any]]:
    with reading(call.store_id) as tx:
        row = tx.db.execute(select(R.bad).where(R.store_id == tx.store_id, R.id == number(run_id))).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row.bad or []
