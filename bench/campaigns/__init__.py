"""Long campaigns against a running demo: `python3 dev.py bench campaign NAME`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def demo() -> dict[str, Any]:
    """The facts of the demo that runs in OPENCALS_VAR."""
    path = Path(os.environ.get("OPENCALS_VAR", "var")) / "demo.json"
    if not path.exists():
        raise SystemExit(f"No demo runs ({path} is missing). Start one with: python3 dev.py demo")
    return json.loads(path.read_text())
