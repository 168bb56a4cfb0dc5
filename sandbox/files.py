"""Small kept files of a demo: secrets nobody else may read, ports that stay the same."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path


def kept_secret(path: Path, size: int = 32) -> str:
    """The secret in `path`, drawn on first use, readable only by its owner."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(handle, secrets.token_hex(size).encode())
        os.close(handle)
    return path.read_text().strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kept_port(path: Path) -> int:
    """The port in `path`, or a free one from now on; a kept port that someone else took is given up."""
    if path.exists():
        port = int(path.read_text())
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    port = free_port()
    path.write_text(str(port))
    return port
