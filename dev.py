#!/usr/bin/env python3
"""One command for everything, from a bare checkout: python3 dev.py help. Standard library only; Python 3.11 or newer."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements-dev.lock"
BUILD = ROOT / "build-constraints.txt"
UV = "uv==0.13.8"
NO_NODE = 3
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSER = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

HELP = """python3 dev.py TARGET

  demo            everything on this machine: PostgreSQL, Valkey, two seeded shops, web, worker, mailbox; until Ctrl-C
  demo --tour     the same start, then one customer's journey over HTTP, step by step; exit status 0 when all held
  test [ARGS]     set-up, then every test, the Shopify extensions' too (ARGS go to pytest alone)
  bench [ARGS]    the benchmark suite: a table with ratios, and var/bench/latest.json
  flask COMMAND   a command against the running demo, such as: flask doctor
  help            this list

PORT (8000), SANDBOX_PORT (8001) and OPENCALS_VAR (var/) move a demo aside, so that several can run at once."""


def main(argv: list[str]) -> int:
    target, rest = (argv[0] if argv else "help"), argv[1:]
    if target in ("help", "-h", "--help"):
        print(HELP)
        return 0
    modules = {"demo": "sandbox.demo", "bench": "bench", "flask": "sandbox.command"}
    if target not in (*modules, "test"):
        print(f"There is no target {target!r}.\n\n{HELP}", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    python = str(set_up())
    if target == "test":
        return test(python, rest)
    if target == "demo" and extensions("build") != 0:
        print("The Shopify account page of the sandbox stays empty; everything else works.", file=sys.stderr)
    os.execv(python, [python, "-m", modules[target], *rest])


def set_up() -> Path:
    """The environment in .venv, as the lock file says; made anew when the lock or the Python changed, or when half made."""
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    python, stamp = VENV / "bin" / "python", VENV / ".complete"
    wanted = hashlib.sha256(LOCK.read_bytes() + BUILD.read_bytes() + sys.version.encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    started = time.monotonic()
    say(started, "Making the Python environment (.venv)")
    uv = shutil.which("uv")
    if uv:
        run(uv, "venv", "-q", "--clear", "--python", sys.executable, str(VENV))
    else:
        try:
            import ensurepip  # noqa: F401
        except ImportError:
            sys.exit("This Python has no ensurepip. Install it (Debian and Ubuntu: apt-get install python3-venv), or install uv.")
        shutil.rmtree(VENV, ignore_errors=True)
        run(sys.executable, "-m", "venv", str(VENV))
        say(started, "Getting the installer")
        quiet = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", UV]
        uv = str(VENV / "bin" / "uv") if subprocess.call(quiet) == 0 else None
    say(started, "Installing the locked dependencies")
    if uv:
        run(uv, "pip", "install", "-q", "--python", str(python), "--build-constraints", str(BUILD), "--require-hashes", "-r", str(LOCK))
    else:
        run(str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", str(LOCK),
            env={"PIP_CONSTRAINT": ""})
    stamp.write_text(wanted)
    say(started, "Set up")
    return python


def test(python: str, rest: list[str]) -> int:
    """The extensions' tests, then every other on two processes; browser tests where a Chromium is found or can be installed, loudly missing otherwise."""
    if not rest and (code := extensions("check")):
        if code != NO_NODE or os.environ.get("CI"):
            return code
        print("\n*** No Node.js: the tests of the Shopify extensions are SKIPPED. ***\n", file=sys.stderr)
    browser = find_browser() or install_browser()
    if browser is None:
        message = "No Chromium was found and none could be installed."
        if os.environ.get("CI"):
            sys.exit(f"{message} The browser tests must run here.")
        print(f"\n*** {message} The browser tests are SKIPPED. Set CHROMIUM to its path. ***\n", file=sys.stderr)
    env = os.environ | ({"CHROMIUM": browser} if browser else {"NO_BROWSER": "1"})
    chosen = rest or ["tests"]
    return subprocess.call([python, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-q", *chosen], env=env)


def extensions(what: str) -> int:
    """`check` or `build` the Shopify extensions; NO_NODE when that is not possible here."""
    return subprocess.call([sys.executable, str(ROOT / "extensions" / "run.py"), what])


def find_browser() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    return found or (str(MAC_BROWSER) if MAC_BROWSER.exists() else None)


def install_browser() -> str | None:
    """On Debian and Ubuntu as root: the distribution's Chromium."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    started = time.monotonic()
    say(started, "Installing Chromium for the browser tests")
    quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    subprocess.call(["apt-get", "-q", "update"], **quiet)
    subprocess.call(["apt-get", "-q", "install", "-y", "--no-install-recommends", "chromium", "fonts-noto-core"], **quiet)
    say(started, "Chromium is there" if find_browser() else "Chromium could not be installed")
    return find_browser()


def run(*argv: str, env: dict[str, str] | None = None) -> None:
    if subprocess.call(argv, env=os.environ | (env or {})) != 0:
        sys.exit(f"This step failed: {' '.join(argv[:4])} ...")


def say(started: float, text: str) -> None:
    print(f"[{time.monotonic() - started:5.1f} s] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
