"""What the demo's web processes share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sandbox import processes as demo

SCRAPE = ("from operation.metrics import REQUESTS; REQUESTS.labels('/x', 'GET', '200').inc();"
          "from prometheus_client import CollectorRegistry, multiprocess, generate_latest;"
          "r = CollectorRegistry(); multiprocess.MultiProcessCollector(r); print(generate_latest(r).decode())")


def test_counts_of_all_web_processes_are_one_sum_and_start_anew_with_the_demo(tmp_path, monkeypatch):
    """Whichever process answers /metrics, a counter never goes back."""
    monkeypatch.setattr(demo.Processes, "start", lambda *_: None)
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "counter_1.db").write_bytes(b"of the demo before")
    towns = demo.Processes(tmp_path, {"PORT": "1"})
    demo.start_all(towns)
    counts = Path(towns.environment["PROMETHEUS_MULTIPROC_DIR"])
    assert counts == tmp_path / "metrics" and list(counts.iterdir()) == []
    seen = [subprocess.run([sys.executable, "-c", SCRAPE], env=os.environ | towns.environment, capture_output=True, text=True, check=True).stdout
            for _ in range(3)]
    assert [f'status="200"}} {n}.0' in text for n, text in enumerate(seen, 1)] == [True] * 3
