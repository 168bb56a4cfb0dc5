"""Connected accounts: made by the platform, finished by their owners on a page, and left again."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.stripe.errors import invalid
from sandbox.stripe.events import Events
from sandbox.stripe.state import Object, State

PLATFORM = ""
"""What belongs to the platform itself has no account."""
LINKS_LIVE_S = 300
BEGINNING = ["business_profile.url", "business_type", "external_account", "representative.first_name", "tos_acceptance.date"]
OUTCOMES = {
    "ready": {"charges_enabled": True, "payouts_enabled": True, "details_submitted": True, "due": [], "reason": None},
    "no_bank": {"charges_enabled": True, "payouts_enabled": False, "details_submitted": True, "due": ["external_account"], "reason": None},
    "checking": {"charges_enabled": False, "payouts_enabled": False, "details_submitted": True, "due": [], "reason": "requirements.pending_verification"},
    "stopped": {"charges_enabled": False, "payouts_enabled": False, "details_submitted": True, "due": ["representative.verification.document"],
                "reason": "requirements.past_due"},
    "unfinished": {"charges_enabled": False, "payouts_enabled": False, "details_submitted": False, "due": BEGINNING[1:], "reason": "requirements.past_due"},
}
"""How an owner, or Stripe, leaves an account."""


class Accounts:
    """Objects of the platform; accounts nobody made here count as ready."""

    def __init__(self, state: State, events: Events) -> None:
        self.state, self.events = state, events

    def create(self, p: dict[str, Any]) -> Object:
        made = self.state.new(
            PLATFORM, "account", type="none", controller=p.get("controller") or {}, email=p.get("email"), metadata=p.get("metadata") or {},
            country=p.get("country") or "US", default_currency="usd", business_profile=p.get("business_profile") or {}, charges_enabled=False,
            payouts_enabled=False, details_submitted=False, requirements=_requirements(BEGINNING, "requirements.past_due"))
        return made

    def get(self, wanted: str) -> Object:
        """Refused for an account whose owner has left the platform."""
        made = self.state.objects.get((PLATFORM, wanted))
        if made is None:
            return {"id": wanted, "object": "account", "type": "standard", "country": "US", "default_currency": "usd", "created": 1700000000,
                    "metadata": {}, "business_profile": {"name": "Sandbox shop"}, "requirements": _requirements([], None),
                    **{name: True for name in ("charges_enabled", "payouts_enabled", "details_submitted")}}
        self.check(wanted)
        return made

    def check(self, account: str) -> None:
        made = self.state.objects.get((PLATFORM, account))
        if made is not None and made.get("_left"):
            raise invalid("The provided key does not have access to this account (or that account does not exist). Application access may have"
                          " been revoked.", code="account_invalid", status=403)

    def link(self, p: dict[str, Any]) -> Object:
        """An address that works once, for five minutes."""
        self.get(p["account"])
        if p["type"] != "account_onboarding":
            raise invalid("Accounts with a Stripe dashboard are updated there.", param="type")
        for name in ("return_url", "refresh_url"):
            if not p.get(name):
                raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
        return self.state.new(PLATFORM, "account_link", _account=p["account"], _token=secrets.token_urlsafe(24), _used=False,
                              _return=p["return_url"], _refresh=p["refresh_url"], expires_at=self.state.seconds() + LINKS_LIVE_S)

    def by_token(self, token: str) -> Object | None:
        return next((made for _, made in self.state.each(PLATFORM, "account_link") if made["_token"] == token), None)

    def token_of(self, link_id: str) -> str:
        return self.state.get(PLATFORM, "account_link", link_id)["_token"]

    def open_link(self, link: Object) -> bool:
        """Whether the link still works; from now on it does not."""
        works = not link["_used"] and self.state.seconds() < link["expires_at"]
        self.state.save(PLATFORM, link | {"_used": True})
        return works

    def leave(self, account: str, outcome: str) -> Object:
        """The account as its owner or Stripe leaves it; the platform is told."""
        to = OUTCOMES[outcome]
        made = self.state.save(PLATFORM, self.get(account) | {
            **{name: to[name] for name in ("charges_enabled", "payouts_enabled", "details_submitted")},
            "requirements": _requirements(to["due"], to["reason"])})
        self.events.emit(account, "account.updated", made)
        return made

    def deauthorize(self, account: str) -> Object:
        """The owner takes the platform's permission away."""
        made = self.state.save(PLATFORM, self.get(account) | {"_left": True})
        self.events.emit(account, "account.application.deauthorized", {"id": "ca_sandbox", "object": "application", "name": "Opencals"})
        return made


def _requirements(due: list[str], reason: str | None) -> Object:
    return {"currently_due": due, "eventually_due": due, "past_due": due if reason == "requirements.past_due" else [],
            "pending_verification": ["business_profile.url"] if reason == "requirements.pending_verification" else [],
            "disabled_reason": reason, "current_deadline": None, "errors": []}
