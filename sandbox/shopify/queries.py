"""The root fields of queries."""

from __future__ import annotations

import re
from typing import Any

from sandbox.shopify import credits, views
from sandbox.shopify.shop import Shop, gid

DAY = re.compile(r"updated_at:>='?([0-9]{4}-[0-9]{2}-[0-9]{2})")


def roots(shop: Shop) -> dict[str, Any]:
    """Field name -> callable(info, **arguments)."""
    return {
        "shop": lambda info: _shop(shop),
        "currentAppInstallation": lambda info: {"id": gid("AppInstallation", 1), "accessScopes": [{"handle": s} for s in shop.scopes.split(",") if s],
                                                "activeSubscriptions": []},
        "shopLocales": lambda info, published=None: [{"locale": shop.locale, "primary": True, "published": True, "name": shop.locale}],
        "customer": lambda info, id: _one(shop, shop.customers, id, views.customer),
        "customerByIdentifier": lambda info, identifier: _by_identifier(shop, identifier),
        "customers": lambda info, **page: _page(shop, shop.customers, views.customer, page),
        "order": lambda info, id: _one(shop, shop.orders, id, views.order),
        "orders": lambda info, **page: _page(shop, shop.orders, views.order, page),
        "nodes": lambda info, ids: [_node(shop, wanted) for wanted in ids],
        "bulkOperations": lambda info, **page: views.connection([op for op in shop.bulk.values() if op["status"] == "RUNNING"]),
        "bulkOperation": lambda info, id: shop.bulk.get(id),
    }


def _shop(shop: Shop) -> dict[str, Any]:
    return {"id": gid("Shop", shop.number), "name": shop.name, "myshopifyDomain": shop.domain, "email": shop.email, "contactEmail": shop.email,
            "currencyCode": shop.currency, "ianaTimezone": shop.zone, "primaryDomain": {"url": f"https://{shop.domain}", "host": shop.domain},
            "customerAccountsV2": {"customerAccountsVersion": shop.accounts}}


def _one(shop: Shop, things: dict[str, Any], wanted: str, view: Any) -> dict[str, Any] | None:
    with shop.lock:
        found = things.get(wanted)
        return None if found is None else view(shop, found)


def _node(shop: Shop, wanted: str) -> dict[str, Any] | None:
    """Credit transactions are all that is asked for by id alone."""
    with shop.lock:
        return next((credits.transaction(shop, one) for one in credits.transactions(shop) if one["id"] == wanted), None)


def _by_identifier(shop: Shop, identifier: dict[str, Any]) -> dict[str, Any] | None:
    with shop.lock:
        if "id" in identifier:
            found = shop.customers.get(identifier["id"])
        elif "emailAddress" in identifier:
            found = shop.by_identity("email", identifier["emailAddress"])
        else:
            found = shop.by_identity("phone", identifier.get("phoneNumber") or "")
        return None if found is None else views.customer(shop, found)


def _page(shop: Shop, things: dict[str, Any], view: Any, page: dict[str, Any]) -> dict[str, Any]:
    """Sorted by change. `updated_at:>=` knows whole days only, as at Shopify."""
    with shop.lock:
        found = list(things.values())
        if day := DAY.search(page.get("query") or ""):
            found = [thing for thing in found if thing["updatedAt"][:10] >= day[1]]
        found.sort(key=lambda thing: (thing.get("updatedAt", ""), thing["id"]))
        if page.get("after"):
            mark = tuple(page["after"].split("|"))
            found = [thing for thing in found if (thing.get("updatedAt", ""), thing["id"]) > mark]
        first = page.get("first") or 50
        part = found[:first]
        cursor = f"{part[-1].get('updatedAt', '')}|{part[-1]['id']}" if part else None
        return views.connection([view(shop, thing) for thing in part], more=len(found) > first, cursor=cursor)
