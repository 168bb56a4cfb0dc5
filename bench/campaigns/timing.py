"""Whether an answer's time tells known from unknown, or right from nearly right (I28, I36): `bench campaign timing [ROUNDS]`.

Needs no demo. Each pair of requests is sent alternately, in an order drawn for each round, to the application in this process; both
answers must be the same in status and length. Printed are both medians and how surprising the ranks of the two series would be if
they came from one distribution (Mann and Whitney's U test, two-sided). Told apart: p below 0.001 and medians more than 50 µs apart.
"""

from __future__ import annotations

import math
import os
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from booking import steady
from booking.actions.create_booking import create_booking
from booking.actions.locations import create_location
from booking.actions.people import Person
from booking.actions.services import create_service
from booking.actions.staff import create_staff
from booking.actions.stores import create_store
from booking.actions.team import invite_user
from booking.actions.tokens import create_token
from booking.links import manage_path
from models.actor import SYSTEM, Actor
from models.base import new_ref
from models.booking_summary import BookingSummary
from models.session import transaction
from sandbox.files import free_port
from sandbox.parts import Parts
from settings import Settings

ROUNDS, SURPRISING, APART_US = 120, 0.001, 50
MERCHANT = Actor("token", "api")
HOURS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True)
class Pair:
    """Two series of requests that nobody may tell apart; each is called with the round's number."""

    name: str
    known: Callable[[int], TestResponse]
    unknown: Callable[[int], TestResponse]


