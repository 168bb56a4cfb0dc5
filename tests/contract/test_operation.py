"""Health, readiness, figures and logs, as whoever runs the product sees them (design 4.7, I21, I45, I65)."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from models import session
from models.session import Database, database
from operation.lines import FIELDS, JsonLines, mask
from sandbox import server
from tests.api.conftest import token_for
from tests.storefront.visitor import Visitor, link
from tests.support.world import World, at

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def app(settings):
    yield create_app(settings)
    database().engine.dispose()


@pytest.fixture
def world(app, owner_url):
    return World(owner_url)


@pytest.fixture
def away(monkeypatch):
    monkeypatch.setattr(session, "_database", Database("postgresql+psycopg://opencals_app@127.0.0.1:1/none"))


def get(app, path):
    """As a load balancer asks: by address, without a store's host."""
    return app.test_client().get(path, base_url="http://10.0.0.7:8000")


def test_ready_names_every_part(app):
    answer = get(app, "/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
    assert set(answer.json["checks"]) == {"PostgreSQL", "Redis", "migrations", "zone data"}


@pytest.mark.parametrize("found,status", [("0001", 503), ("0021", 503), ("0999_of_the_next_release", 200)])
def test_it_stays_ready_while_the_next_release_moves_in(app, owner_url, found, status):
    """I71: the next release's migrations run first; this one serves on. Migrations of its own that are missing are another thing."""
    def version(number: str) -> str:
        with psycopg.connect(owner_url.replace("+psycopg", "")) as owner:
            was = owner.execute("select version_num from alembic_version").fetchone()[0]
            owner.execute("update alembic_version set version_num = %s", (number,))
            return was

    newest = version(found)
    try:
        assert get(app, "/readyz").status_code == status
    finally:
        version(newest)


def test_without_redis_it_is_ready_but_says_so(settings, world):
    answer = get(create_app(replace(settings, redis_url="redis://127.0.0.1:1")), "/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded") and "Start Redis" in answer.json["checks"]["Redis"]


def test_nothing_is_connected_before_the_fork(settings, monkeypatch):
    """Web workers are forked from the loaded application (gunicorn.conf.py): two of them on one connection would mix their answers."""
    def connect(*_):
        raise AssertionError("something was connected while the application was made")

    monkeypatch.setattr("socket.socket.connect", connect)
    create_app(settings)
    assert database().engine.pool.checkedin() == database().engine.pool.checkedout() == 0


def test_without_its_database_it_lives_but_is_not_ready(app, away):
    assert (get(app, "/healthz").status_code, get(app, "/healthz").json) == (200, {"status": "ok"})
    answer = get(app, "/readyz")
    assert (answer.status_code, answer.json["status"]) == (503, "not ready")


def test_without_its_database_every_door_says_wait(app, world, away):
    host = f"http://{world.slug}.localhost"
    for path, base in (("/account", host), ("/book", host), ("/admin", host), ("/api/merchant/v1/store", "http://api.localhost")):
        answer = app.test_client().get(path, base_url=base, headers={"Authorization": "Bearer oc_aaaaaaaaaaaa_" + "x" * 43})
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, path


def test_figures_are_readable_and_name_nobody(app, world):
    world.book(at(10, 15))
    visitor = Visitor(app, world)
    visitor.get(link(world.book(at(11, 15))))
    answer = get(app, "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {"opencals_requests", "opencals_request_seconds", "opencals_outbox_due", "opencals_outbox_oldest_seconds"} <= set(families)
    routes = {sample.labels["route"] for sample in families["opencals_requests"].samples}
    assert "/manage/<ref>" in routes and not any("token=" in route or "?" in route for route in routes)
    assert families["opencals_outbox_due"].samples[0].value >= 2 and "ada@example.com" not in answer.text


@pytest.fixture
def lines():
    """What this process writes to its log, in production's form."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def test_logs_are_json_with_a_short_list_of_fields_and_no_secrets(app, world, lines, monkeypatch):
    b = world.book(at(10, 15))
    token, visitor = token_for(world), Visitor(app, world)
    visitor.get(link(b))
    visitor.sign_in()
    secret = link(b).partition("token=")[2]

    def broken():
        raise RuntimeError(f"at /manage?token={secret} for ada@example.com")

    monkeypatch.setitem(app.view_functions, "storefront.account", broken)
    assert visitor.client.get("/account", base_url=visitor.origin).status_code == 500
    app.test_client().get("/api/merchant/v1/store", base_url="http://api.localhost", headers={"Authorization": f"Bearer {token}"})
    logging.getLogger("opencals.x").error("odd: Bearer %s for ada@example.com, code 123456 at /manage?token=%s", token, secret)
    read = [json.loads(line) for line in lines]
    assert {"time", "level", "logger", "message"} <= set(read[0]) and any(line.get("route") == "/manage/<ref>" for line in read)
    assert any("RuntimeError" in line.get("exception", "") for line in read)
    assert all(set(line) <= {"time", "level", "logger", "message", "exception", *FIELDS} for line in read)
    everything = "\n".join(lines)
    for canary in (secret, token, "ada@example.com", "123456", visitor.code("ada@example.com"), "Ada Archer"):
        assert canary not in everything, canary


def test_masking_takes_what_is_secret_and_leaves_the_rest():
    text = mask("GET /manage/x?token=k1.abcDEF-_9 Authorization: Bearer oc_abc_DEF.x code=654321 to bea.b+x@mail.example.com at 12:30, 3 tries")
    assert "abcDEF" not in text and "DEF.x" not in text and "654321" not in text and "bea" not in text and "12:30, 3 tries" in text


def test_the_commands_of_production_are_there(app):
    found = {name for name in app.cli.commands} | {f"{group} {name}" for group, commands in app.cli.commands.items() for name in getattr(commands, "commands", {})}
    assert {"db upgrade", "worker", "scheduler", "store create", "token create", "import bookings", "doctor"} <= found
    options = {option for parameter in app.cli.commands["import"].commands["bookings"].params for option in parameter.opts}
    assert {"--store", "--dry-run"} <= options and {"--store"} <= {o for p in app.cli.commands["token"].commands["create"].params for o in p.opts}


def test_dev_py_lists_its_targets_and_refuses_others():
    told = subprocess.run([sys.executable, "dev.py", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("demo ", "demo --tour", "test ", "bench ", "flask ", "help ", "PORT (8000), SANDBOX_PORT (8001) and OPENCALS_VAR (var/)"):
        assert target in told, target
    wrong = subprocess.run([sys.executable, "dev.py", "deploy"], cwd=ROOT, capture_output=True, text=True)
    assert wrong.returncode == 2 and "deploy" in wrong.stderr


def test_the_sandbox_does_not_start_with_production_settings(monkeypatch):
    """As a process where production asks for it by mistake; where nothing asks for it, the same in this one."""
    environment = {"ENVIRONMENT": "production", "OPENCALS_SANDBOX": "http://127.0.0.1:1"}
    command = [sys.executable, *(["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []), "-m", "sandbox.server"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=30)
    assert done.returncode != 0 and "production" in done.stderr
    for name in ("ENVIRONMENT", "OPENCALS_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit, match="production"):
        server.main()
