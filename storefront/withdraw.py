"""Withdrawing from a contract, without an account, in two steps: say which, confirm (R48)."""

from __future__ import annotations

import secrets
from datetime import datetime

from flask import abort, g, redirect, request
from sqlalchemy import select

from booking.access import StoreView, visitor
from booking.actions.action import Once
from booking.actions.sign_in import Asker
from booking.actions.withdraw import LONGEST_CONTRACT, LONGEST_STATEMENT, check_withdrawal, declare_withdrawal
from booking.keys import sign, unsign
from booking.rules.decision import Refused
from booking.wording import Words
from models.actor import Actor
from models.service import Service
from models.session import reading
from storefront import given
from storefront.blueprint import bp, page, words

FIELDS = {"name": 200, "email": 320, "contract": LONGEST_CONTRACT + 1, "statement": LONGEST_STATEMENT + 1}


@bp.get("/withdraw")
def withdraw() -> str:
    store, w, exempt = _open()
    received = unsign("withdrawn", request.args.get("received", ""))
    if isinstance(received, list) and received[:1] == [g.store_id]:
        at = w.exactly(datetime.fromisoformat(received[1]), store.zone)
        return page("withdraw.html", store, w, step="received", at=at, number=received[2], typed={}, errors={}, exempt=exempt)
    return page("withdraw.html", store, w, step="say", typed=dict.fromkeys(FIELDS, ""), errors={}, exempt=exempt, longest=LONGEST_STATEMENT)


@bp.post("/withdraw")
def send_withdrawal():  # noqa: ANN201
    """The first step shows what will be sent; the second sends it. Nothing is kept before that."""
    store, w, exempt = _open()
    typed = {name: given.text(request.form.get(name), longest) for name, longest in FIELDS.items()}
    try:
        check_withdrawal(**typed)
        if "confirm" not in request.form:
            return page("withdraw.html", store, w, step="confirm", typed=typed, errors={}, exempt=exempt, once=secrets.token_hex(16))
        once = Once.of("withdraw", given.text(request.form.get("once"), 64) or secrets.token_hex(8),
                       lambda done: {"at": done.facts["at"], "id": str(done.facts["id"])}, *typed.values())
        done = declare_withdrawal(g.store_id, Actor("customer", "link"), **typed, asker=Asker(request.remote_addr or ""), locale=w.locale, once=once)
    except Refused as refused:
        return _refused(refused, store, w, typed, exempt)
    return redirect(f"/withdraw?received={sign('withdrawn', [g.store_id, done.answer['at'], done.answer['id']])}", 303)


def _open() -> tuple[StoreView, Words, list[str]]:
    """The store that has this function, and the services for which there is no right of withdrawal."""
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
        if store.withdrawal == "off":
            abort(404)
        exempt = tx.db.execute(select(Service.name).where(
            Service.store_id == g.store_id, Service.active, Service.withdrawal_exempt).order_by(Service.name)).scalars().all()
    return store, words(store), list(exempt)


def _refused(refused: Refused, store: StoreView, w: Words, typed: dict[str, str], exempt: list[str]):  # noqa: ANN202
    sentences = {
        "name": w._("Please enter your name (at most 120 characters)."),
        "email": w._("Please enter an e-mail address, such as name@example.com."),
        "contract": w._("Please say which booking or order you mean."),
        "statement": w._("Please shorten your text to {n} characters.").format(n=LONGEST_STATEMENT)}
    errors = {error["field"]: sentences[error["field"]] for error in refused.facts.get("errors", [])}
    errors = errors or {"name": w.refusal(refused.code, refused.facts, store.name)}
    return page("withdraw.html", store, w, step="say", typed=typed, errors=errors, exempt=exempt, longest=LONGEST_STATEMENT), \
        429 if refused.code == "rate_limited" else 422
