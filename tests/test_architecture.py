"""Imports go one way through the house (docs/architecture.md), and files stay readable."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import CAMPAIGNS

ROOT = Path(__file__).parents[1]
OURS = {"app", "booking", "commands", "gateways", "hosts", "jsonapi", "messages", "migrations", "models", "operation", "sandbox", "settings",
        "shopify_app", "storefront", "sync", "webhooks", "bench", "tests"}
MAY_IMPORT = {
    "booking/rules": {"booking.rules"},
    "models": {"models"},
    "booking/wording": {"booking.rules", "booking.wording"},
    "booking": {"booking", "models", "settings"},
    "messages": {"messages", "booking.wording", "booking.rules"},
    "gateways": {"gateways", "booking", "models"},
    "jsonapi": {"jsonapi", "booking", "models"},
    "storefront": {"storefront", "booking", "jsonapi", "models", "messages", "gateways"},
    "shopify_app": {"shopify_app", "booking", "jsonapi", "models", "messages", "gateways"},
    "webhooks": {"webhooks", "booking", "models", "gateways"},
    "sync": {"sync", "booking", "models", "messages", "settings", "gateways", "webhooks"},
    "migrations": {"migrations", "models"},
    "operation": {"operation", "models", "migrations", "settings", "sync", "messages"},
    "commands": {"commands", "booking", "gateways", "models", "migrations", "operation", "sync", "settings"},
}
LONGEST = 300


def files(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_follow_the_one_way(folder):
    wrong = []
    for path in files(folder):
        deeper = [other for other in MAY_IMPORT if other != folder and other.startswith(folder + "/") and path.is_relative_to(ROOT / other)]
        if deeper:
            continue
        for name in imported(path):
            if name.split(".")[0] in OURS and not any(name == allowed or name.startswith(allowed + ".") for allowed in MAY_IMPORT[folder]):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_rules_use_the_standard_library_only():
    foreign = {f"{path.name}: {name}" for path in files("booking/rules") for name in imported(path)
               if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("booking.rules")}
    assert foreign == set()


def test_doors_do_not_know_the_workers_or_each_other():
    for folder, others in (("storefront", ("sync", "shopify_app", "webhooks")), ("shopify_app", ("sync", "storefront", "webhooks")),
                           ("webhooks", ("sync", "storefront", "shopify_app"))):
        assert [name for path in files(folder) for name in imported(path) if name.startswith(others)] == []


def test_only_tests_bench_and_the_demo_see_the_sandbox():
    for folder in MAY_IMPORT:
        assert [f"{path}: {name}" for path in files(folder) for name in imported(path) if name.split(".")[0] == "sandbox"] == []


def test_files_stay_short():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.js", "*.css", "*.html"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split()
    long = {name: count for name in listed if not name.startswith(("migrations/", "tests/")) and (ROOT / name).exists()
            and (count := len((ROOT / name).read_text().splitlines())) > LONGEST}
    assert long == {}


def test_every_campaign_can_be_called():
    """A module of bench/campaigns with a `main` is in the list of names the command takes."""
    callable_ones = {path.stem for path in (ROOT / "bench" / "campaigns").glob("*.py") if "\ndef main(argv" in path.read_text()}
    assert callable_ones == set(CAMPAIGNS)
