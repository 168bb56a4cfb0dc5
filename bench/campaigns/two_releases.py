"""The release before runs on the newest schema, alone and beside this one (I71): `bench campaign two_releases [COMMIT]`.

Needs no demo: parts of its own, migrated and seeded by this release, then processes of the older one, taken out of git. Each round is
one customer's whole journey over HTTP (sign in, move, cancel with refund), its mails delivered by whichever worker runs. Without
COMMIT, the older release is the state just before the newest migration came.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from sandbox.files import free_port
from sandbox.parts import Parts
from sandbox.processes import Processes
from sandbox.seed import seed
from sandbox.tour import tour
from settings import Settings

ROOT = Path(__file__).parents[2]
ROUNDS = (("the older release alone", ("old",), "old"), ("the older pages, this release's worker", ("old",), "new"),
          ("this release's pages, the older worker", ("new",), "old"), ("both at once on one port", ("old", "new"), "old"))


def main(argv: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="opencals-two-releases-") as place:
        home = Path(place)
        home.chmod(0o755)
        older = argv[0] if argv else _before_newest_migration()
        _take_out(older, home / "old")
        newest = sorted(path.stem for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))[-1]
        print(f"Schema: {newest}. Older release: {_git('log', '-1', '--format=%h %s', older)}; its newest migration is "
              f"{sorted(path.stem for path in (home / 'old' / 'migrations' / 'versions').glob('[0-9]*.py'))[-1]}")
        os.environ |= {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        parts = Parts(home / "var")
        try:
            parts.start()
            stores = seed(Settings.from_environment(parts.environment))
            return _rounds(parts, {"old": home / "old", "new": ROOT}, stores)
        finally:
            parts.stop()


def _rounds(parts: Parts, homes: dict[str, Path], stores: dict) -> int:
    url, sandbox = f"http://127.0.0.1:{parts.environment['PORT']}", parts.environment["OPENCALS_SANDBOX"]
    facts = {"ready": True, "portal": f"http://demo.localhost:{parts.environment['PORT']}/account", "admin": f"{url}/admin", "api": url,
             "sandbox": sandbox, "stores": stores}
    towns = Processes(parts.var, parts.environment)
    towns.start("sandbox", "sandbox.server")
    failed = 0
    try:
        for name, webs, worker in ROUNDS:
            running = [_web(parts, homes[web]) for web in webs] + [_workers(parts, homes[worker])]
            try:
                _wait([*running, towns], f"{url}/healthz")
                status = httpx.get(f"{url}/readyz", timeout=30).status_code
                print(f"\n{name}: /readyz says {status}; the first mail leaves after {_delivered(facts):.1f} s")
                failed += tour(facts) != 0 or status != 200
                # The next round's sign-in must not meet the limit of codes (R7).
                httpx.post(f"{sandbox}/clock", json={"advance": "PT20M"}, timeout=30).raise_for_status()
            finally:
                for processes in running:
                    processes.stop()
    finally:
        towns.stop()
    print(f"\n{len(ROUNDS) - failed} of {len(ROUNDS)} rounds held")
    return 1 if failed else 0


def _web(parts: Parts, home: Path) -> Processes:
    processes = Processes(parts.var, parts.environment, home)
    processes.start("web", "gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{parts.environment['PORT']}", "--reuse-port", "--workers", "1",
                    "--graceful-timeout", "5", "--no-control-socket")
    return processes


def _workers(parts: Parts, home: Path) -> Processes:
    processes = Processes(parts.var, parts.environment, home)
    processes.start("worker", "flask", "--app", "app", "worker")
    processes.start("scheduler", "flask", "--app", "app", "scheduler")
    return processes


def _wait(running: Sequence[Processes], url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for processes in running:
            if dead := processes.dead():
                raise SystemExit(f"The {dead[0]} process has ended:\n{dead[1]}")
        try:
            if httpx.get(url, timeout=10).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise SystemExit("The web process did not answer")


def _delivered(facts: dict) -> float:
    """Have a manage link sent, and wait until the worker, which may still be starting, has delivered it: seconds."""
    store, started = facts["stores"]["demo"], time.monotonic()
    customer = store["customers"][1]
    address = {"to": customer["email"]}
    before = len(httpx.get(f"{facts['sandbox']}/mail.json", params=address, timeout=30).json())
    httpx.post(f"{facts['api']}/api/merchant/v1/bookings/{customer['bookings'][0]['ref']}/send-manage-link", json={}, timeout=30,
               headers={"Authorization": f"Bearer {store['merchant_token']}"}).raise_for_status()
    while len(httpx.get(f"{facts['sandbox']}/mail.json", params=address, timeout=30).json()) == before:
        if time.monotonic() > started + 120:
            raise SystemExit("The worker delivers nothing")
        time.sleep(0.2)
    return time.monotonic() - started


def _before_newest_migration() -> str:
    """The commit before the one that brought the newest migration."""
    newest = sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py"))[-1]
    added = _git("log", "--diff-filter=A", "--format=%H", "--", str(newest.relative_to(ROOT))).split()
    if not added:
        raise SystemExit(f"{newest.name} is in no commit: name the older release's commit")
    return f"{added[-1]}^"


def _take_out(commit: str, place: Path) -> None:
    place.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(place)], input=archive.stdout, check=True)


def _git(*argv: str) -> str:
    done = subprocess.run(["git", *argv], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        raise SystemExit("This campaign takes the older release out of git: run it in a clone.")
    return done.stdout.strip()
