"""Importing a file of 30,000 appointments."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bench.data import Shop
from booking.actions.stores import create_store
from booking.importing.run import import_bookings
from models.actor import SYSTEM
from sandbox.parts import Parts
from settings import Settings

ROWS = 30_000


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    store_id = create_store(SYSTEM, slug="imported", name="Imported", zone="America/Sao_Paulo", currency="BRL")
    path = parts.var / "import.csv"
    _write(path)
    started = time.perf_counter()
    report = import_bookings(store_id, path)
    seconds = time.perf_counter() - started
    assert report.imported == ROWS and not report.bad, report.bad[:3]
    started = time.perf_counter()
    again = import_bookings(store_id, path)
    assert again.imported == 0 and again.known == ROWS
    yield ("import", f"{ROWS / seconds:.0f} rows/s", "", None, ">= 5000/s", ROWS / seconds >= 5000)
    yield ("import again, nothing new", f"{ROWS / (time.perf_counter() - started):.0f} rows/s", "", None, "", None)


def _write(path: Path) -> None:
    first = datetime(2027, 3, 1, 8, 0)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Start Time", "End Time", "First Name", "Last Name", "Phone", "Email", "Type", "Calendar", "Appointment Price", "Paid?",
                      "Amount Paid Online", "Certificate Code", "Notes", "Date Scheduled", "Label", "Scheduled By", "Timezone", "Appointment ID"])
        for n in range(ROWS):
            start = first + timedelta(days=n // 3000, minutes=20 * (n % 30))
            out.writerow([f"{start:%B %d, %Y %I:%M %p}", f"{start + timedelta(minutes=20):%B %d, %Y %I:%M %p}", "Patient", n, "",
                          f"patient{n % 20000}@example.org", "General practice", f"Room {n % 3000 // 30}", "0.00", "no", "0.00", "", "",
                          "2026-10-12 10:50", "", "", "America/Sao_Paulo", n + 1])
