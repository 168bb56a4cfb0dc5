"""Pages of the sandbox's Stripe: where owners finish their accounts, and where one plays the customer's bank."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request

from sandbox.stripe.accounts import OUTCOMES
from sandbox.stripe.disputes import ENDS
from sandbox.stripe.operations import Stripe
from sandbox.stripe.state import shown


def add(bp: Blueprint, stripe: Stripe) -> None:
    """Routes under /stripe."""

    @bp.get("/stripe/onboarding/<token>")
    def onboarding(token: str) -> Any:
        with stripe.state.lock:
            link = stripe.accounts.by_token(token) or abort(404)
            works = stripe.accounts.open_link(link)
        if not works:
            return redirect(link["_refresh"], 303)
        return render_template("stripe_onboarding.html", account=stripe.accounts.get(link["_account"]), token=token)

    @bp.post("/stripe/onboarding/<token>")
    def finish_onboarding(token: str) -> Any:
        outcome = request.form.get("outcome", "")
        with stripe.state.lock:
            link = stripe.accounts.by_token(token) or abort(404)
            stripe.accounts.leave(link["_account"], outcome if outcome in OUTCOMES else "unfinished")
        return redirect(link["_return"], 303)

    @bp.post("/stripe/accounts/<wanted>")
    def play_account(wanted: str) -> Any:
        """`{"outcome": "ready" | "no_bank" | "checking" | "stopped" | "unfinished" | "left"}`: what the owner or Stripe does next."""
        outcome = (request.get_json(silent=True) or {}).get("outcome")
        if outcome not in (*OUTCOMES, "left"):
            return {"problem": f"send one of {', '.join(OUTCOMES)}, left as outcome"}, 400
        with stripe.state.lock:
            return shown(stripe.accounts.deauthorize(wanted) if outcome == "left" else stripe.accounts.leave(wanted, outcome))

    @bp.get("/stripe/disputes")
    def disputes() -> Any:
        """Every charge, with what its holder's bank can do."""
        with stripe.state.lock:
            charges = list(stripe.state.each(None, "charge"))[::-1]
            found = {made["charge"]: made for _, made in stripe.state.each(None, "dispute")}
        return render_template("stripe_disputes.html", charges=[(account, charge, found.get(charge["id"])) for account, charge in charges], ends=ENDS)

    @bp.get("/stripe/disputes/<wanted>")
    def one_dispute(wanted: str) -> Any:
        owner, dispute = _find(stripe, "dispute", wanted)
        return render_template("stripe_disputes.html", ends=ENDS, charges=[(owner, stripe.state.get(owner, "charge", dispute["charge"]), dispute)])

    @bp.post("/stripe/disputes")
    def open_dispute() -> Any:
        """`charge` or `payment_intent`, and perhaps `amount`, `reason`, `inquiry`: the bank acts."""
        given = request.get_json(silent=True) or request.form.to_dict()
        with stripe.state.lock:
            account, charge = next(((owner, made) for owner, made in stripe.state.each(None, "charge")
                                    if given.get("charge") == made["id"] or given.get("payment_intent") == made["payment_intent"]), (None, None))
            if account is None or charge is None:
                return {"problem": "no such charge"}, 404
            amount = given.get("amount")
            made = stripe.disputes.open(account, charge, amount=int(amount) if amount else None, reason=given.get("reason") or "fraudulent",
                                        inquiry=bool(given.get("inquiry")))
        return shown(made) if request.is_json else redirect(f"/stripe/disputes/{made['id']}", 303)

    @bp.post("/stripe/disputes/<wanted>")
    def decide(wanted: str) -> Any:
        """`status`: answered, won, lost, warning_closed or appeal_under_review."""
        given = request.get_json(silent=True) or request.form.to_dict()
        status = given.get("status")
        if status not in (*ENDS, "answered"):
            return {"problem": f"send one of answered, {', '.join(ENDS)} as status"}, 400
        with stripe.state.lock:
            owner, _ = _find(stripe, "dispute", wanted)
            made = stripe.disputes.answer(owner, wanted) if status == "answered" else stripe.disputes.decide(owner, wanted, status)
        return shown(made) if request.is_json else redirect(f"/stripe/disputes/{wanted}", 303)


def _find(stripe: Stripe, kind: str, wanted: str) -> tuple[str, dict[str, Any]]:
    with stripe.state.lock:
        return next(((owner, made) for owner, made in stripe.state.each(None, kind) if made["id"] == wanted), None) or abort(404)
