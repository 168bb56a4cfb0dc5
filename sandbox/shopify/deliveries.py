"""Webhooks as Shopify sends them: signed over the raw body, retried eight times, with duplicates and no order promised."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
import uuid
from collections import deque
from typing import Any

import httpx

from gateways.shopify.documents import API_VERSION
from gateways.shopify.signature import signed
from sandbox.shopify.shop import Shop

COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
RETRY_AFTER = (0.5, 1, 2, 4, 8, 15, 30, 60)
"""Seconds; at Shopify the eight retries take four hours."""


class Deliveries:
    """A queue and one thread. `told` keeps the last deliveries with the statuses they got."""

    def __init__(self, portal: str, secret: str) -> None:
        self.portal, self.secret = portal, secret
        self.told: deque[dict[str, Any]] = deque(maxlen=2000)
        self.waiting: list[tuple[float, int, dict[str, Any]]] = []
        self.number = itertools.count()
        self.wake = threading.Condition()
        self.stopped = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def about(self, shop: Shop, topic: str, payload: dict[str, Any]) -> None:
        """Queue a delivery of a topic."""
        self._push(0.0, self.make(shop, topic, payload))

    def make(self, shop: Shop, topic: str, payload: dict[str, Any], *, webhook_id: str | None = None, triggered_at: str | None = None) -> dict[str, Any]:
        return {"shop": shop.domain, "topic": topic, "webhook_id": webhook_id or str(uuid.uuid4()), "attempts": 0, "statuses": [],
                "triggered_at": triggered_at or shop.now().isoformat().replace("+00:00", "Z"), "body": json.dumps(payload)}

    def send(self, delivery: dict[str, Any], *, secret: str | None = None) -> httpx.Response:
        """One attempt now."""
        path = "/webhooks/shopify/compliance" if delivery["topic"] in COMPLIANCE else "/webhooks/shopify"
        raw = delivery["body"].encode()
        return httpx.post(self.portal + path, content=raw, timeout=5, headers={
            "Content-Type": "application/json", "X-Shopify-Topic": delivery["topic"], "X-Shopify-Shop-Domain": delivery["shop"],
            "X-Shopify-Hmac-Sha256": signed(raw, secret or self.secret), "X-Shopify-Webhook-Id": delivery["webhook_id"],
            "X-Shopify-Event-Id": str(uuid.uuid4()), "X-Shopify-Triggered-At": delivery["triggered_at"], "X-Shopify-API-Version": API_VERSION})

    def stop(self) -> None:
        with self.wake:
            self.stopped = True
            self.wake.notify()
        self.thread.join(6)

    def _push(self, wait: float, delivery: dict[str, Any]) -> None:
        with self.wake:
            heapq.heappush(self.waiting, (time.monotonic() + wait, next(self.number), delivery))
            self.wake.notify()

    def _run(self) -> None:
        while True:
            with self.wake:
                while not self.stopped and (not self.waiting or self.waiting[0][0] > time.monotonic()):
                    self.wake.wait(max(0.01, self.waiting[0][0] - time.monotonic()) if self.waiting else None)
                if self.stopped:
                    return
                delivery = heapq.heappop(self.waiting)[2]
            self._attempt(delivery)

    def _attempt(self, delivery: dict[str, Any]) -> None:
        try:
            status = self.send(delivery).status_code
        except httpx.HTTPError:
            status = 0
        delivery["statuses"].append(status)
        if delivery["attempts"] == 0:
            self.told.append(delivery)
        delivery["attempts"] += 1
        if not 200 <= status < 300 and delivery["attempts"] <= len(RETRY_AFTER):
            self._push(RETRY_AFTER[delivery["attempts"] - 1], delivery)
