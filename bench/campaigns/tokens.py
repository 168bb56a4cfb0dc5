"""Session tokens of every mixture of claims and secrets, 20,000 or as many as asked: only the two right shapes pass (R9, I39)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from booking.shopify_tokens import BadToken, admin_caller, customer_caller
from tests.shopify.tokens import KEY, OLD_SECRET, SECRET, SHOP, signed

SECRETS = (SECRET, OLD_SECRET)


def main(argv: list[str]) -> int:
    number = int(argv[0]) if argv else 20_000
    passed, wrong = walk(number)
    print(f"{number} mixed tokens: {passed['admin']} of the admin and {passed['customer']} of customers pass, {len(wrong)} answered wrongly {wrong[:3]}")
    return 1 if wrong else 0


def passes(read: Callable[..., object], token: str) -> bool:
    try:
        read(token, KEY, SECRETS)
        return True
    except BadToken:
        return False


def walk(number: int, seed: int = 39) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """How many tokens pass as each kind, and the claims of those that were read otherwise than they must be."""
    chance, now = random.Random(seed), int(time.time())
    later = now + 7200  # the walk may take minutes on a busy machine
    values = {
        "iss": [None, f"https://{SHOP}/admin", "https://other.myshopify.com/admin", "https://evil.example/admin", SHOP],
        "dest": [f"https://{SHOP}", SHOP, None, "https://evil.example", "evil.myshopify.com.example"],
        "aud": [KEY, "other", None], "sub": ["42", "gid://shopify/Customer/7", None, "gid://shopify/Order/7", "0", "x"],
        "sid": [None, "aa11"], "exp": [later, now - 60, None], "nbf": [now, later, None], "jti": ["j", None], "iat": [now]}
    secrets = [SECRET, SECRET, SECRET, OLD_SECRET, "z" * 45]
    passed, wrong = {"admin": 0, "customer": 0}, []
    for _ in range(number):
        claims = {name: chance.choice(options[:1] * 4 + options) for name, options in values.items()}
        if chance.random() < 0.4:
            claims |= {"iss": values["iss"][1], "sid": "aa11", "sub": "42"}
        secret = chance.choice(secrets)
        sound = secret in SECRETS and claims["dest"] in (f"https://{SHOP}", SHOP) and claims["aud"] == KEY and claims["exp"] == later \
            and claims["nbf"] == now and claims["jti"] == "j"
        admin = sound and claims["iss"] == f"https://{SHOP}/admin" and claims["sid"] == "aa11" and claims["sub"] == "42"
        customer = sound and claims["sid"] is None and not str(claims["iss"]).endswith("/admin") \
            and claims["sub"] in (None, "gid://shopify/Customer/7")
        token = signed(claims, secret)
        if (passes(admin_caller, token), passes(customer_caller, token)) != (admin, customer):
            wrong.append(claims)
        passed["admin"] += admin
        passed["customer"] += customer
    return passed, wrong
