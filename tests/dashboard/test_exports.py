"""Files for spreadsheets in the reader's language: titles and words, the same order of columns, no formula (A41, A42, I63, R46)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.imports import check_import, upload_import
from booking.actions.leave_feedback import leave_feedback
from booking.wording import SHIPPED, words_for
from models.actor import SYSTEM
from shopify_app.dashboard import audit, bookings, feedback, imports
from sync.imports import run_due
from tests.dashboard import exports
from tests.support.world import MERCHANT, at

COLUMNS = {"bookings": bookings.LABELS, "audit": audit.LABELS, "feedback": feedback.LABELS}
STABLE = {
    "bookings": "ref status date start end zone service staff location customer email phone seats price paid refunded refund_owed currency conflict booked_at",
    "audit": "number at actor actor_name role channel action allowed subject subject_id booking before after facts hash",
    "feedback": "date rating comment customer service staff booking reply published"}


@pytest.fixture
def full(world):
    """A booking cancelled, one visited and praised, and an import with a row left out."""
    gone = world.book(at(10, 15))
    cancel_booking(world.store_id, MERCHANT, gone.ref)
    visit = world.book(world.now - timedelta(hours=30), email="=cmd@example.com", override=True)
    leave_feedback(world.store_id, world.customer(visit), visit.ref, rating=5, comment="=1+1")
    run = upload_import(world.store_id, SYSTEM, "a.csv", b"starts_at,duration_minutes,service,staff,name\n=x,60,=A1,Elena Marsh,Ada\n").facts["id"]
    check_import(world.store_id, SYSTEM, run, columns={name: name for name in ("starts_at", "duration_minutes", "service", "staff", "name")},
                 flag_overlaps=False, region=None)
    run_due(world.store_id)
    return run


@pytest.mark.parametrize("language", SHIPPED)
def test_titles_and_words_are_the_readers_and_columns_keep_their_order(manager, full, language):
    manager.fill("/profile", locale=language)
    w = words_for(language)
    files = {name: exports.cells(manager.get(f"/admin/{name}.csv?when=all")) for name in COLUMNS}
    for name, columns in COLUMNS.items():
        assert " ".join(columns) == STABLE[name], "columns are only added at the end (docs/exports.md)"
        assert files[name][0] == [w._(title) for title in columns.values()] and len(set(files[name][0])) == len(columns)
        assert len(files[name]) > 1 and not any(cell[:1] in ("=", "+", "-", "@") for line in files[name] for cell in line if cell), name
    assert {line[1] for line in files["bookings"][1:]} >= {w.status("cancelled")}
    assert {line[6] for line in files["audit"][1:]} >= {w._("Cancelled")} and {line[7] for line in files["audit"][1:]} == {w._("yes")}
    errors = exports.cells(manager.get(f"/admin/import/{full}/errors.csv"))
    assert errors[0] == [w._(title) for title in imports.ELEMENTS.values()] and errors[1][0] == "2"
    if language == "de":
        assert files["bookings"][0][:4] == ["Buchungsnummer", "Status", "Datum", "Beginn"] and errors[0] == ["Zeile", "Grund"]


def test_files_for_programs_keep_their_names(manager, full):
    manager.fill("/profile", locale="ar")
    entry = manager.get("/admin/audit.json").json[0]
    assert " ".join(entry) == STABLE["audit"]
