"""Store credit accounts: one a customer and currency, credited by apps and the shop, spent at the checkout."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graphql import GraphQLError

from booking.rules.money import exponent
from sandbox.shopify.shop import Shop, Trouble

CURRENCIES = frozenset({"USD", "EUR", "GBP", "CAD", "AUD", "CHF", "JPY", "BRL", "MXN", "SEK"})


def credit(shop: Shop, info: Any, id: str, creditInput: dict[str, Any]) -> dict[str, Any]:
    """`storeCreditAccountCredit`: the account is opened where there is none. No idempotency key: a repeat is another credit."""
    if "write_store_credit_account_transactions" not in shop.scopes.split(","):
        raise GraphQLError("Access denied for storeCreditAccountCredit field.", extensions={"code": "ACCESS_DENIED"})
    wanted, currency = creditInput["creditAmount"], creditInput["creditAmount"]["currencyCode"]
    owner = next((a["owner"] for a in shop.credit_accounts.values() if a["id"] == id), id)
    if owner not in shop.customers:
        raise Trouble(["id"], "Owner does not exist", "OWNER_NOT_FOUND")
    if owner != id and shop.credit_accounts[owner, currency]["id"] != id:
        raise Trouble(["creditInput", "creditAmount", "currencyCode"], "The currency does not match the account", "MISMATCHING_CURRENCY")
    if currency not in CURRENCIES:
        raise Trouble(["creditInput", "creditAmount", "currencyCode"], "The currency is not supported", "UNSUPPORTED_CURRENCY")
    amount = round(float(wanted["amount"]) * 10 ** exponent(currency))
    if amount <= 0:
        raise Trouble(["creditInput", "creditAmount", "amount"], "A positive amount must be used", "NEGATIVE_OR_ZERO_AMOUNT")
    until = creditInput.get("expiresAt")
    if until is not None and _instant(until) <= shop.now():
        raise Trouble(["creditInput", "expiresAt"], "The expiry date must be in the future", "EXPIRES_AT_IN_PAST")
    return {"storeCreditAccountTransaction": transaction(shop, add(shop, owner, amount, currency, until and _instant(until).isoformat()))}


def add(shop: Shop, owner: str, amount: int, currency: str, until: str | None = None) -> dict[str, Any]:
    """Credit an account; the shop's own people do it in the admin. The transaction as it is kept."""
    with shop.lock:
        account = shop.credit_accounts.setdefault((owner, currency), {
            "id": shop.new("StoreCreditAccount"), "owner": owner, "currency": currency, "transactions": []})
        made = {"id": shop.new("StoreCreditAccountCreditTransaction"), "account": (owner, currency), "amount": amount, "left": amount,
                "createdAt": shop.instant(), "expiresAt": until}
        account["transactions"].append(made)
        return made


def spend(shop: Shop, owner: str, amount: int, currency: str) -> None:
    """At the checkout: what ends first is spent first."""
    with shop.lock:
        for one in sorted(shop.credit_accounts[owner, currency]["transactions"], key=lambda one: (one["expiresAt"] is None, one["expiresAt"] or "")):
            part = min(amount, one["left"])
            one["left"], amount = one["left"] - part, amount - part
        if amount:
            raise Trouble(None, "Insufficient store credit")


def balance(shop: Shop, owner: str, currency: str) -> int:
    account = shop.credit_accounts.get((owner, currency))
    return sum(one["left"] for one in account["transactions"]) if account else 0


def transactions(shop: Shop) -> list[dict[str, Any]]:
    """Every credit of the shop, oldest first."""
    return [one for account in shop.credit_accounts.values() for one in account["transactions"]]


def accounts(shop: Shop, owner: str, first: int | None) -> list[dict[str, Any]]:
    return [_account(shop, account) for (whose, _), account in shop.credit_accounts.items() if whose == owner][:first]


def transaction(shop: Shop, one: dict[str, Any]) -> dict[str, Any]:
    account = shop.credit_accounts[one["account"]]
    return {"__typename": "StoreCreditAccountCreditTransaction", "id": one["id"], "createdAt": one["createdAt"], "expiresAt": one["expiresAt"],
            "amount": _money(one["amount"], account["currency"]), "remainingAmount": _money(one["left"], account["currency"]),
            "balanceAfterTransaction": _money(balance(shop, *one["account"]), account["currency"]), "event": "ADJUSTMENT",
            "account": lambda info: _account(shop, account)}


def _account(shop: Shop, account: dict[str, Any]) -> dict[str, Any]:
    return {"id": account["id"], "balance": _money(balance(shop, account["owner"], account["currency"]), account["currency"]),
            "transactions": lambda info, **page: _history(shop, account, page)}


def _history(shop: Shop, account: dict[str, Any], page: dict[str, Any]) -> dict[str, Any]:
    found = [transaction(shop, one) for one in account["transactions"]][::-1 if page.get("reverse") else 1]
    return {"nodes": found[:page.get("first")], "pageInfo": {"hasNextPage": len(found) > (page.get("first") or len(found)), "hasPreviousPage": False}}


def _money(amount: int, currency: str) -> dict[str, str]:
    digits = exponent(currency)
    return {"amount": f"{amount / 10 ** digits:.{digits}f}", "currencyCode": currency}


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
