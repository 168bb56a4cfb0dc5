"""Every text of ours that is shown to someone, found in the sources: what catalogues must translate.

Customers' texts and those only the shop's people read have a catalogue each. What both read stands in the customers'.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = ("booking/wording", "booking/documents", "messages", "storefront")
TEMPLATES = ("messages/templates", "storefront/templates")
SINGULAR, PLURAL = ("_", "gettext"), ("ngettext",)
TABLES = ("HISTORY", "LABELS", "MESSAGES", "PROBLEMS")
"""Dictionaries whose values are translated when they are looked up."""
PLURALS = ("COUNTS",)
"""Dictionaries whose values are (singular, plural) pairs."""
TEXTS = ("GROUPS", "UNKNOWN")
"""Constants whose capitalised texts are translated when they are looked up."""
MERCHANTS = ("booking/wording/deeds", "booking/wording/disputes", "booking/wording/extract", "booking/wording/fields", "booking/wording/history", "booking/wording/outside",
             "booking/wording/problems", "booking/wording/shopify", "booking/wording/topics", "shopify_app/dashboard/", "shopify_app/embed/")
"""Where the sentences for the shop's own people stand, but for mails, which are in the language of the store like those to customers."""
MERCHANT_PYTHON = (*PYTHON, "shopify_app/dashboard", "shopify_app/embed")
MERCHANT_TEMPLATES = ("shopify_app/dashboard/templates", "shopify_app/embed/templates")
Texts = tuple[set[str], set[tuple[str, str]]]


def texts() -> Texts:
    """What customers read: (texts, (singular, plural) pairs)."""
    return _found(PYTHON, TEMPLATES, merchants=False)


def merchant_texts() -> Texts:
    """What only the shop's people read, as `texts`."""
    singular, plural = _found(MERCHANT_PYTHON, MERCHANT_TEMPLATES, merchants=True)
    read, counted = texts()
    return singular - read - {first for first, _ in counted}, plural - counted


def _found(python: tuple[str, ...], templates: tuple[str, ...], *, merchants: bool) -> Texts:
    singular: set[str] = set()
    plural: set[tuple[str, str]] = set()
    for path in _sources(python, "*.py", merchants):
        _read(ast.parse(path.read_text()), singular, plural)
    for path in _sources(templates, "*.*", merchants):
        for code in re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(), re.S):
            for name, first, second in _calls(code):
                if name in PLURAL:
                    plural.add((first, second))
                else:
                    singular.add(first)
    return singular - {first for first, _ in plural}, plural


def _sources(folders: tuple[str, ...], pattern: str, merchants: bool) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.is_file() and path != Path(__file__) and str(path.relative_to(ROOT)).startswith(MERCHANTS) is merchants:
                yield path


def _read(tree: ast.AST, singular: set[str], plural: set[tuple[str, str]]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            _read_constant(node, singular, plural)
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
        given = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name in PLURAL and len(given) == 2:
            plural.add((given[0], given[1]))
        elif name in SINGULAR and given:
            singular.add(given[0])


def _read_constant(node: ast.Assign | ast.AnnAssign, singular: set[str], plural: set[tuple[str, str]]) -> None:
    name = getattr(node.targets[0] if isinstance(node, ast.Assign) else node.target, "id", "")
    if name in TABLES and isinstance(node.value, ast.Dict):
        singular |= {value.value for value in node.value.values if isinstance(value, ast.Constant)}
    elif name in PLURALS and isinstance(node.value, ast.Dict):
        plural |= {ast.literal_eval(value) for value in node.value.values}
    elif name in TEXTS and node.value is not None:
        singular |= {part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant) and str(part.value)[:1].isupper()}


def _calls(code: str) -> Iterator[tuple[str, str, str]]:
    """Calls of the translating functions in a template expression: literal arguments in either quotes."""
    quoted = r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    for match in re.finditer(rf"\b(_|gettext|ngettext)\(\s*{quoted}(?:\s*,\s*{quoted})?", code):
        yield match[1], ast.literal_eval(match[2]), ast.literal_eval(match[3]) if match[3] else ""
