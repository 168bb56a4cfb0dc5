"""Texts with names in them: `{service}` is replaced by a value, `{manage_link}` by a part of the message. Names only: nothing is
ever evaluated, and what a value contains is never read again (A126)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

NAME = re.compile(r"[a-z][a-z_]{0,39}")


class TemplateError(ValueError):
    """What is wrong, and where: `line` and `column` count from 1."""

    def __init__(self, text: str, position: int, problem: str) -> None:
        self.line = text.count("\n", 0, position) + 1
        self.column = position - (text.rfind("\n", 0, position) + 1) + 1
        self.problem = problem
        super().__init__(f"line {self.line}, column {self.column}: {problem}")


@dataclass(frozen=True, slots=True)
class Name:
    """A placeholder, and where it stands."""

    name: str
    position: int


Part = str | Name


def parse(text: str, names: Collection[str]) -> list[Part]:
    """Literal texts and placeholders in order; `{{` and `}}` are literal braces. TemplateError for everything else with a brace."""
    parts: list[Part] = []
    literal, at = [], 0
    while at < len(text):
        here = text[at]
        if here not in "{}":
            literal.append(here)
            at += 1
        elif text[at:at + 2] in ("{{", "}}"):
            literal.append(here)
            at += 2
        elif here == "}":
            raise TemplateError(text, at, "a closing brace without an opening one; write }} for a brace")
        else:
            found = NAME.match(text, at + 1)
            if found is None or text[found.end():found.end() + 1] != "}":
                raise TemplateError(text, at, "after { comes the name of a placeholder and }; write {{ for a brace")
            if found[0] not in names:
                raise TemplateError(text, at, f"{{{found[0]}}} is not a placeholder of this message")
            if literal:
                parts.append("".join(literal))
                literal = []
            parts.append(Name(found[0], at))
            at = found.end() + 1
    if literal:
        parts.append("".join(literal))
    return parts


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with the values in it. Every name must have one (checked when it was saved)."""
    return "".join(part if isinstance(part, str) else values[part.name] for part in parse(text, values))


def blocks(text: str, values: Collection[str], elements: Collection[str]) -> list[tuple[str, str]]:
    """Paragraphs, parted by empty lines: ("text", its text) or ("element", name). An element stands alone in its paragraph."""
    found: list[tuple[str, str]] = []
    for match in re.finditer(r"(?:(?!\n[ \t]*\n).)+", text.replace("\r\n", "\n"), re.S):
        paragraph, start = match[0], match.start()
        if not paragraph.strip():
            continue
        try:
            parts = parse(paragraph, {*values, *elements})
        except TemplateError as error:
            raise _moved(text, start, paragraph, error) from None
        inside = [part for part in parts if isinstance(part, Name) and part.name in elements]
        if not inside:
            found.append(("text", paragraph.strip("\n")))
        elif paragraph.strip() == f"{{{inside[0].name}}}":
            found.append(("element", inside[0].name))
        else:
            raise TemplateError(text, start + inside[0].position, f"{{{inside[0].name}}} must stand in a paragraph of its own")
    return found


def _moved(text: str, start: int, paragraph: str, error: TemplateError) -> TemplateError:
    """The same problem, counted in the whole text."""
    lines = paragraph.split("\n")
    offset = sum(len(line) + 1 for line in lines[:error.line - 1]) + error.column - 1
    return TemplateError(text, start + offset, error.problem)
