"""Files for spreadsheets: lines of CSV whose cells no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """A cell no spreadsheet takes for a formula: what begins like one gets an apostrophe before it."""
    return f"'{text}" if text[:1] in FORMULA else text


def csv_line(cells: Iterable[object]) -> str:
    """One line of a file; None is an empty cell."""
    made = io.StringIO()
    csv.writer(made).writerow(["" if cell is None else safe_cell(str(cell)) for cell in cells])
    return made.getvalue()
