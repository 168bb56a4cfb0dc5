"""The processes of a demo: started together, stopped in reverse, and named when one of them dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path


class Processes:
    """Children in process groups of their own, each with a log under `var/log`. `home`: whose code they run, else ours."""

    def __init__(self, var: Path, environment: dict[str, str], home: Path | None = None) -> None:
        self.home = home
        self.logs = var / "log"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("SMTP_", "SMS_", "STRIPE_", "SHOPIFY_", "GOOGLE_", "MICROSOFT_"))} | environment
        self.children: list[tuple[str, subprocess.Popen]] = []

    def start(self, name: str, *argv: str) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen([sys.executable, "-m", *argv], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                     env=self.environment, cwd=self.home, start_new_session=True)
        self.children.append((name, child))

    def dead(self) -> tuple[str, str] | None:
        """The first child that ended by itself, with the last lines of its log."""
        for name, child in self.children:
            if child.poll() is not None:
                lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
                return name, "\n".join(lines[-12:])
        return None

    def stop(self) -> None:
        """SIGTERM in reverse order, SIGKILL to the group of whoever takes longer than 15 seconds."""
        for _, child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
        for _, child in reversed(self.children):
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.children.clear()


def start_all(processes: Processes) -> None:
    """Sandbox, web, worker, scheduler. The web processes count together: whichever answers, /metrics never goes back."""
    counts = processes.logs.parent / "metrics"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir()
    processes.environment["PROMETHEUS_MULTIPROC_DIR"] = str(counts)
    port = processes.environment["PORT"]
    processes.start("sandbox", "sandbox.server")
    processes.start("web", "gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--graceful-timeout", "10",
                    "--keep-alive", "15", "--backlog", "2048")
    processes.start("worker", "flask", "--app", "app", "worker")
    processes.start("scheduler", "flask", "--app", "app", "scheduler")
