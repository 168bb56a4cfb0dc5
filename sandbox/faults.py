"""Faults to order: the next N calls of a target fail in a chosen way (design 4.6)."""

from __future__ import annotations

import threading

TARGETS = ("smtp", "sms", "stripe", "shopify", "google", "microsoft")
MODES = ("timeout_after_effect", "timeout", "5xx", "throttled", "slow", "down")


class Faults:
    """What is ordered, by target. `take` uses one up. Thread-safe."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ordered: dict[str, tuple[str, int]] = {}

    def order(self, target: object, mode: object, times: object) -> None:
        """Raises ValueError in words for anything unknown."""
        if target not in TARGETS:
            raise ValueError(f"target must be one of {', '.join(TARGETS)}")
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}")
        if not isinstance(times, int) or isinstance(times, bool) or not 0 <= times <= 10**6:
            raise ValueError("times must be a whole number from 0 to 1000000")
        with self.lock:
            self.ordered[str(target)] = (str(mode), times)

    def take(self, target: str, *, but_not: tuple[str, ...] = ()) -> str | None:
        """The mode ordered for this call, used up; modes in `but_not` wait for a call they fit."""
        with self.lock:
            mode, times = self.ordered.get(target, ("", 0))
            if times <= 0 or mode in but_not:
                return None
            self.ordered[target] = (mode, times - 1)
            return mode

    def state(self) -> dict[str, dict[str, object]]:
        with self.lock:
            return {target: {"mode": mode, "times": times} for target, (mode, times) in self.ordered.items()}
