"""Every text of ours that is shown to customers, found in the sources: what catalogues must translate."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = ("booking/wording", "booking/documents", "messages", "storefront")
TEMPLATES = ("messages/templates", "storefront/templates")
SINGULAR, PLURAL = ("_", "gettext"), ("ngettext",)
TABLES = ("HISTORY",)
"""Dictionaries whose values are translated when they are looked up."""
MERCHANTS = ("booking/wording/history", "booking/wording/shopify", "booking/wording/disputes", "booking/wording/extract", "messages/merchant_", "messages/team_")
"""Sentences for the shop's own people, who read English here."""


def texts() -> tuple[set[str], set[tuple[str, str]]]:
    """(texts, (singular, plural) pairs)."""
    singular: set[str] = set()
    plural: set[tuple[str, str]] = set()
    for path in _sources(PYTHON, "*.py"):
        _read(ast.parse(path.read_text()), singular, plural)
    for path in _sources(TEMPLATES, "*.*"):
        for code in re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(), re.S):
            for name, first, second in _calls(code):
                if name in PLURAL:
                    plural.add((first, second))
                else:
                    singular.add(first)
    return singular - {first for first, _ in plural}, plural


def _sources(folders: tuple[str, ...], pattern: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.is_file() and not str(path.relative_to(ROOT)).startswith(MERCHANTS):
                yield path


def _read(tree: ast.AST, singular: set[str], plural: set[tuple[str, str]]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and getattr(node.targets[0], "id", "") in TABLES:
            singular |= {value.value for value in node.value.values if isinstance(value, ast.Constant)}
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
        given = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name in PLURAL and len(given) == 2:
            plural.add((given[0], given[1]))
        elif name in SINGULAR and given:
            singular.add(given[0])


def _calls(code: str) -> Iterator[tuple[str, str, str]]:
    """Calls of the translating functions in a template expression: literal arguments in either quotes."""
    quoted = r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    for match in re.finditer(rf"\b(_|gettext|ngettext)\(\s*{quoted}(?:\s*,\s*{quoted})?", code):
        yield match[1], ast.literal_eval(match[2]), ast.literal_eval(match[3]) if match[3] else ""
