"""Answers whose time says nothing: each comes a whole number of steps after its request (I28, I36)."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

STEP = 0.25
"""Seconds. Longer than the slowest of these answers takes on a machine that is not overloaded, so that nearly all of them take one."""


def steady(answer: Callable[..., Any]) -> Callable[..., Any]:
    """For views that do more for an address, number or booking that is known than for one that is not. Only for such as are limited by
    source: the thread sleeps for the rest of the step, outside of any transaction."""

    @functools.wraps(answer)
    def run(*args: Any, **kwargs: Any) -> Any:
        started = time.monotonic()
        try:
            return answer(*args, **kwargs)
        finally:
            if STEP:
                time.sleep(STEP - (time.monotonic() - started) % STEP)

    return run
