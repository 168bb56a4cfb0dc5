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


LOOK = """async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await axe.run(document, { resultTypes: ["violations"], runOnly: rules, preload: { assets: ["media"] } });
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.impact} ${one.id}: ${one.help}: ${one.nodes[0].html.slice(0, 160)}`);
}"""
"""Style sheets are not preloaded: only a rule that is off by itself reads them. The lines are made in the page: axe's whole report is long."""


def serious(page: Page) -> list[str]:
    """Serious and critical findings on the page as it is, in a line each. axe itself is given to a page once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(source())
    return page.evaluate(LOOK)
