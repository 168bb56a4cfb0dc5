"""The first import of a shop's customers: asked for in bulk, read in whole, then applied; each step goes on where it stopped."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import select

from booking.shopify.first_import import apply_staged, begin_import, expect_objects, finish_reading, stage
from booking.shopify.remote import remote_of
from gateways.shopify import bulk, documents
from gateways.shopify.wire import Drift, Unreachable
from models.session import reading
from models.shopify_import import ShopifyImport
from sync.shopify.shop import SYNC, Shop, keep

LOOK_AGAIN = timedelta(seconds=10)
BATCH = 250
MOST_SECONDS = 60.0


def go_on(shop: Shop, subject: str, facts: dict[str, Any]) -> datetime | None:
    """The next steps, for a minute at most. Returns when to go on."""
    until = monotonic() + MOST_SECONDS
    with reading(shop.store_id) as tx:
        row, now = tx.db.execute(select(ShopifyImport).where(ShopifyImport.store_id == shop.store_id)).one_or_none(), tx.now
    if row is None or row.state == "asked":
        begin_import(shop.store_id, SYNC, _ask(shop))
        return now + LOOK_AGAIN
    if row.state in ("running", "reading"):
        url = _poll(shop, row)
        if url is None:
            return now + LOOK_AGAIN
        if not _read(shop, url, until):
            return now
    while row.state != "done" and apply_staged(shop.store_id, SYNC, BATCH).facts["left"]:
        if monotonic() >= until or not keep(shop):
            return now
    return None


def _ask(shop: Shop) -> str:
    """The operation that runs for us already (an answer was lost), or a new one."""
    running = shop.run(documents.BULK_RUNNING)["bulkOperations"]["nodes"]
    ours = next((operation["id"] for operation in running if operation["query"].split() == documents.BULK_CUSTOMERS.split()), None)
    return ours or shop.change(documents.BULK_RUN, query=documents.BULK_CUSTOMERS)["bulkOperation"]["id"]


def _poll(shop: Shop, row: Any) -> str | None:
    """The file's address once it is ready; "" when there is nothing in it."""
    operation = shop.run(documents.BULK_POLL, id=row.operation_gid).get("bulkOperation")
    status = operation["status"] if operation else "EXPIRED"
    if status in ("CREATED", "RUNNING"):
        return None
    if status != "COMPLETED":
        begin_import(shop.store_id, SYNC, None)
        raise Unreachable(f"the bulk operation has ended: {status}")
    if row.state == "running":
        expect_objects(shop.store_id, SYNC, int(operation["rootObjectCount"]))
    return operation["url"] or ""


def _read(shop: Shop, url: str, until: float) -> bool:
    """Stage line after line from where the last reader stopped; False when there is more. The file counts only when it is whole."""
    with reading(shop.store_id) as tx:
        start = tx.db.execute(select(ShopifyImport.read_bytes).where(ShopifyImport.store_id == shop.store_id)).scalar_one()
    batch: list[tuple[str, dict[str, Any]]] = []
    position = start
    for line, position in bulk.lines(url, start) if url else ():
        batch.append(_parsed(line))
        if len(batch) == BATCH:
            stage(shop.store_id, SYNC, batch, position)
            batch = []
            if monotonic() >= until or not keep(shop):
                return False
    if batch:
        stage(shop.store_id, SYNC, batch, position)
    if not finish_reading(shop.store_id, SYNC).facts["whole"]:
        raise Drift("the file is not whole; it is read again")
    return True


def _parsed(line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        body = json.loads(line)
        return remote_of(body).gid, body
    except (ValueError, KeyError, TypeError) as error:
        raise Drift(f"a line of the file: {type(error).__name__}") from error
