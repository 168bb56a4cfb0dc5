"""The real Admin schema (2026-10), taken once from the package that publishes it and kept under var/."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path

from graphql import GraphQLSchema, build_client_schema

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "var" / "shopify" / "admin_2026-10.json.gz"
PACKAGE, MEMBER = "@shopify/dev-mcp@1.16.0", "package/dist/data/admin_2026-10.json.gz"
SHA256 = "f3b522f264556925eada700e795e4a002a9cba83444ebcc6c0d724254a0c6593"


class NoSchema(Exception):
    """The schema is not here and cannot be fetched; the text says what to do."""


@lru_cache(maxsize=1)
def admin_schema() -> GraphQLSchema:
    """About half a second and 90 MB; once a process."""
    # assume_valid: the published schema deprecates a field that its interface does not.
    return build_client_schema(json.loads(gzip.decompress(raw()))["data"], assume_valid=True)


def raw() -> bytes:
    """The published file, fetched on first use by one process at a time."""
    if not _good(KEPT):
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        with (KEPT.parent / "schema.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _good(KEPT):
                _fetch()
    return KEPT.read_bytes()


def _good(path: Path) -> bool:
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == SHA256


def _fetch() -> None:
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise NoSchema("npm is needed once to fetch Shopify's published schema. Install Node.js, then start again.")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, text=True, timeout=300)
        packed = next(Path(folder).glob("*.tgz"), None)
        if done.returncode != 0 or packed is None:
            raise NoSchema(f"`npm pack {PACKAGE}` failed: {done.stderr.strip()[-300:]}")
        with tarfile.open(packed) as archive:
            member = archive.extractfile(MEMBER)
            content = member.read() if member else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise NoSchema(f"{PACKAGE} does not hold the schema this code was written against.")
    partial = KEPT.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(KEPT)
