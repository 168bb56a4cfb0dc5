"""Files for spreadsheets: titles in the reader's language, cells that no spreadsheet takes for formulas.

Columns keep their order in every language and are only added at the end: whoever reads a file by a program goes by position, or takes
the API, whose names are the same everywhere (docs/exports.md).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from flask import Response

from booking.wording import Words

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MARK = "\ufeff"
"""By this mark spreadsheets know UTF-8; without it they take it for the text of an old Windows."""


def safe_cell(text: str) -> str:
    """A cell no spreadsheet takes for a formula: what begins like one gets an apostrophe before it."""
    return f"'{text}" if text[:1] in FORMULA else text


def csv_line(cells: Iterable[object]) -> str:
    """One line of a file; None is an empty cell."""
    made = io.StringIO()
    csv.writer(made).writerow(["" if cell is None else safe_cell(str(cell)) for cell in cells])
    return made.getvalue()


def csv_file(w: Words, titles: Iterable[str], lines: Iterator[str], name: str) -> Response:
    """A download: a line of `titles`, translated for the reader, then `lines` as they come."""
    def whole() -> Iterator[str]:
        yield MARK + csv_line(w._(title) for title in titles)
        yield from lines

    return Response(whole(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})
