"""Webhooks: where the shop's own programs hear of changes (docs/webhooks.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from booking.actions import webhooks
from booking.actions.action import Done
from booking.rules.decision import Refused
from booking.webhook_log import deliveries
from models.session import Tx, reading
from models.webhook_endpoint import WebhookEndpoint
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, owners_only
from shopify_app.api.shapes import webhooks as s
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.things import Thing, given


def _webhooks(tx: Tx, rows: Sequence[Row]) -> list[s.WebhookOut]:
    return [s.WebhookOut(id=str(row.id), url=row.url, topics=row.topics, active=row.active, created_at=row.created_at) for row in rows]


WEBHOOKS = Thing("webhooks", WebhookEndpoint, _webhooks, order="created_at")


def _with_secret(tx: Tx, done: Done) -> s.WebhookOut:
    facts = done.facts or {}
    return WEBHOOKS.one(tx, facts["id"]).model_copy(update={"secret": facts["secret"]})


def _present(tx: Tx, webhook_id: int) -> Row:
    row = WEBHOOKS.row(tx, webhook_id)
    if row.removed_at is not None:
        raise Refused("not_found")
    return row


@operation("GET", "/webhooks", summary="Webhooks", query=PAGING, answer=Listing[s.WebhookOut], allow=owners_only)
def list_webhooks(call: Call) -> Any:
    return WEBHOOKS.page(call, WebhookEndpoint.removed_at.is_(None))


@operation("POST", "/webhooks", summary="Add a webhook; this answer alone carries its secret, and a repeat under the same Idempotency-Key", body=s.WebhookIn, answer=s.WebhookOut, status=201,
           allow=owners_only)
def post_webhook(call: Call) -> Any:
    return call.act(webhooks.create_webhook, show=_with_secret, **call.body.model_dump())


@operation("GET", "/webhooks/{id}", summary="A webhook", answer=s.WebhookOut, allow=owners_only)
def get_webhook(call: Call, id: str) -> Any:
    with reading(call.store_id) as tx:
        return WEBHOOKS.show(tx, [_present(tx, number(id))])[0]


@operation("PATCH", "/webhooks/{id}", summary="Change a webhook", body=s.WebhookPatch, answer=s.WebhookOut, allow=owners_only)
def patch_webhook(call: Call, id: str) -> Any:
    return WEBHOOKS.write(call, webhooks.update_webhook, number(id), **given(call.body))


@operation("DELETE", "/webhooks/{id}", summary="Remove a webhook", answer=Nothing, allow=owners_only)
def delete_webhook(call: Call, id: str) -> None:
    WEBHOOKS.remove(call, webhooks.delete_webhook, number(id))


@operation("POST", "/webhooks/{id}/secret", summary="A new secret, in force at once", body=s.EmptyIn, answer=s.WebhookOut,
           allow=owners_only)
def post_webhook_secret(call: Call, id: str) -> Any:
    return call.act(webhooks.renew_webhook_secret, number(id), show=_with_secret)


@operation("POST", "/webhooks/{id}/ping", summary="Send an event without content, to see whether the receiver answers", body=s.EmptyIn, answer=Nothing,
           allow=owners_only)
def post_ping(call: Call, id: str) -> None:
    call.act(webhooks.ping_webhook, number(id), show=lambda tx, done: None)


@operation("GET", "/webhooks/{id}/deliveries", summary="What was sent there, newest first", query=PAGING, answer=Listing[s.WebhookDeliveryOut],
           allow=owners_only)
def list_webhook_deliveries(call: Call, id: str) -> Any:
    limit, position = call.limit(), call.position(f"deliveries:{id}")
    with reading(call.store_id) as tx:
        found = deliveries(tx, _present(tx, number(id)).id, limit=limit + 1, before=position[0] if position else None)
    items = [s.WebhookDeliveryOut(
        id=str(d.id), topic=d.topic, state=d.state, booking=d.booking, created_at=d.created_at, sent_at=d.sent_at,
        attempts=[s.WebhookAttemptOut(at=a.at, status=a.status, took_ms=a.took_ms, problem=a.problem) for a in d.attempts]) for d in found[:limit]]
    return {"items": items, "next": call.next(f"deliveries:{id}", [found[limit - 1].id]) if len(found) > limit else None}


@operation("POST", "/webhooks/{id}/deliveries/{delivery}/redeliver", summary="Send an event again", body=s.EmptyIn, answer=Nothing,
           allow=owners_only)
def post_redeliver(call: Call, id: str, delivery: str) -> None:
    call.act(webhooks.redeliver_webhook, number(id), number(delivery), show=lambda tx, done: None)
