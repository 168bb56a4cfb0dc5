"""A shop with 100,000 customers installs the app: every one arrives once, in how long, with how much memory.

    python3 dev.py bench campaign first_import [NUMBER]

Runs against a running demo; the shop is the sandbox's empty one.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import httpx

from bench.campaigns import demo
from sandbox.shopify.seed import NEW_SHOP

PATIENCE_SECONDS = 1800


def main(argv: list[str]) -> int:
    facts, number = demo(), int(argv[0]) if argv else 100_000
    portal, sandbox = facts["api"], facts["sandbox"]
    httpx.post(f"{sandbox}/shopify/admin/{NEW_SHOP}/crowd", data={"number": number}, timeout=120)
    started, before = time.monotonic(), _memory()
    answer = httpx.post(f"{portal}/app/session", headers=_token(sandbox), timeout=30)
    answer.raise_for_status()
    most = before
    while time.monotonic() - started < PATIENCE_SECONDS:
        home = httpx.get(f"{portal}/api/merchant/v1/shopify", headers=_token(sandbox), timeout=30).json()
        most = max(most, _memory())
        if home["first_import"]["state"] == "done":
            break
        time.sleep(1)
    seconds = time.monotonic() - started
    read = home["first_import"]
    whole = read["state"] == "done" and read["read"] == read["expected"] >= number
    print(f"{read['read']:,} of {read['expected']:,} customers in {seconds:.0f} s ({read['read'] / seconds:,.0f} a second); "
          f"the worker grew from {before:.0f} to at most {most:.0f} MB")
    print("complete" if whole else f"NOT complete: {home}")
    return 0 if whole else 1


def _token(sandbox: str) -> dict[str, str]:
    token: dict[str, Any] = httpx.get(f"{sandbox}/shopify/admin/token", params={"shop": NEW_SHOP}, timeout=30).json()
    return {"Authorization": f"Bearer {token['token']}"}


def _memory() -> float:
    """Resident memory of the demo's worker in MB."""
    here = str(Path(os.environ.get("OPENCALS_VAR", "var")).resolve())
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "cmdline").read_bytes().split(b"\0")[-3:-1] == [b"-m", b"worker"] \
                    and f"OPENCALS_VAR={here}".encode() in (process / "environ").read_bytes():
                pages = int((process / "statm").read_text().split()[1])
                return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        except (OSError, ValueError):
            continue
    return 0.0
