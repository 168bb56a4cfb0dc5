"""The people of a seeded shop; the same for the same shop, so that the sandbox's services know them too."""

from __future__ import annotations

import random

from sandbox.seed.businesses import FIRST_NAMES, LAST_NAMES

CUSTOMERS = 60


def people_of(slug: str) -> list[tuple[str, str, str]]:
    """(name, address, phone); the same for the same shop."""
    chance = random.Random(slug)
    people = []
    for number in range(CUSTOMERS):
        first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[(number * 7 + number // len(FIRST_NAMES)) % len(LAST_NAMES)]
        people.append((f"{first} {last}", f"{first.lower()}.{last.lower()}@example.com", f"+1212555{chance.randint(100, 199):04d}"))
    return people
