"""How much of the rate limit the sync uses: a shop full of changed customers against the sandbox's bucket (I26).

    python3 dev.py bench campaign throughput [NUMBER]

The Standard plan (2,000 points, 100 a second) and answers after 150 ms, all of it five times slower, so that the limit and not this
machine decides. The ceiling is the bucket and what came back into it while the work ran; at least 90 % of it must be used, with no
more than one refusal in a hundred calls.
"""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from booking import keys
from booking.actions.customers import create_customer
from booking.actions.people import Person
from booking.rules.wall_time import use_packaged_zones
from gateways.shopify import admin
from models.session import Database, use
from sandbox.parts import Parts
from sandbox.shopify import graph
from settings import Settings
from tests.shopify.world import Connected, serving
from tests.support.world import MERCHANT

SLOWER = 5
POINTS, RATE, ANSWERS_AFTER = 2000 // SLOWER, 100 // SLOWER, 0.15 * SLOWER
LEAST_SHARE, MOST_THROTTLED = 0.9, 0.01


def main(argv: list[str]) -> int:
    number = int(argv[0]) if argv and argv[0].isdecimal() else 200
    var = Path(os.environ.get("OPENCALS_VAR", "var")) / "throughput"
    shutil.rmtree(var, ignore_errors=True)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    parts = Parts(var).start()
    try:
        return _run(parts, number)
    finally:
        parts.stop()


def _run(parts: Parts, number: int) -> int:
    use_packaged_zones()
    settings = Settings.from_environment(parts.environment | {"LOG_LEVEL": "ERROR"})
    keys.configure(settings)
    use(Database(settings.database_url))
    post = admin.post

    def far_away(*given: Any) -> Any:
        answer = post(*given)
        time.sleep(ANSWERS_AFTER)
        return answer

    with serving(settings) as over:
        store = Connected(over, parts.environment["OWNER_DATABASE_URL"])
        store.set_clock(None)
        over.shopify.now = lambda: datetime.now(UTC)
        store.connect()
        store.write("delete from shopify_due")
        for n in range(number):
            create_customer(store.store_id, MERCHANT, Person(f"Guest {n}", f"guest{n}@example.com", ""))
        over.shopify.buckets[store.shop.domain] = graph.Bucket(POINTS, RATE)
        admin.post = far_away
        started = time.monotonic()
        while store.due():
            store.sync()
        seconds = time.monotonic() - started
    calls = store.calls()
    throttled = sum(call["throttled"] for call in calls)
    used, ceiling = sum(call["cost"] or 0 for call in calls if not call["throttled"]), POINTS + RATE * seconds
    equal = len(store.shop.customers) == number
    print(f"{number} customers made over there in {seconds:.0f} s: {len(calls):,} calls, {used:,} of {ceiling:,.0f} points ({used / ceiling:.1%} of the "
          f"ceiling), {throttled} throttled{'' if equal else '; NOT all of them'}")
    return 0 if equal and used / ceiling >= LEAST_SHARE and throttled <= MOST_THROTTLED * len(calls) else 1
