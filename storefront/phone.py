"""Proving the telephone number of the profile with a code sent there (R38, A13)."""

from __future__ import annotations

from flask import abort, g, redirect, request

from booking.access import SignedIn, StoreView
from booking.actions.sign_in import Asker, new_challenge
from booking.actions.verify_phone import send_phone_code, verify_phone
from booking.keys import settings
from booking.rules.decision import Refused
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.cookies import challenge, remember_challenge
from storefront.door import require_login
from storefront.login import wrong_code


@bp.post("/account/phone")
def ask_phone_code():  # noqa: ANN201
    store, person = _with_number()
    w, fresh = words(store, person), new_challenge()
    try:
        send_phone_code(g.store_id, Actor("customer", "account", person.customer_id), person.customer_id, challenge=fresh,
                        asker=Asker(request.remote_addr or ""), locale=w.locale)
    except Refused as refused:
        return _show(store, person, problem=w.refusal(refused.code, refused.facts, store.name)), 429 if refused.code == "rate_limited" else 422
    response = redirect("/account/phone", 303)
    remember_challenge(response, fresh)
    return response


@bp.get("/account/phone")
def phone_page():  # noqa: ANN201
    return _show(*_with_number())


@bp.post("/account/phone/code")
def confirm_phone():  # noqa: ANN201
    store, person = _with_number()
    w, code = words(store, person), "".join(c for c in request.form.get("code", "")[:40] if c.isdigit())
    try:
        verify_phone(g.store_id, Actor("customer", "account", person.customer_id), person.customer_id, code, challenge=challenge() or "-")
    except Refused as refused:
        return _show(store, person, problem=wrong_code(refused, w, store.name)), 422
    return redirect("/account/profile?saved=phone", 303)


def _with_number() -> tuple[StoreView, SignedIn]:
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
    if person.phone is None or settings().sms_url is None:
        abort(404)
    return store, person


def _show(store: StoreView, person: SignedIn, *, problem: str | None = None) -> str:
    return page("phone.html", store, words(store, person), person=person, problem=problem, asked=challenge() is not None)
