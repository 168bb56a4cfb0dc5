"""One embedded PostgreSQL and Valkey for each test process, one migrated template, a fresh database for each module."""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.dont_write_bytecode:
    # Every process a test starts would compile the whole product and its libraries again, seconds each. So compiled files are kept
    # here too, but not beside the sources: whoever switched that off does not want them there.
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(Path(__file__).parents[1] / "var" / "pycache")
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": sys.pycache_prefix}

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from booking import keys, steady
from booking.rules.wall_time import use_packaged_zones
from migrations.upgrade import upgrade
from models.session import Database, use
from sandbox.postgres import Postgres
from sandbox.valkey import Valkey
from settings import Settings

use_packaged_zones()
steady.STEP = 0.0  # answers come as soon as they are ready; tests/access/test_steady.py has them wait


class Templates(BytecodeCache):
    """Compiled templates of this process. Every module makes the application anew; their sources stay the same."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = Flask.jinja_options | {"bytecode_cache": Templates()}


ROOM = 3 * 2**30
"""Bytes of memory that must be free for a server's data and its log."""


def pytest_collection() -> None:
    gc.disable()  # what is made now stays, and looking through it again and again takes a sixth of the time


def pytest_collection_finish() -> None:
    gc.enable()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with the longest tests first, so that no process ends up alone with one (pytest.ini keeps xdist from sorting by number)."""
    items.sort(key=lambda item: item.path.parent.name != "browser")


def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server's data lies: in memory where there is plenty, since a database for each module is first of all a thousand files."""
    memory, name = Path("/dev/shm"), f"opencals-test-{os.getpid()}-{secrets.token_hex(3)}"
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM and not os.statvfs(memory).f_flag & os.ST_NOEXEC:
        for left in memory.glob("opencals-test-*"):  # by a run that was killed; its server ends when it finds its files gone
            if not Path("/proc", left.name.split("-")[2]).exists():
                shutil.rmtree(left, ignore_errors=True)
        return memory / name
    # Outside the run's private directory: PostgreSQL may have to run as another user.
    return Path("/var/tmp") / name if os.geteuid() == 0 else tmp_path_factory.mktemp("pg")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory) -> Iterator[Postgres]:
    home = _home(tmp_path_factory)
    server = Postgres(home, fast=True)
    server.start()
    server.prepare("template_opencals")
    upgrade(server.url("opencals_owner", "template_opencals"))
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory) -> Iterator[str]:
    server = Valkey(tmp_path_factory.mktemp("valkey")).start()
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def database_name(postgres) -> Iterator[str]:
    name = f"t_{secrets.token_hex(5)}"
    postgres.prepare(name, template="template_opencals")
    yield name
    postgres.drop(name)


@pytest.fixture(scope="module")
def database_url(postgres, database_name) -> str:
    """As the app's role."""
    return postgres.url("opencals_app", database_name)


@pytest.fixture(scope="module")
def owner_url(postgres, database_name) -> str:
    """As the owner of the tables: for clocks and for switching guards off."""
    return postgres.url("opencals_owner", database_name)


@pytest.fixture(scope="module")
def settings(database_url, owner_url, redis_url) -> Settings:
    return Settings(
        database_url=database_url, owner_database_url=owner_url, redis_url=redis_url, smtp_url="smtp://127.0.0.1:9",
        secret_key="s" * 40, link_keys=(("k1", b"k" * 32),), base_domain="localhost", scheme="http", environment="test",
        sandbox_url="http://127.0.0.1:9", sms_url="http://127.0.0.1:9", sms_account="AC1", sms_token="t", sms_from="+15550100")


@pytest.fixture(scope="module")
def db(settings) -> Iterator[Database]:
    """The database in use by actions of this process."""
    keys.configure(settings)
    database = use(Database(settings.database_url))
    yield database
    database.engine.dispose()
