"""The root fields of mutations. Refusals are userErrors; a mutation with an idempotency key answers a repeat as the first time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.shopify import bulk, credits, orders, views
from sandbox.shopify.shop import Shop, Trouble

CUSTOMER_FIELDS = ("firstName", "lastName", "email", "phone", "locale", "note", "tags")


def roots(shop: Shop) -> dict[str, Any]:
    return {name: _guarded(shop, name, do) for name, do in {
        "customerCreate": _customer_create, "customerUpdate": _customer_update,
        "customerEmailMarketingConsentUpdate": _consent, "customerSmsMarketingConsentUpdate": _consent, "metafieldsSet": _metafields_set,
        "metafieldsDelete": _metafields_delete, "metafieldDefinitionCreate": _define, "refundCreate": _refund, "orderCancel": _cancel,
        "orderUpdate": _order_update, "tagsAdd": _tags_add, "bulkOperationRunQuery": bulk.run, "storeCreditAccountCredit": credits.credit,
    }.items()}


def _guarded(shop: Shop, name: str, do: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    errors = "orderCancelUserErrors" if name == "orderCancel" else "userErrors"

    def resolve(info: Any, **arguments: Any) -> dict[str, Any]:
        key = _key(info)
        if name == "refundCreate" and not key:
            return {"userErrors": [{"field": None, "message": "The @idempotent directive is required"}]}
        with shop.lock:
            if key and key in shop.answered:
                return shop.answered[key]
            try:
                answer = {errors: []} | do(shop, info, **arguments)
            except Trouble as trouble:
                return {errors: [{"field": trouble.args[0], "message": trouble.args[1], "code": trouble.args[2] if len(trouble.args) > 2 else "INVALID"}]}
            if key:
                shop.answered[key] = answer
            return answer

    return resolve


def _key(info: Any) -> str | None:
    for directive in info.field_nodes[0].directives or ():
        if directive.name.value == "idempotent":
            value = directive.arguments[0].value
            return info.variable_values.coerced[value.name.value] if value.kind == "variable" else value.value
    return None


def _customer_create(shop: Shop, info: Any, input: dict[str, Any]) -> dict[str, Any]:
    if not any(input.get(name) for name in ("firstName", "lastName", "email", "phone")):
        raise Trouble(["input"], "Customer must have a name, phone number or email address")
    made = shop.add_customer(**{name: input[name] for name in CUSTOMER_FIELDS if input.get(name) is not None})
    for channel in ("email", "sms"):
        if said := input.get(f"{channel}MarketingConsent"):
            shop.change_consent(made["id"], channel, said["marketingState"], _moment(said))
    if input.get("metafields"):
        _metafields_set(shop, info, [field | {"ownerId": made["id"]} for field in input["metafields"]])
    return {"customer": views.customer(shop, made)}


def _customer_update(shop: Shop, info: Any, input: dict[str, Any]) -> dict[str, Any]:
    changed = shop.change_customer(input["id"], **{name: input[name] for name in CUSTOMER_FIELDS if name in input})
    return {"customer": views.customer(shop, changed)}


def _consent(shop: Shop, info: Any, input: dict[str, Any]) -> dict[str, Any]:
    channel = "email" if "emailMarketingConsent" in input else "sms"
    said = input[f"{channel}MarketingConsent"]
    return {"customer": views.customer(shop, shop.change_consent(input["customerId"], channel, said["marketingState"], _moment(said)))}


def _moment(said: dict[str, Any]) -> str | None:
    """As Shopify keeps it: whole seconds in UTC."""
    at = said.get("consentUpdatedAt")
    return at and datetime.fromisoformat(str(at)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _metafields_set(shop: Shop, info: Any, metafields: list[dict[str, Any]]) -> dict[str, Any]:
    if len(metafields) > 25:
        raise Trouble(["metafields"], "Exceeded the maximum metafields input limit of 25")
    written = []
    for wanted in metafields:
        if wanted["ownerId"] not in shop.customers and wanted["ownerId"] not in shop.orders:
            raise Trouble(["metafields", "0", "ownerId"], "Owner does not exist")
        place = (wanted["ownerId"], wanted.get("namespace") or "$app", wanted["key"])
        shop.metafields[place] = {"id": shop.new("Metafield"), "namespace": place[1], "key": place[2], "type": wanted["type"],
                                  "value": wanted["value"], "updatedAt": shop.instant()}
        written.append(shop.metafields[place])
    return {"metafields": written}


def _metafields_delete(shop: Shop, info: Any, metafields: list[dict[str, Any]]) -> dict[str, Any]:
    gone = [shop.metafields.pop((wanted["ownerId"], wanted["namespace"], wanted["key"]), None) for wanted in metafields]
    return {"deletedMetafields": [wanted if was else None for wanted, was in zip(metafields, gone, strict=True)]}


def _define(shop: Shop, info: Any, definition: dict[str, Any]) -> dict[str, Any]:
    place = (definition["ownerType"], definition.get("namespace") or "$app", definition["key"])
    if place in shop.definitions:
        return {"createdDefinition": None, "userErrors": [{"field": ["definition", "key"], "message": "Key is in use", "code": "TAKEN"}]}
    shop.definitions[place] = {"id": shop.new("MetafieldDefinition"), "name": definition["name"]}
    return {"createdDefinition": shop.definitions[place]}


def _refund(shop: Shop, info: Any, input: dict[str, Any]) -> dict[str, Any]:
    sent = input.get("transactions") or []
    order = shop.orders.get(input["orderId"])
    known = {t["id"] for t in order["transactions"]} if order else set()
    if any(t.get("parentId") not in known or t["kind"] != "REFUND" for t in sent):
        raise Trouble(["transactions"], "Parent transaction does not belong to the order")
    made = orders.refund(shop, input["orderId"], note=input.get("note"), amount=sum(orders.minor(shop, t["amount"]) for t in sent),
                         lines=[(part["lineItemId"], part["quantity"]) for part in input.get("refundLineItems") or []])
    return {"refund": views.refund(shop, shop.orders[input["orderId"]], made), "order": views.order(shop, shop.orders[input["orderId"]])}


def _cancel(shop: Shop, info: Any, orderId: str, **wanted: Any) -> dict[str, Any]:
    orders.cancel(shop, orderId, give_back=bool((wanted.get("refundMethod") or {}).get("originalPaymentMethodsRefund")))
    return {"job": {"id": shop.new("Job"), "done": False}}


def _order_update(shop: Shop, info: Any, input: dict[str, Any]) -> dict[str, Any]:
    return {"order": views.order(shop, orders.annotate(shop, input["id"], note=input.get("note"), tags=input.get("tags")))}


def _tags_add(shop: Shop, info: Any, id: str, tags: list[str]) -> dict[str, Any]:
    if id in shop.orders:
        return {"node": views.order(shop, orders.annotate(shop, id, tags=tags))}
    return {"node": views.customer(shop, shop.change_customer(id, tags=sorted(set(shop.customers[id]["tags"]) | set(tags))))}
