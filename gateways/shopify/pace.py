"""The rate limit as Shopify tells it: points that refill. We wait for points instead of asking for a refusal (I26)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """One shop's bucket, as of the last answer. Safe for several threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self.clock, self.sleep = clock, sleep
        self.lock = threading.Lock()
        self.costs: dict[str, float] = {}
        self.flying = 0.0
        self.available, self.most, self.rate, self.at = 1000.0, 1000.0, 50.0, clock()

    def before(self, operation: str) -> float:
        """Reserve what the operation cost last time, waiting until the bucket holds it; the points, for `landed`."""
        with self.lock:
            cost = min(self.costs.get(operation, 10.0), self.most)
            self._refill()
            missing = cost - self.available
            self.available -= cost
            self.flying += cost
        if missing > 0:
            self.sleep(missing / self.rate)
        return cost

    def landed(self, cost: float) -> None:
        """The call is over, with or without an answer."""
        with self.lock:
            self.flying = max(0.0, self.flying - cost)

    def learn(self, operation: str, cost: dict | None) -> float:
        """Take over what an answer says; seconds until the requested cost is there."""
        status = (cost or {}).get("throttleStatus")
        if not status:
            return 0.0
        with self.lock:
            requested = float(cost.get("requestedQueryCost") or 0)
            self.costs[operation] = requested
            # What other calls under way have reserved, Shopify may not have counted yet.
            self.available, self.most = float(status["currentlyAvailable"]) - self.flying, float(status["maximumAvailable"])
            self.rate, self.at = max(float(status["restoreRate"]), 1.0), self.clock()
            return max(0.0, requested - self.available) / self.rate

    def _refill(self) -> None:
        now = self.clock()
        self.available = min(self.most, self.available + (now - self.at) * self.rate)
        self.at = now
