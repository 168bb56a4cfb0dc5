"""Events: kept, listed, and delivered signed to the product's webhook until it answers with success."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import queue
import threading
import time
from typing import Any

import httpx

from sandbox.stripe.state import Object, State, shown

API_VERSION = "2026-10-28.endive"
WAITS = (0.3, 1, 2, 5, 10, 20, 40, 60, 120, 300)
log = logging.getLogger("sandbox.stripe")


class Events:
    """`target` None keeps events without delivering them. Undelivered ones of an earlier run are delivered first."""

    def __init__(self, state: State, target: str | None = None, secret: str = "") -> None:
        self.state, self.target, self.secret = state, target, secret
        self.waiting: queue.PriorityQueue[tuple[float, int, str, str]] = queue.PriorityQueue()
        if target:
            for account, event in state.each(None, "event"):
                if event["_tries"] is not None:
                    self.waiting.put((time.monotonic(), event["_tries"], account, event["id"]))
            threading.Thread(target=self._deliver, daemon=True, name="stripe-webhooks").start()

    def emit(self, account: str, kind: str, about: Object) -> Object:
        event = self.state.new(account, "event", type=kind, api_version=API_VERSION, pending_webhooks=1, data={"object": shown(about)},
                               request={"id": None, "idempotency_key": None}, _tries=0 if self.target else None,
                               **({"account": account} if account else {}))
        if self.target:
            self.waiting.put((time.monotonic(), 0, account, event["id"]))
        return event

    def signed(self, event: Object) -> tuple[bytes, str]:
        """(body, Stripe-Signature header) of a delivery made now."""
        body = json.dumps(shown(event)).encode()
        return body, sign(body, self.secret)

    def _deliver(self) -> None:
        with httpx.Client(timeout=20) as client:
            while True:
                due, tries, account, event_id = self.waiting.get()
                if due > time.monotonic():
                    self.waiting.put((due, tries, account, event_id))
                    time.sleep(0.05)
                    continue
                event = self.state.objects[account, event_id]
                if self._handed_over(client, event):
                    self._note(account, event, None)
                elif tries < len(WAITS):
                    self._note(account, event, tries + 1)
                    self.waiting.put((time.monotonic() + WAITS[tries], tries + 1, account, event_id))
                else:
                    self._note(account, event, None)
                    log.warning("a webhook was given up")

    def _note(self, account: str, event: Object, tries: int | None) -> None:
        with self.state.lock:
            self.state.save(account, event | {"_tries": tries, "pending_webhooks": 0 if tries is None else 1})

    def _handed_over(self, client: httpx.Client, event: Object) -> bool:
        body, signature = self.signed(event)
        try:
            answer = client.post(self.target or "", content=body, headers={"Stripe-Signature": signature, "Content-Type": "application/json"})
        except httpx.HTTPError:
            return False
        return answer.is_success


def sign(body: bytes, secret: str, at: int | None = None) -> str:
    """`t=...,v1=...` over the raw body, as Stripe signs it. The machine's clock: receivers compare with theirs."""
    stamp = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), b"%d." % stamp + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def listed(items: list[Object], url: str, p: dict[str, Any]) -> dict[str, Any]:
    """A page of a list, newest first, with Stripe's cursors and `created` filters."""
    found = sorted(items, key=lambda item: item["created"], reverse=True) if p.get("created") else list(reversed(items))
    created = p.get("created")
    if isinstance(created, dict):
        for name, holds in (("gt", lambda a, b: a > b), ("gte", lambda a, b: a >= b), ("lt", lambda a, b: a < b), ("lte", lambda a, b: a <= b)):
            if name in created:
                found = [item for item in found if holds(item["created"], int(created[name]))]
    ids = [item["id"] for item in found]
    if p.get("starting_after") in ids:
        found = found[ids.index(p["starting_after"]) + 1:]
    limit = int(p.get("limit") or 10)
    return {"object": "list", "url": url, "has_more": len(found) > limit, "data": found[:limit]}
