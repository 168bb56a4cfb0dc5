"""The store's account at Stripe: how it stands, connecting it, leaving it (A90, R36, I20). For owners, as their screen is."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import select

from booking.actions.payment_accounts import disconnect_account
from booking.keys import settings
from booking.rules.decision import Refused
from gateways.stripe import accounts
from gateways.stripe.client import enabled
from gateways.stripe.errors import Busy, Trouble, Unsure
from jsonapi.problems import problem
from models.payment_account import PaymentAccount as P
from models.session import Tx, reading
from models.store import Store
from shopify_app.api.call import Call
from shopify_app.api.door import operation, owners_only
from shopify_app.api.shapes import payments_account as s
from shopify_app.api.shapes.base import Nothing
from shopify_app.api.shapes.bookings import EmptyIn

SILENT = "Stripe does not answer at the moment. Nothing has changed; try again in a minute."


def _account(tx: Tx) -> Any:
    return tx.db.execute(select(P).where(P.store_id == tx.store_id, P.ended_at.is_(None))).one_or_none()


def _out(tx: Tx) -> s.PaymentAccountOut:
    row = _account(tx)
    facts = {name: None if row is None else getattr(row, name) for name in ("charges_enabled", "payouts_enabled", "details_submitted", "looked_at")}
    needs = None if row is None else s.AccountNeeds(
        due=row.needs.get("due", []), past_due=row.needs.get("past_due", []), by=row.needs.get("by"), reason=row.needs.get("reason"))
    return s.PaymentAccountOut(
        connected=row is not None, available=enabled(), test_mode=settings().stripe_test_mode, opened_here=None if row is None else row.origin == "onboarding",
        needs=needs, dashboard_url=accounts.at_stripe("dashboard"), **facts)


def _there() -> None:
    if not enabled():
        raise Refused("not_allowed", kind="payments")


@operation("GET", "/payment-account", summary="The store's account at Stripe, as of the last look there", answer=s.PaymentAccountOut,
           allow=owners_only)
def get_payment_account(call: Call) -> Any:
    with reading(call.store_id) as tx:
        return _out(tx)


@operation("POST", "/payment-account/connect", summary="Begin connecting, or go on with it: a page of Stripe's for the owner; no second account is made",
           body=EmptyIn, answer=s.ConnectOut, repeats="Each call gives a fresh address; the account behind it is the same",
           allow=owners_only)
def post_payment_connect(call: Call) -> Any:
    _there()
    with reading(call.store_id) as tx:
        back, again = _back(tx, call, "stripe"), _back(tx, call, "again")
    try:
        return s.ConnectOut(url=accounts.onboard(call.store_id, call.actor, back, again))
    except (Busy, Unsure):
        return _silent()
    except Trouble as trouble:
        return problem(502, "unavailable", title="Stripe refuses this", detail=trouble.message or trouble.code)


@operation("POST", "/payment-account/look", summary="Ask Stripe now how the account stands", body=EmptyIn, answer=s.PaymentAccountOut,
           repeats="Looking again changes nothing", allow=owners_only, also=(404,))
def post_payment_look(call: Call) -> Any:
    _there()
    with reading(call.store_id) as tx:
        account = _account(tx)
    if account is None:
        raise Refused("not_found")
    try:
        accounts.look(call.store_id, account.id)
    except Trouble:
        return _silent()
    with reading(call.store_id) as tx:
        return _out(tx)


@operation("DELETE", "/payment-account", summary="Take no more money there; refunds of what it took still go through it", answer=Nothing,
           allow=owners_only)
def delete_payment_account(call: Call) -> None:
    call.act(disconnect_account, show=lambda tx, done: None)


def _back(tx: Tx, call: Call, how: str) -> str:
    """Where Stripe sends the owner back to: the app in the Shopify admin they came from, or the screen at the store's host."""
    if call.actor.kind == "user":
        shop = tx.db.execute(select(Store.shopify_domain).where(Store.store_id == tx.store_id)).scalar_one()
        return f"https://{shop}/admin/apps/{settings().shopify_api_key}"
    return f"{call.origin}/admin/settings/payments?from={how}"


def _silent() -> Response:
    response = problem(503, "unavailable", detail=SILENT)
    response.headers["Retry-After"] = "60"
    return response
