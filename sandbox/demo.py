"""`python3 dev.py demo`: the whole product on this machine, with two seeded shops, until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import httpx

from sandbox.parts import Parts
from sandbox.processes import Processes, start_all

READY_WITHIN = 180.0
"""Seconds a small or busy machine may take to start the processes."""


def main(argv: list[str]) -> int:
    started = time.monotonic()
    var = Path(os.environ.get("OPENCALS_VAR", "var"))
    var.mkdir(parents=True, exist_ok=True)
    if (other := _running(var)) is not None:
        print(f"A demo already runs in {var} (process {other}). Stop it, or set OPENCALS_VAR, PORT and SANDBOX_PORT.", file=sys.stderr)
        return 1
    (var / "demo.pid").write_text(str(os.getpid()))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parts, processes = Parts(var), None
    try:
        _say(started, "Starting PostgreSQL and Valkey")
        parts.start()
        _say(started, "Seeding two shops (once)" if not (var / "seeded.json").exists() else "Two shops are there already")
        stores = _seed(parts, var)
        _say(started, "Starting the sandbox, two web processes, a worker and the scheduler")
        processes = Processes(parts.var, parts.environment)
        start_all(processes)
        _wait_until_ready(parts, processes)
        _write_facts(parts, var, stores)
        _say(started, "Ready")
        _show(parts, stores)
        if "--tour" in argv:
            from sandbox.tour import tour

            return tour(json.loads((var / "demo.json").read_text()))
        while not stop.wait(0.5):
            if dead := processes.dead():
                print(f"\nThe {dead[0]} process has ended:\n{dead[1]}", file=sys.stderr)
                return 1
        return 0
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        (var / "demo.json").unlink(missing_ok=True)
        if processes:
            processes.stop()
        parts.stop()
        (var / "demo.pid").unlink(missing_ok=True)


def _running(var: Path) -> int | None:
    """The process id of a demo that runs in this place."""
    try:
        pid = int((var / "demo.pid").read_text())
        os.kill(pid, 0)
        return pid if pid != os.getpid() else None
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None


def _seed(parts: Parts, var: Path) -> dict:
    seeded = var / "seeded.json"
    if not seeded.exists():
        from sandbox.seed import seed
        from settings import Settings

        stores = seed(Settings.from_environment(parts.environment))
        seeded.write_text(json.dumps(stores))
        seeded.chmod(0o600)
    return json.loads(seeded.read_text())


def _wait_until_ready(parts: Parts, processes: Processes) -> None:
    url = f"http://127.0.0.1:{parts.environment['PORT']}/readyz"
    sandbox = f"{parts.environment['OPENCALS_SANDBOX']}/clock"
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if dead := processes.dead():
            raise RuntimeError(f"The {dead[0]} process has ended:\n{dead[1]}")
        try:
            if httpx.get(url).status_code == 200 and httpx.get(sandbox).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"The web process did not become ready; see {processes.logs}")


def _write_facts(parts: Parts, var: Path, stores: dict) -> None:
    port = parts.environment["PORT"]
    facts = {"ready": True, "portal": f"http://demo.localhost:{port}/account", "admin": f"http://demo.localhost:{port}/admin",
             "api": f"http://127.0.0.1:{port}", "sandbox": parts.environment["OPENCALS_SANDBOX"], "stores": stores}
    partial = var / "demo.json.part"
    partial.write_text(json.dumps(facts, indent=1))
    partial.chmod(0o600)
    partial.replace(var / "demo.json")


def _show(parts: Parts, stores: dict) -> None:
    port, sandbox = parts.environment["PORT"], parts.environment["OPENCALS_SANDBOX"]
    first = stores["demo"]["customers"][0]["email"]
    print(f"""
  Customers' portal   http://demo.localhost:{port}/account        sign in as {first}
  The second shop     http://demo-shop.localhost:{port}/account
  Book                http://demo.localhost:{port}/book
  Dashboard           http://demo.localhost:{port}/admin          sign in as maya.okafor@harborandpine.example
  Shopify admin       {sandbox}/shopify/admin         and a customer's account: /shopify/account
  Mail and SMS        {sandbox}/mail                  codes and confirmations arrive here
  Staff calendars     {sandbox}/calendars             what Google and Microsoft have of maya@
  Merchant API        http://127.0.0.1:{port}/api/merchant/v1     token in var/demo.json
  API document        http://127.0.0.1:{port}/api/openapi.json

  Ctrl-C stops everything.""", flush=True)


def _say(started: float, text: str) -> None:
    print(f"[{time.monotonic() - started:5.1f} s] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
