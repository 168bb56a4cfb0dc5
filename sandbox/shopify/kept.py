"""The sandbox's Shopify of a demo: on the product's clock, kept in a file under var/ from one start to the next."""

from __future__ import annotations

import os
import pickle
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Blueprint

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.seed.businesses import BUSINESSES
from sandbox.seed.people import people_of
from sandbox.shopify import admin
from sandbox.shopify.deliveries import Deliveries
from sandbox.shopify.schema import NoSchema, admin_schema
from sandbox.shopify.seed import shops
from sandbox.shopify.site import Shopify

SAVE_EVERY_SECONDS = 5


class Kept:
    def __init__(self, var: Path, clock: Clock, faults: Faults) -> None:
        self.file = var / "shopify" / "shops.pickle"
        self.ahead, self.read_at = 0.0, 0.0
        self.clock = clock
        portal = f"http://127.0.0.1:{os.environ['PORT']}"
        secret = os.environ["SHOPIFY_API_SECRET"]
        self.deliveries = Deliveries(portal, secret)
        self.shopify = Shopify(os.environ["SHOPIFY_API_KEY"], secret, self._load(), base=os.environ["OPENCALS_SANDBOX"], faults=faults,
                               deliveries=self.deliveries, now=self.now)
        self.portal = portal
        self.stopped = threading.Event()
        threading.Thread(target=self._prepare, daemon=True).start()
        self.saver = threading.Thread(target=self._save_now_and_then, daemon=True)
        self.saver.start()

    def blueprint(self) -> Blueprint:
        site = self.shopify.blueprint()
        admin.install(site, self.shopify, self.portal)
        return site

    def now(self) -> datetime:
        """The product's clock; how far it is ahead is asked once a second."""
        if time.monotonic() - self.read_at > 1:
            self.ahead, self.read_at = self.clock.read()[1], time.monotonic()
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def stop(self) -> None:
        self.stopped.set()
        self.saver.join(5)
        self.deliveries.stop()
        self._save()

    def _load(self) -> dict:
        if self.file.exists():
            return pickle.loads(self.file.read_bytes())  # noqa: S301  (our own file)
        business = next(b for b in BUSINESSES if b["kind"] == "shopify")
        return shops(business, people_of(business["slug"]))

    def _save(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(".part")
        partial.write_bytes(pickle.dumps(self.shopify.shops))
        partial.chmod(0o600)
        partial.replace(self.file)

    def _save_now_and_then(self) -> None:
        seen = 0
        while not self.stopped.wait(SAVE_EVERY_SECONDS):
            now = sum(shop.last + len(shop.answered) for shop in self.shopify.shops.values()) + len(self.shopify.calls)
            if now != seen:
                self._save()
                seen = now

    def _prepare(self) -> None:
        """Half a second of reading the schema, before the first call needs it."""
        try:
            admin_schema()
        except NoSchema as missing:
            print(missing, flush=True)
