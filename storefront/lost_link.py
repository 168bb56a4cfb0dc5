"""Lost your link? The same answer for every address (A101, D10c, I36)."""

from __future__ import annotations

from flask import g, request

from booking.access import visitor
from booking.actions.lost_link import request_lost_link
from booking.actions.sign_in import Asker
from booking.rules.decision import Refused
from booking.steady import steady
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words


@bp.get("/manage")
def lost_link():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
    return page("lost_link.html", store, words(store), sent=False, problem=None, email="")


@bp.post("/manage")
@steady
def send_lost_link():  # noqa: ANN201
    email = request.form.get("email", "")[:320]
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
    w = words(store)
    try:
        request_lost_link(g.store_id, Actor("customer", "link"), email, asker=Asker(request.remote_addr or ""))
    except Refused as refused:
        problem = w._("Please enter an e-mail address, such as name@example.com.") if refused.code == "invalid" else \
            w.refusal(refused.code, refused.facts, store.name)
        return page("lost_link.html", store, w, sent=False, problem=problem, email=email), 429 if refused.code == "rate_limited" else 422
    return page("lost_link.html", store, w, sent=True, problem=None, email="")
