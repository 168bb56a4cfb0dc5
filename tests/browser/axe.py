"""axe-core on a page: the source comes from npm's package, fetched once into var/."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from functools import lru_cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

VERSION = "4.14.1"
HOME = Path(__file__).parents[2] / "var" / "axe"


@lru_cache(maxsize=1)
def source() -> str:
    """axe's script; the test is skipped where neither npm nor a copy is there."""
    archive = HOME / f"axe-core-{VERSION}.tgz"
    if not archive.exists():
        if shutil.which("npm") is None:
            pytest.skip("axe-core is not here, and there is no npm to fetch it with")
        HOME.mkdir(parents=True, exist_ok=True)
        fetched = subprocess.run(["npm", "pack", f"axe-core@{VERSION}", "--silent"], cwd=HOME, capture_output=True, text=True, timeout=120)
        if fetched.returncode or not archive.exists():
            pytest.skip(f"npm could not fetch axe-core: {fetched.stderr.strip()[:200]}")
    with tarfile.open(archive) as package:
        member = package.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


def serious(page: Page) -> list[str]:
    """Serious and critical findings on the page as it is, in a line each."""
    page.evaluate(source())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], elementRef: false})")
    return [f"{v['impact']} {v['id']}: {v['help']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"] if v["impact"] in ("serious", "critical")]
