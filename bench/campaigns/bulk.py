"""A shop with 100,000 customers installs the app, and the worker is killed half way: complete, nobody twice, in constant memory (I25, I26).

    python3 dev.py bench campaign bulk [NUMBER] [--kill]

Runs on servers of its own below OPENCALS_VAR, with a Shopify in this process and the product's own worker beside it. With `--kill`
the worker dies (SIGKILL) in the middle of reading the file, and the next one in the middle of applying it; each is followed by another.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from booking import keys
from booking.rules.wall_time import use_packaged_zones
from models.session import Database, use
from sandbox.parts import Parts
from sandbox.shopify.shop import Shop, number_of
from settings import Settings
from sync import queue
from tests.shopify.tokens import KEY, SECRET
from tests.shopify.world import Connected, serving

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS, TARGET_MIB = 3600, 120


def main(argv: list[str]) -> int:
    number = int(argv[0]) if argv and argv[0].isdecimal() else 100_000
    var = Path(os.environ.get("OPENCALS_VAR", "var")) / "bulk"
    shutil.rmtree(var, ignore_errors=True)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    parts = Parts(var).start()
    try:
        return _run(parts, number, kills=["reading", "applying"] if "--kill" in argv else [])
    finally:
        parts.stop()


def _run(parts: Parts, number: int, kills: list[str]) -> int:
    use_packaged_zones()
    settings = Settings.from_environment(parts.environment | {"SHOPIFY_API_KEY": KEY, "SHOPIFY_API_SECRET": SECRET})
    keys.configure(settings)
    use(Database(settings.database_url))
    with serving(settings) as over:
        store = Connected(over, parts.environment["OWNER_DATABASE_URL"])
        store.set_clock(None)
        over.shopify.now = lambda: datetime.now(UTC)
        store.connect()
        _crowd(store.shop, number)
        store.write("select shopify_mark('import', 'customers')")
        environment = os.environ | parts.environment | {
            "SHOPIFY_API_KEY": KEY, "SHOPIFY_API_SECRET": SECRET, "SHOPIFY_API_BASE": over.settings.shopify_api_base, "LOG_LEVEL": "ERROR",
            "MALLOC_ARENA_MAX": "2"}
        watch = Watch(store, settings, environment, number, kills)
        try:
            watch.until_done()
        finally:
            watch.stop()
        return watch.judge()


class Watch:
    """The worker of the moment, rung every second; its memory by what the import is doing, and the kills still to come."""

    def __init__(self, store: Connected, settings: Settings, environment: dict[str, str], number: int, kills: list[str]) -> None:
        self.store, self.settings, self.environment, self.number, self.kills = store, settings, environment, number, kills
        self.memory: dict[str, list[float]] = {}
        self.killed: list[str] = []
        self.started = time.monotonic()
        self.stopped = threading.Event()
        self.worker = self._start()
        threading.Thread(target=self._ring, daemon=True).start()

    def until_done(self) -> None:
        while time.monotonic() - self.started < PATIENCE_SECONDS:
            state, staged, left = self._progress()
            self.memory.setdefault(state, []).append(_resident(self.worker.pid))
            if state == "done":
                return
            half = staged >= self.number / 2 if state == "reading" else left <= self.number / 2
            if self.kills and state == self.kills[0] and half:
                self._kill(state, staged, left)
            time.sleep(0.25)

    def judge(self) -> int:
        [(state, come, different, left)] = self.store.sql(
            "select (select state from shopify_imports), count(*), count(distinct shopify_id), (select count(*) from shopify_staged) from customers where shopify_id is not null")
        [(broken,)] = self.store.sql("select broken_audit_chain()")
        whole = (state, come, different, left, broken) == ("done", self.number, self.number, 0, None)
        seconds = time.monotonic() - self.started
        print(f"{come:,} of {self.number:,} customers, {different:,} different, in {seconds:.0f} s; killed while {' and '.join(self.killed) or 'nothing'}: "
              f"{'complete, nobody twice' if whole else f'NOT whole: {state}, {left} lines left, audit chain {broken}'}")
        for name, sizes in self.memory.items():
            parts = [max(sizes[n * len(sizes) // 4:(n + 1) * len(sizes) // 4] or [0.0]) for n in range(4)]
            print(f"  worker while {name}: at most {max(sizes):.0f} MiB; by quarters {', '.join(f'{size:.0f}' for size in parts)}")
        most = max(max(sizes) for sizes in self.memory.values())
        print(f"  at most {most:.0f} MiB (target {TARGET_MIB})")
        return 0 if whole and most <= TARGET_MIB else 1

    def stop(self) -> None:
        self.stopped.set()
        self.worker.terminate()
        try:
            self.worker.wait(20)
        except subprocess.TimeoutExpired:
            self.worker.kill()

    def _progress(self) -> tuple[str, int, int]:
        rows = self.store.sql("select state, staged, (select count(*) from shopify_staged) from shopify_imports")
        return tuple(rows[0]) if rows else ("asked", 0, 0)

    def _kill(self, state: str, staged: int, left: int) -> None:
        os.kill(self.worker.pid, signal.SIGKILL)
        self.worker.wait()
        self.killed.append(f"{state} ({staged:,} staged)" if state == "reading" else f"{state} ({left:,} left)")
        print(f"killed while {self.killed[-1]}, after {time.monotonic() - self.started:.0f} s; its lease has to end first", flush=True)
        self.kills = self.kills[1:]
        self.worker = self._start()

    def _start(self) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-m", "worker"], cwd=ROOT, env=self.environment)

    def _ring(self) -> None:
        ring = queue.doorbell(self.settings.redis_url, "sync.jobs.sync_shopify")
        while not self.stopped.wait(1):
            ring(self.store.store_id)


def _crowd(shop: Shop, number: int) -> None:
    at = shop.instant()
    for n in range(number):
        made = shop.new("Customer")
        shop.customers[made] = {
            "id": made, "firstName": f"Guest {number_of(made)}", "lastName": "Example", "email": f"guest{n}@example.com", "phone": None, "locale": "en",
            "verifiedEmail": True, "state": "ENABLED", "tags": [], "note": None, "createdAt": at, "updatedAt": at}


def _resident(pid: int) -> float:
    """Resident memory in MiB, what is shared with others included."""
    try:
        words: list[Any] = Path(f"/proc/{pid}/statm").read_text().split()
        return int(words[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0
