"""The examples of docs/api.md, run by curl against the real application in the order they are printed; those of the OpenAPI document."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from shopify_app.api.door import OPERATIONS, PREFIX
from shopify_app.api.examples import EXAMPLES
from tests.api.conftest import ROWS
from tests.api.schema import problems_of
from tests.api.test_document import doc  # noqa: F401  (a fixture)

DOC = Path(__file__).parents[2] / "docs" / "api.md"
DAY = "2027-03-10"


class Quiet(WSGIRequestHandler):
    def log(self, *args: object) -> None:
        """Requests of a test are no news."""


@pytest.fixture
def address(app):
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="curl and bash are needed")
def test_every_example_of_the_page_works_as_printed(address, api, world, tmp_path):
    (tmp_path / "bookings.csv").write_text(ROWS)
    given = os.environ | {"API": address, "TOKEN": api.token, "SERVICE": str(world.service), "DAY": DAY, "START": f"{DAY}T15:00:00Z",
                          "LATER": "2027-03-11T15:00:00Z"}
    examples = re.findall(r"```sh\n(.*?)```", DOC.read_text(), re.S)
    answers = []
    for example in examples:
        done = subprocess.run(["bash", "-c", example], env=given, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (example, done.stdout, done.stderr)
        answers.append(json.loads(done.stdout))
        for name, key in (("REF", "ref"), ("IMPORT", "id")):
            if key in answers[-1] and ("bookings" in example.split("?")[0] if key == "ref" else "/imports" in example):
                given[name] = answers[-1][key]
    services, slots, booked, moved, back, cancelled, preview, patched, uploaded, checking, figures, trail, chain, hook, problem = answers
    assert [one["id"] for one in services["items"]] == [str(world.service)] and slots["days"]
    assert booked["ref"] == moved["ref"] == cancelled["ref"] and moved["starts_at"].startswith("2027-03-11") and cancelled["status"] == "cancelled"
    assert back["outcome"] == "full" and cancelled["refund"]["amount"] == back["amount"]["amount"] == 2500
    assert preview["lines"] and patched["policy"]["cancel"]["notice"] == "PT24H"
    assert (uploaded["state"], checking["state"], checking["filename"]) == ("mapping", "checking", "bookings.csv")
    assert figures["first"] == "2027-02-01" and trail["items"] and chain["broken_at"] is None and hook["secret"].startswith("whsec_")
    assert (problem["status"], problem["code"], problem["errors"][0]["field"]) == (422, "invalid", "starts_at")


def test_the_page_links_to_pages_that_are_there():
    for target in re.findall(r"\]\(([^)#]+)\)", DOC.read_text()):
        assert (DOC.parent / target).is_file(), target


def test_examples_of_the_document_fit_their_operations(doc):  # noqa: F811
    names = {op.name: op for op in OPERATIONS}
    assert set(EXAMPLES) <= set(names)
    for name, example in EXAMPLES.items():
        op = names[name]
        assert op.body is not None
        op.body.model_validate(example)
        content = doc["paths"][PREFIX + op.path][op.method.lower()]["requestBody"]["content"]["application/json"]
        assert content["example"] == example and problems_of(doc, content["schema"], example) == []


def test_writes_with_more_than_one_field_have_an_example():
    without = {op.name for op in OPERATIONS if op.body is not None and op.body.__module__.startswith("shopify_app")
               and len(op.body.model_fields) > 1 and op.name not in EXAMPLES}
    assert without == set()
