"""A store's own account at Stripe: made once, finished on Stripe's own pages, and looked at again when something changes (I16, I17).

Accounts have Stripe's full dashboard, pay Stripe's fees themselves and answer for their own losses; payments are direct charges.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from booking.actions.onboard_account import (AccountState, Needs, account_left, await_account, begin_onboarding, finish_onboarding, record_account,
                                             take_due_accounts)
from booking.keys import settings
from gateways.stripe.client import METADATA, Object, account_by_id, sdk
from gateways.stripe.errors import Unknown, Wrong, understood
from models.actor import SYSTEM, Actor
from models.session import reading

OWN: dict[str, Any] = {"fees": {"payer": "account"}, "losses": {"payments": "stripe"}, "requirement_collection": "stripe",
                       "stripe_dashboard": {"type": "full"}}
CLOCKS_APART_S = 86_400
LEFT = "account_invalid"
"""How Stripe refuses a platform that may no longer act for an account."""


def onboard(store_id: int, by: Actor, return_url: str, refresh_url: str) -> str:
    """The address at Stripe where the store's owner gives what is needed; the account is made first where there is none. It works once
    and for some minutes. Raises Trouble when Stripe does not answer; repeating it makes no second account."""
    begun = begin_onboarding(store_id, by).facts
    account_id = begun["account_id"]
    if account_id is None:
        found = None if begun["fresh"] else _made_before(begun["onboarding_id"], int(begun["since"].timestamp()) - CLOCKS_APART_S)
        account_id = finish_onboarding(store_id, by, begun["onboarding_id"], found or _make(begun)).facts["account_id"]
    with reading(store_id) as tx:
        name = account_by_id(tx, account_id).name
    with understood():
        link = sdk().v1.account_links.create({"account": name, "return_url": return_url, "refresh_url": refresh_url, "type": "account_onboarding"})
    await_account(store_id, SYSTEM, account_id)
    return link.url


def look(store_id: int, account_id: int) -> None:
    """Take over what Stripe says of the account. One that Stripe no longer lets us act for has been left by its owner."""
    with reading(store_id) as tx:
        account = account_by_id(tx, account_id)
    try:
        state = fetch(account.name)
    except (Unknown, Wrong) as refused:
        if isinstance(refused, Unknown) or refused.code == LEFT:
            account_left(store_id, SYSTEM, account_id)
            return
        raise
    record_account(store_id, SYSTEM, account_id, told(state))


def look_again(store_id: int) -> None:
    """Accounts whose owners were sent to Stripe, until nothing is awaited."""
    for account_id in take_due_accounts(store_id, SYSTEM).facts["accounts"]:
        look(store_id, account_id)


def fetch(name: str) -> Object:
    """An account by its id at Stripe. Raises Unknown or Wrong where this installation may not act for it."""
    with understood():
        return sdk().v1.accounts.retrieve(name).to_dict()


def told(account: Object) -> AccountState:
    """What an account object says; requirements may be missing on accounts that need none."""
    asked = account.get("requirements") or {}
    deadline = asked.get("current_deadline")
    return AccountState(
        bool(account.get("charges_enabled")), bool(account.get("payouts_enabled")), bool(account.get("details_submitted")),
        Needs(tuple(asked.get("currently_due") or ()), tuple(asked.get("past_due") or ()), tuple(asked.get("pending_verification") or ()),
              asked.get("disabled_reason"), datetime.fromtimestamp(deadline, UTC) if deadline else None))


def at_stripe(path: str) -> str:
    """Where the shop's people see something at Stripe themselves: `path` as in `disputes/du_1`."""
    if (base := _stand_in()) is not None:
        return f"{base}/stripe/{path}"
    return f"https://dashboard.stripe.com/{'test/' if settings().stripe_test_mode else ''}{path}"


def pages_origin() -> str:
    """Where Stripe's own pages for accounts are, for the rule what a form may lead to (I48)."""
    return _stand_in() or "https://connect.stripe.com"


def _stand_in() -> str | None:
    """The sandbox's Stripe, which shows its own pages; never in production, where only the API may have another address."""
    return None if settings().environment == "production" else settings().stripe_api_base


def _make(begun: dict[str, Any]) -> str:
    """A new account, under a key that derives from the intent's row."""
    known: dict[str, Any] = {"email": begun["email"]} if begun["email"] else {}
    with understood():
        return sdk().v1.accounts.create(
            known | {"controller": OWN, "business_profile": {"name": begun["name"]}, "metadata": METADATA | {"onboarding": str(begun["onboarding_id"])}},
            {"idempotency_key": f"account-{begun['onboarding_id']}"}).id


def _made_before(onboarding_id: int, since: int) -> str | None:
    """The account an earlier try made, by what we wrote on it, whatever became of the key."""
    with understood():
        for found in sdk().v1.accounts.list({"created": {"gte": since}, "limit": 100}).auto_paging_iter():
            made = found.to_dict()
            if (made["metadata"] or {}).get("onboarding") == str(onboarding_id):
                return made["id"]
    return None
