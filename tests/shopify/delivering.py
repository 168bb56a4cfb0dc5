"""A webhook as Shopify sends it, into the application without a socket."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from gateways.shopify.signature import signed as signature
from sandbox.shopify.deliveries import COMPLIANCE
from tests.shopify.tokens import SECRET


def deliver(app: Flask, store: Any, webhook: dict[str, Any], *, triggered_at: datetime | None = None, secret: str = SECRET,
            webhook_id: str | None = None, **headers: str) -> TestResponse:
    raw = json.dumps(webhook["payload"]).encode()
    path = "/webhooks/shopify/compliance" if webhook["topic"] in COMPLIANCE else "/webhooks/shopify"
    return app.test_client().post(path, data=raw, headers={
        "X-Shopify-Topic": webhook["topic"], "X-Shopify-Hmac-Sha256": signature(raw, secret), "X-Shopify-Shop-Domain": store.shop.domain,
        "X-Shopify-Webhook-Id": webhook_id or str(uuid.uuid4()), "X-Shopify-Triggered-At": (triggered_at or store.now).isoformat()} | headers)
