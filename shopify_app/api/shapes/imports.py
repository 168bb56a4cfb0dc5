"""Imports: a file on its way in, its columns, what was found in it (docs/import.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from booking.importing.formats import FIELDS
from models.import_run import STATES
from shopify_app.api.shapes.base import Flag, Shape

ImportField = Literal[FIELDS]  # type: ignore[valid-type]
ImportState = Literal[STATES]  # type: ignore[valid-type]
Column = Annotated[str, Field(min_length=1, max_length=200)]


class ImportCheck(Shape):
    """`columns` maps our fields to titles of the file; without it the mapping stays as it is. `region` is the country of phone numbers
    without a country code; `flag_overlaps` takes rows that overlap others and puts them on the conflicts list."""

    columns: dict[ImportField, Column] | None = None
    flag_overlaps: Flag = False
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None


class ImportProgress(Shape):
    done: int
    total: int


class ImportReport(Shape):
    """What a check would do, or an import did. `known` were there already; `created` counts new locations, services and staff."""

    imported: int
    known: int
    flagged: int
    created: dict[str, int]
    bad: int


class ImportOut(Shape):
    """`state` goes from mapping over checking to checked, and over importing to done; `problem` says why it failed. `columns` is the
    mapping in force, at first guessed from `header`."""

    id: str
    filename: str
    state: ImportState
    header: list[str]
    columns: dict[ImportField, str]
    flag_overlaps: bool
    region: str | None
    progress: ImportProgress
    report: ImportReport | None
    problem: str | None
    created_at: datetime
    finished_at: datetime | None


class BadRowOut(Shape):
    """A row that is, or would be, left out. The header is line 1."""

    line: int
    reason: str
