"""The HTTP side of the sandbox's Stripe: the API, what the browser stand-in calls, and what people and tests look at."""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, jsonify, request, send_file

from sandbox.faults import Faults
from sandbox.stripe import checks, forms, pages
from sandbox.stripe.errors import StripeError, invalid
from sandbox.stripe.events import Events
from sandbox.stripe.operations import OPERATIONS, Stripe
from sandbox.stripe.state import State, shown

SLOW_SECONDS, LONG_SECONDS = 3, 30
SCRIPT = Path(__file__).parent / "element" / "stripe.js"
ACCOUNT = re.compile(r"acct_\w{4,40}|")
log = logging.getLogger("sandbox.stripe")


def blueprint(state: State, events: Events, faults: Faults) -> Blueprint:
    """Routes under /v1 (the API), /js/stripe.js and /stripe (to look at and to play the bank)."""
    bp = Blueprint("stripe", __name__, template_folder="../templates")
    stripe = Stripe(state, events)
    for operation in OPERATIONS:
        bp.add_url_rule(re.sub(r"{(\w+)}", r"<\1>", operation.path), operation.name, _view(stripe, faults, operation), methods=[operation.method])
    _browser(bp, stripe)
    _looking(bp, stripe)
    pages.add(bp, stripe)

    @bp.errorhandler(StripeError)
    def refused(error: StripeError) -> Any:
        return {"error": shown(error.body)}, error.status

    @bp.after_request
    def open_to_pages(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Stripe-Account, Stripe-Version"
        if g.get("lose_answer"):
            _hang_up()
        return response

    return bp


def _view(stripe: Stripe, faults: Faults, operation: Any) -> Callable[..., Any]:
    def view(**path: str) -> Any:
        mode = faults.take("stripe")
        _fail_before(mode)
        account, by_browser = _caller()
        stripe.accounts.check(account)
        given = forms.read((request.args if operation.method == "GET" else request.form).items(multi=True))
        if by_browser:
            if not operation.browser:
                raise invalid("This API call cannot be made with a publishable API key.", status=403)
            stripe.check_secret(account, path["id"], given.pop("client_secret", ""))
            given.pop("return_url", None)
        else:
            given = checks.check(operation.params, given)
        status, body = _once(stripe, account, operation, path, given, by_browser)
        if operation.name == "create_account_link" and status == 200:
            body = body | {"url": f"{request.host_url}stripe/onboarding/{stripe.accounts.token_of(body['id'])}"}
        g.lose_answer = mode == "timeout_after_effect"
        return jsonify(body), status

    return view


def _once(stripe: Stripe, account: str, operation: Any, path: dict[str, str], given: dict[str, Any], by_browser: bool) -> tuple[int, Any]:
    """Do it, or give the first answer to the idempotency key while it is remembered."""
    key = request.headers.get("Idempotency-Key") if operation.method == "POST" else None
    asked = json.dumps([request.path, given], sort_keys=True, default=str)
    with stripe.state.lock:
        if key and (kept := stripe.state.replayed(account, key, asked)) is not None:
            return kept
        try:
            status, body = 200, shown(operation.do(stripe, account, given, path, key, by_browser))
        except StripeError as error:
            status, body = error.status, {"error": shown(error.body)}
        if key:
            stripe.state.remember(account, key, asked, status, body)
    return status, body


def _caller() -> tuple[str, bool]:
    """(connected account, whether a publishable key was used)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else request.authorization.username if request.authorization else ""
    account = request.headers.get("Stripe-Account", "")
    if not ACCOUNT.fullmatch(account):
        raise invalid("The provided key does not have access to this account (or that account does not exist).", code="account_invalid", status=403)
    if not key or not key.startswith(("sk_", "pk_")):
        raise StripeError(401, "invalid_request_error", "Invalid API Key provided.")
    return account, key.startswith("pk_")


def _fail_before(mode: str | None) -> None:
    if mode in ("down", "timeout"):
        time.sleep(LONG_SECONDS if mode == "timeout" else 0)
        _hang_up()
    if mode in ("5xx", "down", "timeout"):
        raise StripeError(500, "api_error", "An error occurred while processing your request.")
    if mode == "throttled":
        raise StripeError(429, "invalid_request_error", "Too many requests hit the API too quickly.", code="rate_limit")
    if mode == "slow":
        time.sleep(SLOW_SECONDS)


def _hang_up() -> None:
    """End the line without an answer."""
    line = request.environ.get("werkzeug.socket")
    if line is not None:
        line.shutdown(socket.SHUT_RDWR)


def _browser(bp: Blueprint, stripe: Stripe) -> None:
    @bp.get("/js/stripe.js")
    def script() -> Response:
        return send_file(SCRIPT, mimetype="text/javascript", max_age=0)

    @bp.route("/v1/<path:any_path>", methods=["OPTIONS"])
    def preflight(any_path: str) -> Any:
        return "", 204

    @bp.post("/v1/challenges/<wanted>")
    def answer_challenge(wanted: str) -> Any:
        """What the bank's dialog sends: `outcome` complete or fail."""
        account, _ = _caller()
        with stripe.state.lock:
            stripe.check_secret(account, wanted, request.form.get("client_secret", ""))
            part = stripe.setups if wanted.startswith("seti_") else stripe.payments
            return jsonify(shown(part.answer_challenge(account, wanted, request.form.get("outcome") == "complete")))


def _looking(bp: Blueprint, stripe: Stripe) -> None:
    @bp.get("/stripe/refunds.json")
    def refunds_json() -> Any:
        """Every refund of every account, newest first."""
        fields = ("id", "payment_intent", "charge", "amount", "currency", "status", "created", "metadata", "failure_reason")
        with stripe.state.lock:
            found = [{"account": account or None, "idempotency_key": made["_key"]} | {name: made[name] for name in fields}
                     for account, made in stripe.state.each(None, "refund")]
        return jsonify(found[::-1])

    @bp.get("/stripe/payments.json")
    def payments_json() -> Any:
        fields = ("id", "amount", "amount_received", "currency", "status", "created", "metadata", "customer", "payment_method")
        with stripe.state.lock:
            found = [{"account": account or None} | {name: made[name] for name in fields} for account, made in stripe.state.each(None, "payment_intent")]
        return jsonify(found[::-1])

    @bp.post("/stripe/refunds/<wanted>")
    def settle(wanted: str) -> Any:
        """Play the bank: `{"status": "succeeded" | "failed"}`."""
        body = request.get_json(silent=True)
        status = body.get("status") if isinstance(body, dict) else None
        if status not in ("succeeded", "failed"):
            return {"problem": 'send {"status": "succeeded"} or {"status": "failed"}'}, 400
        with stripe.state.lock:
            account = next((owner for owner, made in stripe.state.each(None, "refund") if made["id"] == wanted), None)
            if account is None:
                return {"problem": "no such refund"}, 404
            return jsonify(shown(stripe.refunds.settle(account, wanted, status)))

    @bp.post("/stripe/forget-keys")
    def forget_keys() -> Any:
        """Idempotency keys are forgotten now, as after a day."""
        with stripe.state.lock:
            stripe.state.keys.clear()
        return {"keys": 0}
