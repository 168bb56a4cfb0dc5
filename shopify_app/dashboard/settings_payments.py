"""Settings > Payments: the store's own account at Stripe, how it stands, and leaving it (A90, R36, I20)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Response, request
from sqlalchemy import select

from booking.actions.payment_accounts import disconnect_account
from booking.keys import settings
from booking.wording import Words
from gateways.stripe import accounts
from gateways.stripe.client import enabled
from gateways.stripe.errors import Busy, Trouble, Unsure
from models.payment_account import PaymentAccount
from models.session import Tx, reading
from shopify_app.dashboard.door import OWNER, Visit, screen

ANY = "other"


@screen("/settings/payments", roles=OWNER)
def payment_settings(visit: Visit) -> Any:
    return _show(visit)


@screen("/settings/payments/connect", roles=OWNER, methods=("POST",))
def connect_payments(visit: Visit) -> Any:
    """On to Stripe's own pages; the account is opened first where there is none."""
    if not enabled():
        return _show(visit, status=409)
    try:
        to = accounts.onboard(visit.store_id, visit.actor, _back(visit, "stripe"), _back(visit, "again"))
    except (Busy, Unsure):
        return _show(visit, status=503, problem=visit.words._("Stripe does not answer at the moment. Nothing has changed; please try again in a minute."))
    except Trouble as trouble:
        problem = visit.words._("Stripe refuses this: {reason}. Please tell whoever runs this installation.").format(reason=trouble.message or trouble.code)
        return _show(visit, status=502, problem=problem)
    # Stripe's pages stand in no frame: from the Shopify admin a link leads there.
    return _show(visit, on_to=to) if visit.frame else _led_to_stripe(Response("", 303, headers={"Location": to}))


@screen("/settings/payments/look", roles=OWNER, methods=("POST",))
def look_at_payments(visit: Visit) -> Any:
    """Ask Stripe now how the account stands."""
    with reading(visit.store_id) as tx:
        account = _account(tx)
    if account is not None and enabled():
        try:
            accounts.look(visit.store_id, account.id)
        except Trouble:
            return _show(visit, status=503, problem=visit.words._("Stripe does not answer at the moment. This is how it was when we last asked."))
    return visit.go("/settings/payments")


@screen("/settings/payments/disconnect", roles=OWNER, methods=("POST",))
def leave_payments(visit: Visit) -> Any:
    if request.form.get("sure") != "1":
        return _show(visit, status=422, unsure=visit.words._("Please tick the box if you mean it."))
    disconnect_account(visit.store_id, visit.actor)
    return visit.go("/settings/payments", done="disconnected")


def _back(visit: Visit, how: str) -> str:
    """Where Stripe sends the owner back to: this page, or the app in the Shopify admin they came from."""
    if visit.frame:
        shop = parse_qs(urlsplit(visit.frame.home).query)["shop"][0]
        return f"https://{shop}/admin/apps/{visit.frame.key}"
    return f"{request.host_url.rstrip('/')}{visit.url('/settings/payments')}?{urlencode({'from': how})}"


def _account(tx: Tx) -> Any:
    """What is kept of the account in use; None without one."""
    return tx.db.execute(select(
        PaymentAccount.id, PaymentAccount.origin, PaymentAccount.charges_enabled, PaymentAccount.payouts_enabled, PaymentAccount.details_submitted,
        PaymentAccount.needs, PaymentAccount.looked_at, PaymentAccount.look_at,
    ).where(PaymentAccount.store_id == tx.store_id, PaymentAccount.ended_at.is_(None))).one_or_none()


def _show(visit: Visit, *, problem: str | None = None, unsure: str | None = None, on_to: str | None = None, status: int = 200) -> Any:
    with reading(visit.store_id) as tx:
        account, before = _account(tx), tx.db.execute(select(PaymentAccount.id).where(
            PaymentAccount.store_id == tx.store_id, PaymentAccount.origin == "onboarding").limit(1)).first()
    w, came = visit.words, request.args.get("from")
    facts: dict[str, Any] = {"state": None, "needs": [], "asked": ""}
    if account is not None:
        kind, state, sentence = _state(w, account, visit.store.zone)
        facts = {"kind": kind, "state": state, "sentence": sentence, "needs": needs(w, [*account.needs.get("past_due", ()), *account.needs.get("due", ())]),
                 "asked": w.when(account.looked_at, visit.store.zone) if account.looked_at else "",
                 "finish": account.origin == "onboarding" and not (account.charges_enabled and account.payouts_enabled and not account.needs.get("due"))}
    page = visit.show("settings_payments.html", here="settings", status=status, on=enabled(), account=account, problem=problem, unsure=unsure,
                      on_to=on_to, again=came == "again", before=before is not None, test=settings().stripe_test_mode, stripe=accounts.at_stripe("dashboard"),
                      looking=came == "stripe" and account is not None and account.look_at is not None, **facts)
    return _led_to_stripe(page)


def _state(w: Words, account: Any, zone: str) -> tuple[str, str, str]:
    """(kind of badge, how it stands, what that means)."""
    needs_ = account.needs
    by = w.when(datetime.fromisoformat(needs_["by"]), zone) if needs_.get("by") else ""
    reason = needs_.get("reason") or ""
    if account.charges_enabled and account.payouts_enabled:
        if needs_.get("due"):
            return "warn", w._("More is needed"), (w._("Card payments work. Stripe asks for more by {when}, or it stops them.").format(when=by) if by
                                                   else w._("Card payments work. Stripe asks for more before long."))
        return "confirmed", w._("Connected"), w._("Card payments work, and Stripe pays them out to you.")
    if account.charges_enabled:
        return "warn", w._("No payouts yet"), w._("Card payments work, but Stripe keeps the money until it has what is missing.")
    if reason.startswith("rejected"):
        return "bad", w._("Refused"), w._("Stripe has refused this account. Please ask Stripe why.")
    if reason in ("requirements.pending_verification", "under_review", "listed"):
        return "pending", w._("Being checked"), w._("Stripe is checking your details. This can take some days; card payments begin by themselves.")
    if not account.details_submitted:
        return "pending", w._("Not finished"), w._("Stripe needs some details from you before customers can pay.")
    return "bad", w._("Stopped"), w._("Stripe takes no card payments for you until it has what is missing.")


def needs(w: Words, codes: list[str]) -> list[str]:
    """What Stripe asks for, in words, each thing once (Stripe, "Required verification information")."""
    found = dict.fromkeys(_need(w, code) for code in codes)
    more = found.pop(_need(w, ANY), 0)
    return [*found, *([_need(w, ANY)] if more is None else [])]


def _need(w: Words, code: str) -> str:
    whose, _, what = code.partition(".")
    if "verification" in code or "document" in code:
        return w._("Proof of the company, a document") if whose in ("company", "documents") else w._("Proof of who you are, a document")
    if whose == "business_profile":
        return w._("What the business does, and its website")
    if whose == "external_account":
        return w._("A bank account for payouts")
    if whose == "tos_acceptance":
        return w._("Your agreement to Stripe's terms")
    if whose in ("business_type", "company"):
        return w._("Details of the business")
    if whose in ("individual", "representative", "owners", "directors", "executives", "relationship") or whose.startswith("person_"):
        return w._("Details of the people behind the business")
    return w._("Further details Stripe names there")


def _led_to_stripe(page: Response) -> Response:
    """The form may lead on to Stripe's own pages, and nowhere else (I48)."""
    page.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; connect-src 'self'; "
        f"form-action 'self' {accounts.pages_origin()}; base-uri 'none'; frame-ancestors 'none'")
    return page
