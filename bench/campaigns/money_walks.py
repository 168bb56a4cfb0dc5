"""Random lives of bookings and their money: whatever is done, in any order, it adds up, and what was shown is what happens (I2, A8).

    python3 dev.py bench campaign money_walks [NUMBER] [--from SEED]

The walks are the suite's own (tests/support/money_walks.py and visit_walks.py, one of each), longer ones. They run on a server of their
own below OPENCALS_VAR; a walk that fails is named by its seed and the others go on.
"""

from __future__ import annotations

import os
import shutil
import time
import traceback
from pathlib import Path

from booking import keys
from booking.rules.wall_time import use_packaged_zones
from migrations.upgrade import upgrade
from models.session import Database, use
from sandbox.postgres import Postgres
from settings import Settings
from tests.support.money_walks import Walk
from tests.support.visit_walks import SeriesWalk, VisitWalk
from tests.support.world import World

STEPS, OF_ONE_SHOP = 24, 50


def main(argv: list[str]) -> int:
    number = int(argv[0]) if argv and argv[0].isdecimal() else 1000
    first = int(argv[argv.index("--from") + 1]) if "--from" in argv else 0
    use_packaged_zones()
    home = Path(os.environ.get("OPENCALS_VAR", "var")) / "bench" / "money_walks"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    server = Postgres(home.resolve(), fast=True).start()
    try:
        return _play(server, range(first, first + number))
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _play(server: Postgres, seeds: range) -> int:
    server.prepare("opencals")
    owner = server.url("opencals_owner", "opencals")
    upgrade(owner)
    settings = Settings(
        database_url=server.url("opencals_app", "opencals"), redis_url="redis://127.0.0.1:9", smtp_url="smtp://127.0.0.1:9", secret_key="c" * 40,
        link_keys=(("k1", b"k" * 32),), base_domain="localhost", scheme="http", environment="test",
        stripe_secret_key="sk_live_none")  # what a card pays first is paid; nobody is asked for it
    keys.configure(settings)
    use(Database(settings.database_url))
    started, failed = time.monotonic(), []
    world: World | None = None
    for played, seed in enumerate(seeds):
        if world is None or played % OF_ONE_SHOP == 0:
            world = World(owner)  # a shop's list of messages grows, and every walk reads it
        try:
            for kind in (Walk, VisitWalk, SeriesWalk):
                kind(world, seed).walk(STEPS)
        except Exception:
            failed.append(seed)
            print(f"walk {seed} failed:\n{traceback.format_exc()[-3000:]}", flush=True)
    print(f"{len(seeds)} walks of {STEPS} steps in {time.monotonic() - started:.0f} s; failed: {failed or 'none'}")
    return 1 if failed else 0
