"""Store credit given at Shopify, and how much of it is left there (R23, R21)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from booking.shopify.credits import (
    WantedCredit, ask_for_credit, keep_credit_here, known_transactions, note_credit_left, open_credits, settle_credit, wanted_credit,
)
from gateways.shopify import documents
from gateways.shopify.wire import Drift, ScopeMissing, UserErrors
from models.session import reading
from sync.shopify.orders import major, minor
from sync.shopify.shop import SYNC, Shop, keep

CLOCKS = timedelta(minutes=1)
"""So far their clock may be behind ours when we look for what an earlier try has done."""
BATCH = 100


def give(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """Give one credit, once. The mutation knows no idempotency key: so the intent is kept first, and a repeat looks for its own work."""
    with reading(shop.store_id) as tx:
        wanted = wanted_credit(tx, int(subject))
    if wanted is None:
        return
    made = _made_before(shop, wanted) if wanted.asked_at else None
    if made is None:
        if wanted.customer_gid is None:
            keep_credit_here(shop.store_id, SYNC, wanted, "the customer is not known there any more")
            return
        ask_for_credit(shop.store_id, SYNC, wanted.credit_id)
        try:
            made = shop.change(documents.STORE_CREDIT, id=wanted.customer_gid, credit={
                "creditAmount": {"amount": major(wanted.amount, wanted.currency), "currencyCode": wanted.currency},
                "expiresAt": wanted.expires_at and _second(wanted.expires_at).isoformat(), "notify": False})["storeCreditAccountTransaction"]["id"]
        except (UserErrors, ScopeMissing) as refused:
            keep_credit_here(shop.store_id, SYNC, wanted, str(refused))
            return
    settle_credit(shop.store_id, SYNC, wanted, made)


def _made_before(shop: Shop, wanted: WantedCredit) -> str | None:
    """The transaction of an earlier try: as much, with the same end, since we first asked, and no other credit of ours."""
    assert wanted.asked_at is not None
    since = _second(wanted.asked_at) - CLOCKS
    customer = shop.run(documents.STORE_CREDITS, id=wanted.customer_gid).get("customer") if wanted.customer_gid else None
    found = []
    for account in customer["storeCreditAccounts"]["nodes"] if customer else ():
        page = account["transactions"]
        fresh = [one for one in page["nodes"] if one and datetime.fromisoformat(one["createdAt"]) >= since]
        if page["pageInfo"]["hasNextPage"] and len(fresh) == len(page["nodes"]):
            raise Drift("more store credit since then than one look shows")
        found += [one for one in fresh if _same(one, wanted)]
    with reading(shop.store_id) as tx:
        known = known_transactions(tx, [one["id"] for one in found])
    return min((one["id"] for one in found if one["id"] not in known), key=lambda gid: (len(gid), gid), default=None)


def _same(one: dict[str, Any], wanted: WantedCredit) -> bool:
    end = one["expiresAt"] and _second(datetime.fromisoformat(one["expiresAt"]))
    return one["amount"]["currencyCode"] == wanted.currency and minor({"shopMoney": one["amount"]}, wanted.currency) == wanted.amount \
        and end == (wanted.expires_at and _second(wanted.expires_at))


def look_what_is_left(shop: Shop, subject: str, facts: dict[str, Any]) -> None:
    """Take over how much of the credits given there is left; what has been spent at the checkout is not left here either."""
    after = 0
    while True:
        with reading(shop.store_id) as tx:
            batch = open_credits(tx, after, BATCH)
        if not batch:
            return
        nodes = shop.run(documents.CREDIT_LEFT, ids=list(batch))["nodes"]
        note_credit_left(shop.store_id, SYNC, {batch[node["id"]][0]: minor({"shopMoney": node["remainingAmount"]}, node["remainingAmount"]["currencyCode"])
                                               for node in nodes if node and node.get("id") in batch})
        after = max(credit_id for credit_id, _ in batch.values())
        keep(shop)


def _second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
