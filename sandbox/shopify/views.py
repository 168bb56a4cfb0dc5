"""A shop's things as GraphQL sees them: dictionaries whose callables are fields with arguments."""

from __future__ import annotations

from typing import Any

from sandbox.shopify import credits, orders
from sandbox.shopify.shop import Shop, Trouble, number_of


def connection(nodes: list[Any], *, more: bool = False, cursor: str | None = None) -> dict[str, Any]:
    return {"nodes": nodes, "edges": [{"node": node, "cursor": node.get("id", "")} for node in nodes],
            "pageInfo": {"hasNextPage": more, "hasPreviousPage": False, "endCursor": cursor, "startCursor": None}}


def money(shop: Shop, amount: int) -> dict[str, Any]:
    value = {"amount": orders.text(shop, amount), "currencyCode": shop.currency}
    return {"shopMoney": value, "presentmentMoney": value}


def customer(shop: Shop, c: dict[str, Any]) -> dict[str, Any]:
    return {"__typename": "Customer", "id": c["id"], "legacyResourceId": number_of(c["id"]), "firstName": c["firstName"], "lastName": c["lastName"],
            "displayName": " ".join(filter(None, (c["firstName"], c["lastName"]))) or c["email"] or "", "locale": c["locale"],
            "state": c["state"], "verifiedEmail": c["verifiedEmail"], "tags": c["tags"], "note": c["note"], "createdAt": c["createdAt"],
            "updatedAt": c["updatedAt"], **addresses(c),
            "metafield": lambda info, key, namespace="$app": shop.metafields.get((c["id"], namespace, key)),
            "storeCreditAccounts": lambda info, first=None, **page: connection(credits.accounts(shop, c["id"], first)),
            "numberOfOrders": sum(o["customer"] == c["id"] for o in shop.orders.values())}


def addresses(c: dict[str, Any]) -> dict[str, Any]:
    """Both with what was said about news; somebody of whom nothing is kept has never said anything."""
    email = c.get("email_news") or {"state": "NOT_SUBSCRIBED", "at": None}
    sms = c.get("sms_news") or {"state": "NEVER_SUBSCRIBED", "at": None}
    return {
        "defaultEmailAddress": {"emailAddress": c["email"], "marketingState": email["state"], "marketingUpdatedAt": email["at"]} if c["email"] else None,
        "defaultPhoneNumber": {"phoneNumber": c["phone"], "smsMarketingConsent": {"state": sms["state"], "updatedAt": sms["at"]}} if c["phone"] else None}


def order(shop: Shop, o: dict[str, Any]) -> dict[str, Any]:
    buyer = shop.customers.get(o["customer"] or "")
    back = orders.given_back(o)
    return {"__typename": "Order", "id": o["id"], "legacyResourceId": number_of(o["id"]), "name": o["name"], "createdAt": o["createdAt"],
            "updatedAt": o["updatedAt"], "processedAt": o["processedAt"], "cancelledAt": o["cancelledAt"], "test": False, "email": o["email"],
            "phone": o["phone"], "customerLocale": shop.locale, "displayFinancialStatus": o["status"], "currencyCode": shop.currency,
            "taxesIncluded": False, "edited": o["edited"], "customer": customer(shop, buyer) if buyer else None, "note": o["note"],
            "tags": o["tags"], "refundable": back < orders.captured(o), "totalRefundedSet": money(shop, back),
            "lineItems": lambda info, first, after=None, **more: _lines(shop, o, first, int(after or 0)),
            "refunds": lambda info, first=None, **more: [refund(shop, o, part) for part in o["refunds"][:first]],
            "suggestedRefund": lambda info, **wanted: _suggested(shop, o, wanted.get("refundLineItems") or [])}


def _lines(shop: Shop, o: dict[str, Any], first: int, start: int) -> dict[str, Any]:
    return connection([line(shop, part) for part in o["lines"][start:start + first]], more=len(o["lines"]) > start + first, cursor=str(start + first))


def line(shop: Shop, part: dict[str, Any]) -> dict[str, Any]:
    price = money(shop, part["price"])
    return {"id": part["id"], "title": part["title"], "quantity": part["quantity"], "currentQuantity": part["current"],
            "refundableQuantity": part["quantity"] - part["refunded"], "variant": {"id": part["variant"]} if part["variant"] else None,
            "customAttributes": part["attributes"], "discountedUnitPriceAfterAllDiscountsSet": price, "originalUnitPriceSet": price,
            "taxLines": [{"priceSet": money(shop, part["tax"])}] if part["tax"] else []}


def refund(shop: Shop, o: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    by_gid = {line["id"]: line for line in o["lines"]}
    items = [{"lineItem": line(shop, by_gid[item["line"]]), "quantity": item["quantity"], "totalTaxSet": money(shop, item["tax"]),
              "subtotalSet": money(shop, item["amount"] - item["tax"])} for item in part["lines"]]
    sent = [{"status": t["status"], "amountSet": money(shop, t["amount"])} for t in part["transactions"]]
    return {"__typename": "Refund", "id": part["id"], "createdAt": part["createdAt"], "note": part["note"],
            "totalRefundedSet": money(shop, sum(t["amount"] for t in part["transactions"])),
            "refundLineItems": lambda info, **page: connection(items), "transactions": lambda info, **page: connection(sent)}


def _suggested(shop: Shop, o: dict[str, Any], wanted: list[dict[str, Any]]) -> dict[str, Any]:
    left = orders.captured(o) - orders.given_back(o)
    by_gid = {part["id"]: part for part in o["lines"]}
    if any(w["lineItemId"] not in by_gid for w in wanted):
        raise Trouble(["refundLineItems"], "Line item does not exist")
    due = min(left, sum(orders.total(by_gid[w["lineItemId"]], w["quantity"]) for w in wanted))
    suggestions = [{"amountSet": money(shop, due), "maximumRefundableSet": money(shop, left), "gateway": t["gateway"], "kind": "SUGGESTED_REFUND",
                    "parentTransaction": {"id": t["id"]}} for t in o["transactions"][:1]]
    return {"amountSet": money(shop, due), "maximumRefundableSet": money(shop, left), "suggestedTransactions": suggestions}
