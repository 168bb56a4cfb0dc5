"""The PDF of a document, by typst: tagged for screen readers (PDF/UA-1), the same bytes each time."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).parent / "receipt.typ"
_one_at_a_time = threading.Lock()


def render(page: dict[str, Any], issued_at: datetime) -> bytes:
    """The PDF of `printed` lines. Where a name has signs no font here can show, the page is made without the accessibility
    mark rather than not at all."""
    from typst import TypstError  # loaded with the first document: 7 MiB that most processes never need

    inputs = {"data": json.dumps(page, ensure_ascii=False)}
    with _one_at_a_time:
        try:
            return _compiler().compile(sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=int(issued_at.timestamp()))
        except TypstError as error:
            if "could not be displayed" not in str(error):
                raise
            return _compiler().compile(sys_inputs=inputs, timestamp=int(issued_at.timestamp()))


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    """Made once: finding the fonts takes most of a second."""
    import typst

    return typst.Compiler(str(TEMPLATE))
