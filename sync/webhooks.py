"""Handing events over to the shop's own programs: signed, tried again for three days, each try in the log (E120, E121)."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from sqlalchemy import insert, select

from booking import webhooks
from messages.mail import Later, Rejected
from models.actor import SYSTEM
from models.session import reading, transaction
from models.webhook_attempt import WebhookAttempt
from models.webhook_endpoint import WebhookEndpoint
from settings import Settings
from sync.outbound import Unreachable, post
from sync.outbox import Claimed, Delivered, deliver

MOST_ATTEMPTS = 80
"""Twelve in the first two hours, then one an hour: three days."""


class Receiver(NamedTuple):
    url: str
    active: bool
    secret: str | None


class WebhookCarrier:
    """One round over a store's due events. A receiver that does not answer is left alone for the rest of the round."""

    channels = ("webhook",)
    most_attempts = MOST_ATTEMPTS
    longest_wait_s = 3600

    def __init__(self, settings: Settings, store_id: int) -> None:
        self.settings, self.store_id = settings, store_id
        self.receivers: dict[int, Receiver | None] = {}
        self.silent: set[int] = set()

    def send(self, row: Claimed) -> None:
        """Raises Rejected where the webhook is gone or off, Later for every answer but 2xx."""
        endpoint_id = int(row.recipient)
        receiver = self._receiver(endpoint_id)
        if receiver is None or not receiver.active:
            raise Rejected("the webhook was removed or switched off")
        if receiver.secret is None:
            raise Later("the webhook's secret was made under a key that is gone: renew it")
        if endpoint_id in self.silent:
            raise Later("waits: the receiver did not answer just now")
        status, problem, took = self._post(row, receiver)
        self._note(row, endpoint_id, status, problem, took)
        if problem is not None:
            if status is None:
                self.silent.add(endpoint_id)
            raise Later(problem)

    def _post(self, row: Claimed, receiver: Receiver) -> tuple[int | None, str | None, int]:
        """(HTTP status, what went wrong, milliseconds). Signed anew for each try, so that the receiver can refuse old ones."""
        body = json.dumps(row.payload, ensure_ascii=False, separators=(",", ":")).encode()
        with reading(self.store_id) as tx:
            now = int(tx.now.timestamp())
        headers = {
            "Host": _host(receiver.url), "Content-Type": "application/json", "User-Agent": "Opencals-Webhooks/1", "webhook-id": f"msg_{row.message_id}",
            "webhook-timestamp": str(now), "webhook-signature": webhooks.signature(receiver.secret or "", f"msg_{row.message_id}", now, body)}
        begun = monotonic()
        try:
            status = post(receiver.url, body, headers, anywhere=self.settings.sandbox_url is not None)
        except Unreachable as error:
            return None, str(error), int((monotonic() - begun) * 1000)
        problem = None if 200 <= status < 300 else f"answered {status}" + (": redirects are not followed" if 300 <= status < 400 else "")
        return status, problem, int((monotonic() - begun) * 1000)

    def _receiver(self, endpoint_id: int) -> Receiver | None:
        if endpoint_id not in self.receivers:
            with reading(self.store_id) as tx:
                row = tx.db.execute(select(WebhookEndpoint.url, WebhookEndpoint.active, WebhookEndpoint.key_id, WebhookEndpoint.epoch).where(
                    WebhookEndpoint.store_id == tx.store_id, WebhookEndpoint.id == endpoint_id, WebhookEndpoint.removed_at.is_(None))).one_or_none()
            self.receivers[endpoint_id] = None if row is None else Receiver(
                row.url, row.active, webhooks.secret(self.store_id, endpoint_id, row.key_id, row.epoch))
        return self.receivers[endpoint_id]

    def _note(self, row: Claimed, endpoint_id: int, status: int | None, problem: str | None, took_ms: int) -> None:
        with transaction(self.store_id, SYSTEM) as tx:
            tx.db.execute(insert(WebhookAttempt).values(store_id=tx.store_id, outbox_id=row.id, endpoint_id=endpoint_id, at=tx.now, status=status,
                                                        took_ms=took_ms, problem=problem))


def deliver_webhooks(store_id: int, settings: Settings, *, keep_going: Callable[[], bool] = lambda: True) -> Delivered:
    """Hand over what is due for a store. Safe to run twice at once: rows are leased."""
    return deliver(store_id, WebhookCarrier(settings, store_id), batch=40, keep_going=keep_going)


def _host(url: str) -> str:
    return url.split("://", 1)[1].split("/")[0].split("?")[0]
