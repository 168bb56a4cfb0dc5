"""Webhooks: add, change, see each try, send again (E120, E121)."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import request
from sqlalchemy import select

from booking import webhooks as events
from booking.actions.webhooks import create_webhook, delete_webhook, ping_webhook, redeliver_webhook, renew_webhook_secret, update_webhook
from booking.rules.decision import Refused
from booking.webhook_log import deliveries
from booking.wording.outside import outside_text
from models.session import Tx, reading
from models.webhook_endpoint import WebhookEndpoint
from shopify_app.dashboard.door import OWNER, Visit, screen
from shopify_app.dashboard.typed import Typed, as_id, differences, must_be_id

PAGE = 30


@screen("/webhooks", roles=OWNER, methods=("GET", "POST"))
def webhooks(visit: Visit) -> Any:
    if request.method == "GET":
        return _list(visit, {"topics": list(events.TOPICS)})
    typed = Typed(visit.words)
    try:
        done = create_webhook(visit.store_id, visit.actor, url=typed.text("url", 1001), topics=typed.form.getlist("topics")[:50])
    except Refused as refused:
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _list(visit, typed.shown("topics"), problems=typed.problems, status=422)
    return visit.go(f"/webhooks/{(done.facts or {})['id']}", done="added")


@screen("/webhooks/<int:webhook_id>", roles=OWNER, methods=("GET", "POST"))
def webhook(visit: Visit, webhook_id: int) -> Any:
    stored = _stored(visit, webhook_id)
    if request.method == "GET":
        return _show(visit, webhook_id, stored)
    typed = Typed(visit.words)
    fields = typed.shown("topics")
    try:
        update_webhook(visit.store_id, visit.actor, webhook_id, version=typed.version(), url=typed.text("url", 1001),
                       topics=typed.form.getlist("topics")[:50], active=typed.flag("active"))
    except Refused as refused:
        if refused.code == "stale":
            theirs = _stored(visit, webhook_id)
            labels = {"url": visit.words._("Address"), "topics": visit.words._("Events"), "active": visit.words._("On")}
            return _show(visit, webhook_id, fields | {"version": theirs["version"]}, status=409, conflict=differences(
                labels, theirs, fields, lambda name, value: ", ".join(value) if isinstance(value, list) else str(value or "")))
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _show(visit, webhook_id, fields, problems=typed.problems, status=422)
    return visit.go(f"/webhooks/{webhook_id}", done="saved")


@screen("/webhooks/<int:webhook_id>/secret", roles=OWNER, methods=("POST",))
def renew_secret(visit: Visit, webhook_id: int) -> Any:
    renew_webhook_secret(visit.store_id, visit.actor, must_be_id(webhook_id))
    return visit.go(f"/webhooks/{webhook_id}", done="secret_renewed")


@screen("/webhooks/<int:webhook_id>/ping", roles=OWNER, methods=("POST",))
def ping(visit: Visit, webhook_id: int) -> Any:
    ping_webhook(visit.store_id, visit.actor, must_be_id(webhook_id))
    return visit.go(f"/webhooks/{webhook_id}", done="pinged")


@screen("/webhooks/<int:webhook_id>/remove", roles=OWNER, methods=("POST",))
def remove_webhook(visit: Visit, webhook_id: int) -> Any:
    delete_webhook(visit.store_id, visit.actor, must_be_id(webhook_id))
    return visit.go("/webhooks", done="removed")


@screen("/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>", roles=OWNER, methods=("POST",))
def send_again(visit: Visit, webhook_id: int, delivery_id: int) -> Any:
    redeliver_webhook(visit.store_id, visit.actor, must_be_id(webhook_id), must_be_id(delivery_id))
    return visit.go(f"/webhooks/{webhook_id}", done="pinged")


def _list(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    with reading(visit.store_id) as tx:
        rows = tx.db.execute(select(WebhookEndpoint).where(
            WebhookEndpoint.store_id == tx.store_id, WebhookEndpoint.removed_at.is_(None)).order_by(WebhookEndpoint.created_at)).all()
        last = {row.id: next(iter(deliveries(tx, row.id, limit=1)), None) for row in rows}
    return visit.show("webhooks.html", here="api", rows=[(row, last[row.id]) for row in rows], form=form, topics=events.TOPICS, problems=problems or {},
                      status=status)


def _stored(visit: Visit, webhook_id: int) -> dict[str, Any]:
    with reading(visit.store_id) as tx:
        row = _row(tx, webhook_id)
    return {"url": row.url, "topics": row.topics, "active": "1" if row.active else "", "version": str(row.version)}


def _row(tx: Tx, webhook_id: int) -> Any:
    row = tx.db.execute(select(WebhookEndpoint).where(WebhookEndpoint.store_id == tx.store_id, WebhookEndpoint.id == must_be_id(webhook_id),
                                                      WebhookEndpoint.removed_at.is_(None))).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row


def _show(visit: Visit, webhook_id: int, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200,
          conflict: list[tuple[str, str, str]] | None = None) -> Any:
    with reading(visit.store_id) as tx:
        row = _row(tx, webhook_id)
        log = deliveries(tx, row.id, limit=PAGE + 1, before=as_id(request.args.get("before")))
        secret = events.secret(tx.store_id, row.id, row.key_id, row.epoch)
    more = visit.url(f"/webhooks/{row.id}", before=log[PAGE - 1].id) if len(log) > PAGE else None
    return visit.show("webhook.html", here="api", row=row, form=form, topics=events.TOPICS, problems=problems or {}, status=status, conflict=conflict,
                      log=log[:PAGE], more=more, secret=secret, zone=visit.store.zone, said=partial(outside_text, visit.words))
