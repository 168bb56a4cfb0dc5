"""Admin GraphQL as Shopify answers it: validated against its schema, counted against the shop's bucket, throttled with a 200."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationType, execute, get_named_type, is_leaf_type, parse, validate
from graphql.language import FieldNode, FragmentSpreadNode, InlineFragmentNode
from graphql.validation import NoDeprecatedCustomRule

from sandbox.shopify import mutations, queries
from sandbox.shopify.schema import admin_schema
from sandbox.shopify.shop import Shop

MOST_COST = 1000


class Bucket:
    """Leaky: `most` points, refilled at `rate` a second of real time."""

    def __init__(self, most: int, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.rate, self.clock = most, rate, clock
        self.points, self.at, self.lock = float(most), clock(), threading.Lock()

    def take(self, cost: float) -> bool:
        with self.lock:
            now = self.clock()
            self.points, self.at = min(self.most, self.points + (now - self.at) * self.rate), now
            if cost > self.points:
                return False
            self.points -= cost
            return True

    def give(self, cost: float) -> None:
        with self.lock:
            self.points = min(self.most, self.points + cost)

    def status(self) -> dict[str, float]:
        return {"maximumAvailable": float(self.most), "currentlyAvailable": int(self.points), "restoreRate": float(self.rate)}


def answer(shop: Shop, bucket: Bucket, body: dict[str, Any], *, throttle: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the answer, what /shopify/calls.json tells of the call)."""
    text, variables = str(body.get("query") or ""), body.get("variables") or {}
    document, errors, deprecated = _read(text)
    call = {"shop": shop.domain, "operation": None, "valid": not errors, "errors": [e.message for e in errors], "variables": variables,
            "deprecated": [e.message for e in deprecated], "throttled": False, "cost": None, "user_errors": []}
    if document is None or errors:
        return {"errors": [{"message": e.message} for e in errors]}, call
    operation = document.definitions[0]
    call["operation"] = operation.name.value if operation.name else None
    call["kind"] = operation.operation.value
    cost = _cost(document, variables)
    call["cost"] = cost
    if cost > MOST_COST:
        return {"errors": [{"message": f"Query cost is {cost}", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}, call
    if throttle or not bucket.take(cost):
        call["throttled"] = True
        return {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": {
            "requestedQueryCost": cost, "actualQueryCost": None, "throttleStatus": bucket.status()}}}, call
    root = mutations.roots(shop) if operation.operation == OperationType.MUTATION else queries.roots(shop)
    result = execute(admin_schema(), document, root_value=root, variable_values=variables)
    data = result.data
    for payload in (data or {}).values():
        if isinstance(payload, dict):
            call["user_errors"] += payload.get("userErrors") or payload.get("orderCancelUserErrors") or []
    given: dict[str, Any] = {"data": data, "extensions": {"cost": {
        "requestedQueryCost": cost, "actualQueryCost": cost, "throttleStatus": bucket.status()}}}
    if result.errors:
        given["errors"] = [{"message": e.message, "path": e.path, **({"extensions": e.extensions} if e.extensions else {})} for e in result.errors]
        call["errors"] += [e.message for e in result.errors]
    return given, call


@lru_cache(maxsize=500)
def _read(text: str) -> tuple[DocumentNode | None, list[GraphQLError], list[GraphQLError]]:
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, [error], []
    schema = admin_schema()
    return document, validate(schema, document), validate(schema, document, [NoDeprecatedCustomRule])


def _cost(document: DocumentNode, variables: dict[str, Any]) -> int:
    """Scalars 0, objects 1, connections by their size, a mutation 10 (the documented estimate)."""
    schema = admin_schema()
    fragments = {d.name.value: d for d in document.definitions if d.kind == "fragment_definition"}
    operation = document.definitions[0]

    def of(selection: Any, parent: Any) -> float:
        total = 0.0
        for node in selection.selections if selection else ():
            if isinstance(node, FragmentSpreadNode):
                total += of(fragments[node.name.value].selection_set, parent)
            elif isinstance(node, InlineFragmentNode):
                total += of(node.selection_set, parent)
            elif isinstance(node, FieldNode) and node.name.value in getattr(parent, "fields", {}):
                kind = get_named_type(parent.fields[node.name.value].type)
                if is_leaf_type(kind):
                    continue
                inside = of(node.selection_set, kind)
                total += 2 + _size(node) * inside / 10 if kind.name.endswith("Connection") else 1 + inside
        return total

    def _size(node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value = argument.value
                return int(variables.get(value.name.value) or 1) if value.kind == "variable" else int(value.value)
        return 10

    base = 10 if operation.operation == OperationType.MUTATION else 0
    root = schema.mutation_type if base else schema.query_type
    return base or max(1, round(of(operation.selection_set, root)))
