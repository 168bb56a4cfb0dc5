"""200,000 random texts for the template editor: each is refused with its place, or filled to the letter; nothing is evaluated (A126)."""

from __future__ import annotations

import random

from booking.rules.template_text import TemplateError, fill, parse

COUNT = 200_000


def main(argv: list[str]) -> int:
    count = int(argv[0]) if argv else COUNT
    accepted = check_random_texts(count, seed=2026)
    print(f"{count} texts: {accepted} filled to the letter, {count - accepted} refused with line and column, 0 evaluated, 0 failed")
    return 0


def check_random_texts(count: int, seed: int) -> int:
    """How many of `count` random texts were accepted; every accepted one is its literals and values in order, and nothing else."""
    rng = random.Random(seed)
    pieces = ["{", "}", "{{", "}}", "{service}", "{shop}", "{x}", "service", "__class__", ".", "%", "\n", "\n\n", " ", "{{7*7}}", "{%", "\x00", "é", "{service.a}", "$"]
    values = {"service": "{shop}{{1}}", "shop": "%s}"}
    accepted = 0
    for _ in range(count):
        text = "".join(rng.choices(pieces, k=rng.randrange(12)))
        try:
            parts = parse(text, values)
        except TemplateError as error:
            assert 1 <= error.line <= text.count("\n") + 1 and error.column >= 1
            continue
        accepted += 1
        expected, rest = "", text
        for part in parts:
            if isinstance(part, str):
                source = part.replace("{", "{{").replace("}", "}}")
                expected += part
            else:
                source = f"{{{part.name}}}"
                expected += values[part.name]
            assert rest.startswith(source)
            rest = rest[len(source):]
        assert rest == "" and fill(text, values) == expected
    return accepted
