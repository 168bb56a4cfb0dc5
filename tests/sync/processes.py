"""Processes for the tests of this folder: a worker with its real loop, and one that dies between sending and recording."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PREPARE = """
import os, signal, sys
import sync.outbox as outbox
from booking import keys
from booking.rules.wall_time import use_packaged_zones
from models.session import Database, use
from settings import Settings
from sync.jobs import run_worker

use_packaged_zones()
settings = Settings.from_environment()
keys.configure(settings)
use(Database(settings.database_url))
"""
WORK = PREPARE + "run_worker(settings.redis_url)"
DIE = PREPARE + """
outbox._record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
outbox.deliver(int(sys.argv[1]), outbox.Carrier(settings))
"""


def environment(settings: Settings) -> dict[str, str]:
    """The variables that make a process see the same installation."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url,
            "SMTP_URL": settings.smtp_url, "SECRET_KEY": settings.secret_key, "BASE_DOMAIN": settings.base_domain,
            "LINK_KEYS": ",".join(f"{kid}:{key.hex()}" for kid, key in settings.link_keys), "PUBLIC_SCHEME": settings.scheme,
            "ENVIRONMENT": settings.environment} | {name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ}


def worker(settings: Settings) -> subprocess.Popen:
    """The loop of the `worker` command, in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=environment(settings))


def die_after_sending(settings: Settings, store_id: int) -> int:
    """Deliver for the store in a process that is killed before it can record anything; its exit status."""
    return subprocess.run([sys.executable, "-c", DIE, str(store_id)], cwd=ROOT, env=environment(settings), timeout=60, check=False).returncode
