"""`python3 extensions/run.py check|build`: the Shopify extensions with Node. Standard library only.

`check` runs the type checker, the tests and the bundler with its size gate; `build` only bundles, and only what has changed.
Node is the machine's where it is new enough, else the one from the package index (node.lock).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / ".venv"
OLDEST = (20, 19)
MODULES, BUILT = HERE / "node_modules", HERE / "build"
NO_NODE = "No Node.js 20.19 or newer was found and none could be installed."


def main(argv: list[str]) -> int:
    """0 when all held. 3 when there is no Node or the packages could not be fetched: nothing was checked then."""
    if argv not in (["check"], ["build"]):
        print(__doc__, file=sys.stderr)
        return 2
    if argv == ["build"] and _stamp(BUILT) == _digest(sources()):
        return 0
    node = find_node() or install_node()
    if node is None:
        print(NO_NODE, file=sys.stderr)
        return 3
    if not install_packages(node):
        print("The extensions' packages could not be installed.", file=sys.stderr)
        return 3
    if argv == ["check"]:
        for step in (("tools/typecheck.mjs",), ("node_modules/vitest/vitest.mjs", "run")):
            if code := _run(node, *step):
                return code
    if code := _run(node, "tools/bundle.mjs"):
        return code
    _keep(BUILT, _digest(sources()))
    return 0


def find_node() -> str | None:
    """A node of the machine or of .venv that is new enough and has its npm beside it."""
    for path in filter(None, (shutil.which("node"), shutil.which("node", path=str(VENV / "bin")))):
        answer = subprocess.run([path, "--version"], capture_output=True, text=True)
        version = answer.stdout.strip().lstrip("v").split(".")[:2]
        if answer.returncode == 0 and all(part.isdecimal() for part in version) and tuple(map(int, version)) >= OLDEST and _npm(path):
            return path
    return None


def install_node() -> str | None:
    """Node from the Python package index into .venv, as node.lock says."""
    python = VENV / "bin" / "python"
    if not python.exists():
        return None
    print("Installing Node.js for the Shopify extensions", flush=True)
    uv = shutil.which("uv") or shutil.which("uv", path=str(VENV / "bin"))
    tool = [uv, "pip", "install", "-q", "--python", str(python)] if uv else [str(python), "-m", "pip", "install", "-q"]
    subprocess.call([*tool, "--require-hashes", "-r", str(HERE / "node.lock")])
    return find_node()


def install_packages(node: str) -> bool:
    """node_modules exactly as package-lock.json says; again only when it has changed. No package runs a script of its own."""
    wanted = _digest([HERE / "package.json", HERE / "package-lock.json"])
    if _stamp(MODULES) == wanted:
        return True
    print("Installing the extensions' packages", flush=True)
    done = _run(_npm(node) or "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1", first=node)
    if done == 0:
        _keep(MODULES, wanted)
    return done == 0


def sources() -> list[Path]:
    """Everything the bundles are made of."""
    return sorted(path for path in HERE.rglob("*") if path.is_file() and path.suffix in (".ts", ".tsx", ".mjs", ".json", ".toml")
                  and not path.is_relative_to(MODULES) and not path.is_relative_to(BUILT))


def _npm(node: str) -> str | None:
    return shutil.which("npm", path=f"{Path(node).parent}{os.pathsep}{Path(node).resolve().parent}")


def _run(program: str, *argv: str, first: str | None = None) -> int:
    path = f"{Path(first or program).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.call([program, *argv], cwd=HERE, env=os.environ | {"PATH": path})


def _digest(paths: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"{path.relative_to(HERE)}\0".encode() + path.read_bytes())
    return whole.hexdigest()


def _stamp(folder: Path) -> str | None:
    stamp = folder / ".complete"
    return stamp.read_text() if stamp.exists() else None


def _keep(folder: Path, digest: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / ".complete").write_text(digest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
