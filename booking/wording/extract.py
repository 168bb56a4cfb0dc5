"""Every text of ours that is shown to someone, found in the sources: what catalogues must translate.

Customers' texts and those only the shop's people read have a catalogue each. What both read stands in the customers'.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, nodes

JINJA = Environment()
ROOT = Path(__file__).parents[2]
PYTHON = ("booking/wording", "booking/documents", "messages", "storefront")
TEMPLATES = ("messages/templates", "storefront/templates")
SINGULAR, PLURAL = ("_", "gettext"), ("ngettext",)
TABLES = ("HISTORY", "LABELS", "MESSAGES", "PROBLEMS", "KINDS", "VALUES", "ELEMENTS")
"""Dictionaries whose values are translated when they are looked up."""
PLURALS = ("COUNTS",)
"""Dictionaries whose values are (singular, plural) pairs."""
TEXTS = ("GROUPS", "UNKNOWN")
"""Constants whose capitalised texts are translated when they are looked up."""
MERCHANTS = ("booking/wording/deeds", "booking/wording/disputes", "booking/wording/fields", "booking/wording/history", "booking/wording/outside",
             "booking/wording/problems", "booking/wording/shopify", "booking/templates.py", "shopify_app/")
"""Where the sentences for the shop's own people stand, but for mails, whose texts stand with those to customers."""
MERCHANT_PYTHON = (*PYTHON, "booking/templates.py", "shopify_app/dashboard", "shopify_app/embed")
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


@lru_cache(maxsize=2)
def _found(python: tuple[str, ...], templates: tuple[str, ...], *, merchants: bool) -> Texts:
    singular: set[str] = set()
    plural: set[tuple[str, str]] = set()
    for path in _sources(python, "*.py", merchants):
        _read(ast.parse(path.read_text()), singular, plural)
    for path in _sources(templates, "*.*", merchants):
        for name, first, second in _calls(path.read_text()):
            if name in PLURAL:
                plural.add((first, second))
            else:
                singular.add(first)
    return singular - {first for first, _ in plural}, plural


def _sources(folders: tuple[str, ...], pattern: str, merchants: bool) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob(pattern)) or [ROOT / folder]:
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
        singular |= {part.value for value in node.value.values for part in ast.walk(value) if isinstance(part, ast.Constant)}
    elif name in PLURALS and isinstance(node.value, ast.Dict):
        plural |= {ast.literal_eval(value) for value in node.value.values}
    elif name in TEXTS and node.value is not None:
        singular |= {part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant) and str(part.value)[:1].isupper()}


def _calls(template: str) -> Iterator[tuple[str, str, str]]:
    """(function, first text, second text or "") of the calls of translating functions in a template."""
    for call in JINJA.parse(template).find_all(nodes.Call):
        name = call.node.attr if isinstance(call.node, nodes.Getattr) else getattr(call.node, "name", "")
        given = [arg.value for arg in call.args[:2] if isinstance(arg, nodes.Const) and isinstance(arg.value, str)]
        if name in PLURAL and len(given) == 2:
            yield name, given[0], given[1]
        elif name in SINGULAR and given:
            yield name, given[0], ""
