"""A downloaded file as a spreadsheet reads it."""

from __future__ import annotations

import csv
import io

from werkzeug.test import TestResponse

MARK = b"\xef\xbb\xbf"


def cells(answer: TestResponse) -> list[list[str]]:
    """Every line; UTF-8 by its mark."""
    assert answer.mimetype == "text/csv" and answer.data.startswith(MARK) and answer.data.count(MARK) == 1
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def rows(answer: TestResponse) -> list[dict[str, str]]:
    """The lines by their titles."""
    titles, *lines = cells(answer)
    return [dict(zip(titles, line, strict=True)) for line in lines]
