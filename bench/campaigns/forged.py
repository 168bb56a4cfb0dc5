"""Forged link tokens, 100,000 of them over HTTP and in process: none is accepted (R3, A74, I31)."""

from __future__ import annotations

import random
import string
import sys
from urllib.parse import parse_qs, urlsplit

import httpx

from bench.campaigns import demo

TOKENS, OVER_HTTP = 100_000, 5_000
ALPHABET = string.ascii_letters + string.digits + "-_"


def main(argv: list[str]) -> int:
    facts = demo()
    booking = facts["stores"]["demo"]["customers"][1]["bookings"][0]
    parts = urlsplit(booking["manage_url"])
    token = parse_qs(parts.query)["token"][0]
    client = httpx.Client(base_url=f"http://127.0.0.1:{parts.port}", headers={"Host": parts.netloc}, timeout=30)
    assert client.get(parts.path, params={"token": token}).status_code == 200, "the true link must open"
    unknown = client.get("/manage/0000000000zz", params={"token": token}).text
    chance, accepted, bodies = random.Random(7), 0, set()
    number = int(argv[0]) if argv else OVER_HTTP
    for n in range(number):
        forged = forge(token, chance)
        answer = client.get(parts.path, params={"token": forged})
        accepted += answer.status_code != 404
        bodies.add(answer.text == unknown)
        if n % 1000 == 999:
            print(f"\r{n + 1} of {number} over HTTP", end="", file=sys.stderr)
    accepted += in_process(TOKENS - number, chance)
    print(f"\n{number} forged tokens over HTTP and {TOKENS - number} in process: {accepted} accepted; all answers equal the unknown booking's: {bodies == {True}}")
    return 0 if accepted == 0 and bodies == {True} else 1


def forge(token: str, chance: random.Random) -> str:
    """Near misses: one character changed, cut, doubled, another key id, other spelling, or random of the right length."""
    kid, _, body = token.partition(".")
    place = chance.randrange(len(body))
    return chance.choice((
        lambda: f"{kid}.{body[:place]}{chance.choice([c for c in ALPHABET if c != body[place]])}{body[place + 1:]}",
        lambda: token[:chance.randrange(len(token))], lambda: token + chance.choice(ALPHABET + "="), lambda: f"k{chance.randrange(2, 99)}.{body}",
        lambda: f"{kid}.{''.join(chance.choices(ALPHABET, k=len(body)))}", lambda: token.swapcase(), lambda: token.replace(".", "-"),
    ))()


def in_process(number: int, chance: random.Random) -> int:
    from booking import keys, links
    from settings import Settings

    keys.configure(Settings(database_url="postgresql://x", redis_url="redis://x", smtp_url="smtp://x", secret_key="x" * 40,
                            link_keys=(("k1", b"1" * 32), ("k0", b"0" * 32))))
    token = links.manage_token(42, "abcdefghjkmn", 1)
    assert links.check_token(token, 42, "abcdefghjkmn", 1)
    return sum(links.check_token(forge(token, chance), 42, "abcdefghjkmn", 1) for _ in range(number))
