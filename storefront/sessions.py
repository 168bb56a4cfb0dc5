"""Where the customer is signed in, and ending that (R7, R38)."""

from __future__ import annotations

from flask import g, redirect, request
from sqlalchemy import select

from booking.access import LONGEST_LOGIN
from booking.actions.sign_in import end_login
from models.access import CustomerLogin
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.door import require_login


@bp.get("/account/sessions")
def sessions():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
        rows = tx.db.execute(select(CustomerLogin.id, CustomerLogin.device, CustomerLogin.created_at).where(
            CustomerLogin.store_id == g.store_id, CustomerLogin.customer_id == person.customer_id, CustomerLogin.ended_at.is_(None),
            CustomerLogin.created_at > tx.now - LONGEST_LOGIN).order_by(CustomerLogin.created_at.desc())).all()
    w = words(store, person)
    return page("sessions.html", store, w, person=person, ended=request.args.get("ended") is not None, rows=[
        (str(row.id), row.device or w._("A browser"), w.when(row.created_at, person.zone or store.zone), row.id == person.login_id) for row in rows])


@bp.post("/account/sessions")
def end_session():  # noqa: ANN201
    with reading(g.store_id) as tx:
        _, person = require_login(tx)
    login_id = _login_id(request.form.get("session", ""))
    if login_id is not None:
        end_login(g.store_id, Actor("customer", "account", person.customer_id), person.customer_id, login_id)
    return redirect("/account/sessions?ended", 303)


def _login_id(text: str) -> int | None:
    """An id as our pages write it, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) < 2**63 else None