def main(argv: list[str]) -> int:
    """`--bare`: without the steps answers are held to, for comparison."""
    rounds = next((int(word) for word in argv if word.isdecimal()), ROUNDS)
    steady.STEP = 0.0 if "--bare" in argv else steady.STEP
    with tempfile.TemporaryDirectory(prefix="opencals-timing-") as place:
        home = Path(place)
        home.chmod(0o755)
        os.environ |= {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        parts = Parts(home / "var")
        try:
            parts.start()
            shop = Shop(create_app(Settings.from_environment(parts.environment | {"LOG_LEVEL": "ERROR"})), rounds)
            told = [_compare(pair, rounds) for pair in shop.pairs()]
        finally:
            parts.stop()
    print(f"{sum(told)} of {len(told)} pairs can be told apart")
    return 1 if any(told) else 0


def _compare(pair: Pair, rounds: int) -> bool:
    """Whether the two can be told apart."""
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for n in range(-5, rounds):
        order = [("known", pair.known), ("unknown", pair.unknown)]
        random.shuffle(order)
        seen = []
        for name, ask in order:
            started = time.perf_counter()
            answer = ask(n)
            if n >= 0:
                taken[name].append((time.perf_counter() - started) * 1e6)
            seen.append((answer.status_code, len(answer.data)))
        if seen[0] != seen[1]:
            print(f"{pair.name}: the answers differ: {seen}")
            return True
    medians = {name: statistics.median(times) for name, times in taken.items()}
    p, apart = surprise(taken["known"], taken["unknown"]), abs(medians["known"] - medians["unknown"])
    told = p < SURPRISING and apart > APART_US
    print(f"{pair.name:52} known {medians['known'] / 1000:8.2f} ms, unknown {medians['unknown'] / 1000:8.2f} ms, p {p:.3f}{', TOLD APART' if told else ''}", flush=True)
    return told


def surprise(a: Sequence[float], b: Sequence[float]) -> float:
    """The two-sided p of Mann and Whitney's U, by its normal approximation (ties have no weight here: times hardly ever agree)."""
    ranked = sorted([(value, 0) for value in a] + [(value, 1) for value in b])
    ranks = sum(rank for rank, (_, series) in enumerate(ranked, 1) if series == 0)
    u, mean = ranks - len(a) * (len(a) + 1) / 2, len(a) * len(b) / 2
    return math.erfc(abs(u - mean) / math.sqrt(len(a) * len(b) * (len(a) + len(b) + 1) / 12) / math.sqrt(2))


class Shop:
    """A store with one known customer, team member and booking for each round, so that no limit is met."""

    def __init__(self, app: Flask, rounds: int) -> None:
        self.app, self.origin = app, "http://timing.localhost"
        self.client, self.source = app.test_client(), 0
        self.store_id = create_store(SYSTEM, slug="timing", name="Timing", zone="Europe/Berlin", currency="EUR")
        place = create_location(self.store_id, MERCHANT, name="Here", address="", zone="Europe/Berlin").facts["id"]
        staff = create_staff(self.store_id, MERCHANT, name="Someone", location_id=place, hours=HOURS).facts["id"]
        service = create_service(self.store_id, MERCHANT, name="Something", duration_s=900, staff=[staff]).facts["id"]
        start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
        self.bookings: dict[int, BookingSummary] = {}
        for n in range(-5, rounds):
            self.bookings[n] = create_booking(
                self.store_id, MERCHANT, service_id=service, starts_at=start + timedelta(minutes=15 * (n + 5)), notify=False, override=True,
                person=Person(f"Customer {n}", self.mail(n), f"+4930{1000000 + n}")).booking
            invite_user(self.store_id, MERCHANT, email=self.user(n), name="User", role="staff", notify=False)
        with transaction(self.store_id, SYSTEM) as tx:
            tx.db.exec_driver_sql("update customers set phone_verified_at = opencals_now()")
        other = create_store(SYSTEM, slug="other", name="Other", zone="Europe/Berlin", currency="EUR")
        self.other_token = create_token(other, SYSTEM, "timing").facts["token"]

    def pairs(self) -> list[Pair]:
        return [
            Pair("sign-in code by mail", lambda n: self.post("/account/login", email=self.mail(n)), lambda n: self.post("/account/login", email=f"no{n}@example.com")),
            Pair("sign-in code by SMS", lambda n: self.post("/account/login", email=f"+4930{1000000 + n}"), lambda n: self.post("/account/login", email=f"+4930{2000000 + n}")),
            Pair("sign-in code of the dashboard", lambda n: self.post("/admin/login", email=self.user(n)), lambda n: self.post("/admin/login", email=f"us{n + 7}@example.com")),
            Pair("lost link", lambda n: self.post("/manage", email=self.mail(n)), lambda n: self.post("/manage", email=f"nb{n}@example.com")),
            Pair("link with a wrong token, or to no booking", lambda n: self.get(self.wrong(n)), lambda n: self.get(self.wrong(n, new_ref()))),
            Pair("another store's booking, or none, in the API", lambda n: self.api(self.bookings[n].ref), lambda n: self.api(new_ref())),
        ]

    def mail(self, n: int) -> str:
        return f"ada{n}@example.com"

    def user(self, n: int) -> str:
        return f"user{n}@example.com"

    def wrong(self, n: int, ref: str | None = None) -> str:
        path = manage_path(self.bookings[n])
        return (path if ref is None else path.replace(self.bookings[n].ref, ref))[:-6] + "AAAAAA"

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=self.origin)

    def post(self, path: str, **form: str) -> TestResponse:
        """From another source each time, with the token of a page that was fetched before."""
        if not hasattr(self, "csrf"):
            self.csrf = re.findall(r'name="csrf_token" value="([^"]+)"', self.get("/account/login").text)[0]
        self.source += 1
        address = f"10.{self.source >> 16}.{self.source >> 8 & 255}.{self.source & 255}"
        return self.client.post(path, base_url=self.origin, data=form | {"csrf_token": self.csrf}, environ_overrides={"REMOTE_ADDR": address},
                                headers={"X-Forwarded-For": address})

    def api(self, ref: str) -> TestResponse:
        return self.client.get(f"/api/merchant/v1/bookings/{ref}", base_url="http://api.localhost", headers={"Authorization": f"Bearer {self.other_token}"})
