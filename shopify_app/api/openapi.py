"""The OpenAPI 3.1 document, made from the table of operations and the shapes that validate requests: it cannot drift."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flask import jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shopify_app.api.door import OPERATIONS, PREFIX, Operation, blueprint
from shopify_app.api.shapes import Nothing, Problem


@blueprint.get("/api/openapi.json")
def openapi():  # noqa: ANN201
    return jsonify(document())


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole document."""
    models: list[type[BaseModel]] = [Problem]
    for op in OPERATIONS:
        models += [m for m in (op.body, op.answer) if m is not None and m is not Nothing and m not in models]
    names, schemas = models_json_schema([(m, "validation") for m in models], ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for op in OPERATIONS:
        paths.setdefault(PREFIX + op.path, {})[op.method.lower()] = _operation(op, names)
    return {
        "openapi": "3.1.0", "info": {"title": "Opencals merchant API", "version": "1"}, "paths": paths,
        "security": [{"token": []}],
        "components": {"schemas": schemas["$defs"], "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}}


def _operation(op: Operation, names: dict) -> dict[str, Any]:
    def ref(model: type[BaseModel]) -> dict[str, Any]:
        return names[model, "validation"]

    def problem(text: str) -> dict[str, Any]:
        return {"description": text, "content": {"application/problem+json": {"schema": ref(Problem)}}}

    good: dict[str, Any] = {"description": op.summary}
    if op.answer is not Nothing:
        good["content"] = {"application/json": {"schema": ref(op.answer)}}
    entry: dict[str, Any] = {
        "operationId": op.name, "summary": op.summary,
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in re.findall(r"{(\w+)}", op.path)]
        + [{"name": name, "in": "query", "description": text, "schema": {"type": "string"}} for name, text in op.query.items()],
        "responses": {str(op.status): good, "401": problem("No valid token"), "422": problem("Wrong fields")}}
    if "{" in op.path:
        entry["responses"]["404"] = problem("Unknown")
    if op.method != "GET":
        entry["parameters"].append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}})
        entry["responses"]["409"] = problem("Refused")
    if op.body is not None:
        entry["requestBody"] = {"required": bool(op.body.model_json_schema().get("required")), "content": {"application/json": {"schema": ref(op.body)}}}
    return entry
