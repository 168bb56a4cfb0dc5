"""Random lives of a store and its shop at Shopify: however both sides are edited and whatever the wire does, both end equal (I23-I26).

    python3 dev.py bench campaign histories [NUMBER] [--from SEED]

The model is the suite's own (tests/shopify/histories.py): edits on both sides, echoes, deliveries lost, doubled and in any order,
throttling, lost answers. Each history must end with equal sides, no newer edit lost, and no more writes than changes here. It runs
on servers of its own below OPENCALS_VAR; a history that fails is named by its seed and the others go on.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import time
from datetime import datetime
from pathlib import Path

import psycopg

from app import create_app
from booking import keys
from booking.rules.wall_time import use_packaged_zones
from gateways.shopify import admin
from models.session import Database, use
from sandbox.parts import Parts
from settings import Settings
from tests.shopify.histories import History
from tests.shopify.world import Connected, serving


class Lasting(Connected):
    """Sets the clock over one connection: a thousand histories set it fifty thousand times."""

    owner: psycopg.Connection

    def set_clock(self, now: datetime | None) -> None:
        self.now = now
        self.owner.execute(f"create or replace function opencals_now() returns timestamptz language sql stable as $$ select timestamptz '{now}' $$")


def main(argv: list[str]) -> int:
    number = int(argv[0]) if argv and argv[0].isdecimal() else 1000
    first = int(argv[argv.index("--from") + 1]) if "--from" in argv else 0
    var = Path(os.environ.get("OPENCALS_VAR", "var")) / "histories"
    shutil.rmtree(var, ignore_errors=True)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    # Waiting out a throttle is for the throughput campaign.
    admin.LONGEST_WAIT_SECONDS = 0.0
    parts = Parts(var).start()
    try:
        return _play(parts, range(first, first + number))
    finally:
        parts.stop()


def _play(parts: Parts, seeds: range) -> int:
    use_packaged_zones()
    settings = dataclasses.replace(Settings.from_environment(parts.environment | {"LOG_LEVEL": "ERROR"}), sms_url=None)
    keys.configure(settings)
    started, failed, writes, changes, calls = time.monotonic(), [], 0, 0, 0
    with serving(settings) as over:
        app = create_app(over.settings)
        logging.disable(logging.CRITICAL)
        use(Database(settings.database_url))
        Lasting.owner = psycopg.connect(parts.environment["OWNER_DATABASE_URL"].replace("+psycopg", ""), autocommit=True)
        for played, seed in enumerate(seeds, 1):
            history = History(Lasting(over, parts.environment["OWNER_DATABASE_URL"]), app, seed)
            try:
                history.run()
                history.check()
            except Exception as error:
                failed.append(seed)
                print(f"seed {seed}: {type(error).__name__} {str(error)[:300]}", flush=True)
            writes, changes, calls = writes + history.effective_writes(), changes + history.changes, calls + len(history.store.calls())
            if played % 50 == 0 or played == len(seeds):
                seconds = time.monotonic() - started
                print(f"{played} histories in {seconds:.0f} s ({seconds / played:.2f} s each): {len(failed)} failed; {changes:,} changes here, "
                      f"{writes:,} writes there, {calls:,} calls", flush=True)
    print("both sides equal in all of them" if not failed else f"FAILED seeds: {failed}", flush=True)
    return 1 if failed or writes > changes else 0
