"""Bulk operations: the query is run, its objects written as JSON lines, the file waits at a URL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

from sandbox.shopify import views
from sandbox.shopify.shop import Shop, Trouble

CUSTOMER_LINE = ("id", "firstName", "lastName", "locale", "state", "verifiedEmail", "updatedAt")


def run(shop: Shop, info: Any, query: str, groupObjects: bool = False) -> dict[str, Any]:
    """Only customers are asked for in bulk here. The operation completes on the next poll."""
    if "customers" not in query:
        raise Trouble(["query"], "Only the customers connection is served here")
    if any(op["status"] == "RUNNING" for op in shop.bulk.values()):
        raise Trouble(None, "A bulk query operation for this app and shop is already in progress")
    made = {"__typename": "BulkOperation", "id": shop.new("BulkOperation"), "status": "RUNNING", "errorCode": None, "objectCount": 0,
            "rootObjectCount": 0, "fileSize": None, "url": None, "createdAt": shop.instant(), "query": query}
    shop.bulk[made["id"]] = made
    threading.Timer(0.05, finish, (shop, made["id"])).start()
    return {"bulkOperation": dict(made, status="CREATED")}


def finish(shop: Shop, operation_gid: str) -> None:
    with shop.lock:
        operation = shop.bulk[operation_gid]
        operation.update(status="COMPLETED", objectCount=len(shop.customers), rootObjectCount=len(shop.customers),
                         fileSize=sum(map(len, lines(shop))), url=f"/bulk/{operation_gid.rsplit('/', 1)[1]}.jsonl" if shop.customers else None)
    shop.changed("bulk_operations/finish", {"admin_graphql_api_id": operation_gid, "status": "completed", "type": "query"})


def lines(shop: Shop) -> Iterator[bytes]:
    """One customer a line, by id."""
    for customer_gid in sorted(shop.customers):
        c = shop.customers[customer_gid]
        yield json.dumps({name: c[name] for name in CUSTOMER_LINE} | views.addresses(c), ensure_ascii=False).encode() + b"\n"
