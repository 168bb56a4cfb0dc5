"""Feedback in the merchant API: list with averages, file, reply, publishing (R37, A42)."""

from __future__ import annotations

import csv
import io

import pytest

from booking.actions.leave_feedback import leave_feedback
from booking.actions.mark_booking import complete_booking
from tests.support.world import MERCHANT, at


@pytest.fixture
def given(world):
    """Three visits with feedback; ids newest first."""
    ids = []
    for hour, rating, comment in ((15, 5, "Lovely."), (16, 2, "=HYPERLINK(1)"), (17, 4, "")):
        b = world.book(at(10, hour))
        world.set_clock(b.ends_at)
        complete_booking(world.store_id, MERCHANT, b.ref)
        ids.insert(0, leave_feedback(world.store_id, world.customer(b), b.ref, rating=rating, comment=comment, publish=rating > 3).facts["id"])
    return [str(n) for n in ids]


def test_the_list_pages_filters_and_counts(api, world, given):
    first = api.get("/feedback", limit=2)
    rest = api.get("/feedback", limit=2, cursor=first["next"])
    assert [item["id"] for item in first["items"] + rest["items"]] == given and rest["next"] is None
    assert (first["averages"]["count"], first["averages"]["average"]) == (3, 3.67)
    assert [item["rating"] for item in api.get("/feedback", rating=2)["items"]] == [2]
    assert api.get("/feedback", staff=str(world.tom))["items"] == []
    api.refused(422, "invalid", "GET", "/feedback?rating=9")


def test_the_file_is_for_spreadsheets_and_runs_nothing(api, given):
    response = api.send("GET", "/feedback.csv")
    assert response.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["id"] for row in rows] == given and [row["comment"] for row in rows] == ["", "'=HYPERLINK(1)", "Lovely."]


def test_one_reply_and_publishing_with_the_tick_only(api, given):
    assert api.post(f"/feedback/{given[0]}/reply", {"text": "Thank you."}, status=200)["reply"] == "Thank you."
    api.refused(409, "not_allowed", "POST", f"/feedback/{given[0]}/reply", {"text": "More."})
    assert api.post(f"/feedback/{given[0]}/publish", {}, status=200)["published_at"]
    assert api.post(f"/feedback/{given[0]}/publish", {"published": False}, status=200)["published_at"] is None
    api.refused(409, "not_allowed", "POST", f"/feedback/{given[1]}/publish", {})
    api.refused(404, "not_found", "POST", "/feedback/1/publish", {})


def test_reminders_of_a_service_and_quiet_hours_of_the_store(api, world):
    service = f"/services/{world.service}"
    assert api.get(service)["reminders"] == ["PT24H", "PT2H"]
    assert api.patch(service, {"reminders": ["PT45M", "PT48H"]})["reminders"] == ["PT48H", "PT45M"]
    assert api.patch(service, {"reminders": []})["reminders"] == []
    for wrong in (["PT5M"], ["P1D"], ["PT400H"], ["soon"], ["PT1H", "PT2H", "PT3H", "PT4H", "PT5H"]):
        api.refused(422, "invalid", "PATCH", service, {"reminders": wrong})
    assert api.patch("/store", {"quiet_from": "20:30", "ask_feedback": False})["quiet_from"] == "20:30"
    api.refused(422, "invalid", "PATCH", "/store", {"quiet_from": "25:00"})
