"""The visit's cookie is believed because of its signature and its age, each time it comes (I45)."""

from __future__ import annotations

import pytest
from flask import Flask, session

from operation.sessions import Sessions

DAY = 86400


@pytest.fixture
def client():  # noqa: ANN201
    app = Flask("plain")
    app.secret_key, app.session_interface = "known here only", Sessions()

    @app.get("/keep/<word>")
    def keep(word: str) -> str:
        session["word"] = word
        return word

    @app.get("/kept")
    def kept() -> str:
        return session.get("word", "nothing")

    @app.get("/in/<languages>")
    def told(languages: str):  # noqa: ANN202
        return session.get("word", "nothing"), {"Vary": languages}

    @app.get("/alike")
    def alike() -> str:
        return "the same to all"

    @app.get("/forget")
    def forget() -> str:
        session.clear()
        return "forgotten"

    return app.test_client()


def kept(client, **cookie) -> str:
    if cookie:
        client.set_cookie("session", cookie["text"])
    return client.get("/kept").text


def test_what_one_request_writes_is_not_in_the_next_ones_old_cookie(client):
    client.get("/keep/first")
    first = client.get_cookie("session").value
    assert kept(client) == kept(client) == "first"
    client.get("/keep/second")
    assert kept(client) == "second"
    assert kept(client, text=first) == "first"


def test_an_altered_one_is_none(client):
    client.get("/keep/mine")
    text = client.get_cookie("session").value
    assert kept(client) == "mine"
    for place in range(len(text)):
        other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1:]
        if other[:-1] != text[:-1]:  # the last sign holds bits that say nothing
            assert kept(client, text=other) == "nothing", place
    assert kept(client, text="x" * 3_000) == kept(client, text="") == "nothing"


def test_it_ends_by_its_age_and_none_comes_from_the_future(client, monkeypatch):
    made = 1_800_000_000
    monkeypatch.setattr("time.time", lambda: made)
    client.get("/keep/mine")
    text = client.get_cookie("session").value
    for later, found in ((0, "mine"), (31 * DAY, "mine"), (31 * DAY + 1, "nothing"), (-1, "nothing"), (5, "mine")):
        monkeypatch.setattr("time.time", lambda: made + later)  # noqa: B023
        assert kept(client, text=text) == found, later


def test_caches_hear_of_every_answer_that_depends_on_it(client):
    client.get("/keep/mine")
    for path, vary in (("/kept", "Cookie"), ("/alike", None), ("/in/Accept-Language", "Accept-Language, Cookie"), ("/in/Cookie", "Cookie")):
        answer = client.get(path)
        assert (answer.headers.get("Vary"), answer.headers.get("Set-Cookie")) == (vary, None), path
    forgotten = client.get("/forget")
    assert forgotten.headers["Vary"] == "Cookie" and forgotten.headers["Set-Cookie"].startswith("session=;")
    assert kept(client) == "nothing"
