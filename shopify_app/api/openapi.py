"""The OpenAPI 3.1 document, made from the table of operations and the shapes that check requests and answers: it cannot drift."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from jsonapi.operations import Operation
from shopify_app.api.door import OPERATIONS, PREFIX, blueprint
from shopify_app.api.examples import EXAMPLES
from shopify_app.api.shapes.base import Csv, Nothing, Pdf, Problem

Section = tuple[str, Sequence[Operation], dict[str, Any]]
_SECTIONS: dict[str, Section] = {"token": (PREFIX, OPERATIONS, {"type": "http", "scheme": "bearer"})}
PROBLEMS = {400: "Not readable", 401: "No valid token", 403: "This person's role does not reach to it", 404: "Unknown, or of another store",
            409: "Refused: `code` says why", 413: "Larger than 256 KiB, a file to import than 5 MB",
            415: "Not JSON", 422: "Wrong fields, listed in `errors`", 429: "Too many requests: see Retry-After", 503: "Try again in a minute"}


@blueprint.get("/api/openapi.json")
def openapi() -> Response:
    return jsonify(document())


def include(security: str, section: Section) -> None:
    """Another API of the same application: (prefix, its operations, its security scheme) stand in the same document."""
    _SECTIONS[security] = section
    document.cache_clear()


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole document."""
    every = [(prefix, op, security) for security, (prefix, operations, _) in _SECTIONS.items() for op in operations]
    models: list[type[BaseModel]] = [Problem]
    for _, op, _ in every:
        models += [model for model in (op.body, op.answer) if model not in (None, Csv, Nothing, Pdf) and model not in models]
    names, schemas = models_json_schema([(model, "validation") for model in models], ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for prefix, op, security in every:
        paths.setdefault(prefix + op.path, {})[op.method.lower()] = _operation(op, names) | {"security": [{security: []}]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Opencals API", "version": "1",
                 "description": "Times are RFC 3339 with offset, durations ISO 8601, money minor units with their currency. Ids are opaque texts."},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"], "securitySchemes": {name: scheme for name, (_, _, scheme) in _SECTIONS.items()},
            "responses": {f"Problem{status}": {"description": text, "content": {"application/problem+json": {"schema": names[Problem, "validation"]}}}
                          for status, text in PROBLEMS.items()}}}


def _operation(op: Operation, names: dict[Any, Any]) -> dict[str, Any]:
    writes = op.method != "GET"
    good: dict[str, Any] = {"description": op.summary}
    if op.answer is Pdf:
        good["content"] = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
    elif op.answer is Csv:
        good["content"] = {"text/csv": {"schema": {"type": "string"}}}
    elif op.answer is not Nothing:
        good["content"] = {"application/json": {"schema": names[op.answer, "validation"]}}
    problems = [401, 422, 429, 503] + [403] * (op in OPERATIONS) + [404] * ("{" in op.path or op.may_lack) + [409, 413] * writes + [400, 415] * (op.body is not None)
    entry: dict[str, Any] = {
        "operationId": op.name, "summary": op.summary,
        "parameters": [_parameter("path", name, required=True) for name in re.findall(r"{(\w+)}", op.path)]
        + [_parameter("query", name, text) for name, text in op.query.items()],
        "responses": {str(op.status): good} | {str(p): {"$ref": f"#/components/responses/Problem{p}"} for p in sorted(problems)}}
    if op.repeats:
        entry["description"] = op.repeats + "."
    elif writes:
        entry["parameters"].append(_parameter("header", "Idempotency-Key", "A repeat with the same key and request gets the first answer, secrets included, for 48 hours; it is kept encrypted",
                                              longest=255))
    if op.body is Csv:
        entry["requestBody"] = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
    elif op.body is not None:
        needed = any(field.is_required() for field in op.body.model_fields.values())
        content = {"schema": names[op.body, "validation"]} | ({"example": EXAMPLES[op.name]} if op.name in EXAMPLES else {})
        entry["requestBody"] = {"required": needed, "content": {"application/json": content}}
    return entry


def _parameter(where: str, name: str, text: str | None = None, *, required: bool = False, longest: int | None = None) -> dict[str, Any]:
    schema = {"type": "string"} | ({"maxLength": longest} if longest else {})
    return {"name": name, "in": where, "required": required, "schema": schema} | ({"description": text} if text else {})
