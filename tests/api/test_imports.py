"""Imports through the API: uploaded, mapped, checked, written, rows left out downloaded (A45, docs/import.md)."""

from __future__ import annotations

import csv
import io

import pytest

from booking.actions.imports import LARGEST
from sync.imports import run_due
from tests.api.conftest import ROWS, Api, imported, token_for
from tests.support.world import World


def test_a_file_comes_in_step_by_step(api, world):
    run = api.upload("/imports", ROWS, filename="old.csv")
    assert (run["filename"], run["state"], run["columns"]["staff"], run["report"]) == ("old.csv", "mapping", "staff", None)
    checking = api.post(f"/imports/{run['id']}/check", {"columns": run["columns"], "region": "US"}, status=202)
    assert (checking["state"], checking["region"]) == ("checking", "US")
    api.refused(409, "closed", "POST", f"/imports/{run['id']}/start", {})
    run_due(world.store_id)
    checked = api.get(f"/imports/{run['id']}")
    assert (checked["state"], checked["report"]["imported"], checked["report"]["bad"]) == ("checked", 1, 1)
    assert api.get("/bookings")["items"] == [], "a check writes nothing"
    assert api.post(f"/imports/{run['id']}/start", {}, status=202)["state"] == "importing"
    run_due(world.store_id)
    done = api.get(f"/imports/{run['id']}")
    assert (done["state"], done["progress"], done["finished_at"] is not None) == ("done", {"done": 1, "total": 1}, True)
    assert [b["customer"]["name"] for b in api.get("/bookings")["items"]] == ["Cleo Vance"]
    api.refused(409, "closed", "POST", f"/imports/{run['id']}/check", {})
    api.delete(f"/imports/{run['id']}")
    api.refused(404, "not_found", "GET", f"/imports/{run['id']}")
    assert len(api.get("/bookings")["items"]) == 1


def test_rows_left_out_in_pages_and_as_a_file_without_formulas(api, world):
    rows = ROWS + "".join(f"{n},2027-03-12 09:00,60,Massage,Elena Marsh,X,x@example.com,=1+{n}\n" for n in range(3, 6))
    run = imported(api, rows)
    first = api.get(f"/imports/{run['id']}/errors", limit=3)
    assert [one["line"] for one in first["items"]] == [3, 4, 5] and first["next"]
    assert [one["line"] for one in api.get(f"/imports/{run['id']}/errors", limit=3, cursor=first["next"])["items"]] == [6]
    file = list(csv.reader(io.StringIO(api.send("GET", f"/imports/{run['id']}/errors.csv").text)))
    assert file[0] == ["line", "reason"] and len(file) == 5
    assert not any(cell[:1] in "=+-@" for row in file for cell in row)


def test_the_same_upload_twice_is_one(api, world):
    first, again = (api.send("POST", "/imports", data=ROWS, content_type="text/csv", key="u1") for _ in range(2))
    assert first.json == again.json and first.status_code == again.status_code == 201 and len(api.get("/imports")["items"]) == 1
    other = api.send("POST", "/imports", data=ROWS + "\n", content_type="text/csv", key="u1")
    assert other.json["code"] == "idempotency_mismatch"


def test_pages_of_runs(api):
    made = [api.upload("/imports", ROWS, filename=f"{n}.csv")["id"] for n in range(3)]
    page = api.get("/imports", limit=2)
    rest = api.get("/imports", limit=2, cursor=page["next"])
    assert {one["id"] for one in [*page["items"], *rest["items"]]} == set(made) and rest["next"] is None


@pytest.mark.parametrize("content", [b"", b"\x00\x01,\x02", b"one column only\n", b"\xff\xfe"])
def test_what_is_no_table(api, content):
    assert api.refused(422, "invalid", "POST", "/imports", data=content, content_type="text/csv")["errors"][0]["field"] == "file"


def test_a_file_may_be_larger_than_a_form_but_not_any_size(api):
    big = ROWS + "9,2027-03-12 09:00,60,Massage,Elena Marsh,X,x@example.com,80\n" * 6_000
    assert len(big) > 256 * 1024
    api.upload("/imports", big)
    api.refused(422, "invalid", "POST", "/imports", data=b"a,b\n" + b"x" * LARGEST, content_type="text/csv")
    assert api.send("POST", "/imports", data=b"x" * (LARGEST + 2**21), content_type="text/csv").status_code == 413


def test_only_csv_and_only_columns_that_are_there(api):
    assert api.send("POST", "/imports", {"file": "x"}).status_code == 415
    run = api.upload("/imports", ROWS)
    api.refused(422, "invalid", "POST", f"/imports/{run['id']}/check", {"columns": {"starts_at": "Nope"}})
    api.refused(422, "invalid", "POST", f"/imports/{run['id']}/check", {"columns": {"colour": "id"}})
    api.refused(422, "invalid", "POST", f"/imports/{run['id']}/check", {"region": "usa"})
    assert api.get(f"/imports/{run['id']}")["state"] == "mapping"


def test_another_store_sees_nothing_of_it(app, api, owner_url):
    run = imported(api)
    stranger = Api(app.test_client(), token_for(World(owner_url)))
    assert stranger.get("/imports")["items"] == []
    for method, path in (("GET", ""), ("POST", "/check"), ("POST", "/start"), ("DELETE", ""), ("GET", "/errors"), ("GET", "/errors.csv")):
        stranger.refused(404, "not_found", method, f"/imports/{run['id']}{path}", {} if method == "POST" else None)
    cursor = api.get("/imports", limit=1)["next"]
    assert cursor is None and api.get(f"/imports/{run['id']}")["state"] == "checked"
