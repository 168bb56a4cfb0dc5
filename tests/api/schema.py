"""Whether a value fits a JSON Schema, for the keywords our document uses. Unknown keywords are an error, so none is skipped silently."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float)}
SILENT = {"title", "description", "default", "discriminator"}


def problems_of(doc: dict[str, Any], schema: dict[str, Any], value: Any, at: str = "$") -> list[str]:
    """Every place where `value` does not fit."""
    found: list[str] = []
    for keyword, rule in schema.items():
        if keyword in SILENT or (keyword == "additionalProperties" and isinstance(value, dict) and rule is True):
            continue
        found += RULES[keyword](doc, schema, rule, value, at)
    return found


def _reference(doc: dict, schema: dict, rule: str, value: Any, at: str) -> list[str]:
    node: Any = doc
    for part in rule.removeprefix("#/").split("/"):
        node = node[part]
    return problems_of(doc, node, value, at)


def _type(doc: dict, schema: dict, rule: str, value: Any, at: str) -> list[str]:
    right = isinstance(value, TYPES[rule]) and not (isinstance(value, bool) and rule in ("integer", "number"))
    return [] if right else [f"{at}: {value!r} is not {rule}"]


def _any(doc: dict, schema: dict, rule: list, value: Any, at: str) -> list[str]:
    tries = [problems_of(doc, option, value, at) for option in rule]
    return [] if any(not problems for problems in tries) else [f"{at}: fits nothing of {tries}"]


def _properties(doc: dict, schema: dict, rule: dict, value: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [p for name, part in rule.items() if name in value for p in problems_of(doc, part, value[name], f"{at}.{name}")]


def _additional(doc: dict, schema: dict, rule: Any, value: Any, at: str) -> list[str]:
    more = set(value) - set(schema.get("properties", {})) if isinstance(value, dict) else set()
    if rule is False:
        return [f"{at}.{name}: is not known" for name in sorted(more)]
    return [p for name in more for p in problems_of(doc, rule, value[name], f"{at}.{name}")]


def _format(doc: dict, schema: dict, rule: str, value: Any, at: str) -> list[str]:
    if not isinstance(value, str):
        return []
    try:
        if rule == "date-time" and datetime.fromisoformat(value).tzinfo is None:
            return [f"{at}: {value} has no offset"]
        if rule == "date":
            date.fromisoformat(value)
    except ValueError:
        return [f"{at}: {value} is not {rule}"]
    return []


def _items(doc: dict, schema: dict, rule: dict, value: Any, at: str) -> list[str]:
    return [p for n, item in enumerate(value) for p in problems_of(doc, rule, item, f"{at}[{n}]")] if isinstance(value, list) else []


def _when(condition: Any, kinds: Any) -> Any:
    def check(doc: dict, schema: dict, rule: Any, value: Any, at: str) -> list[str]:
        return [f"{at}: {value!r} against {rule}"] if isinstance(value, kinds) and not condition(value, rule) else []
    return check


RULES = {
    "$ref": _reference, "type": _type, "anyOf": _any, "oneOf": _any, "properties": _properties, "additionalProperties": _additional,
    "items": _items, "format": _format,
    "required": _when(lambda value, rule: set(rule) <= set(value), dict),
    "propertyNames": _when(lambda value, rule: set(value) <= set(rule.get("enum", value)), dict),
    "enum": _when(lambda value, rule: value in rule, object), "const": _when(lambda value, rule: value == rule, object),
    "pattern": _when(lambda value, rule: re.search(rule, value) is not None, str),
    "minLength": _when(lambda value, rule: len(value) >= rule, str), "maxLength": _when(lambda value, rule: len(value) <= rule, str),
    "minItems": _when(lambda value, rule: len(value) >= rule, list), "maxItems": _when(lambda value, rule: len(value) <= rule, list),
    "minimum": _when(lambda value, rule: value >= rule, (int, float)), "maximum": _when(lambda value, rule: value <= rule, (int, float)),
}
