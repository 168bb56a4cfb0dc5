"""Ending mails of one kind, by the link in them or by the mail program's own button (RFC 8058). GET changes nothing (R5)."""

from __future__ import annotations

from flask import abort, g, request

from booking.access import visitor
from booking.actions.profile import stop_mails
from booking.links import read_unsubscribe
from booking.rules.decision import Refused
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words


@bp.get("/unsubscribe/<token>")
def unsubscribe_page(token: str) -> str:
    return _show(_known(token)[1], done=False)


@bp.post("/unsubscribe/<token>")
def unsubscribe(token: str) -> str:
    customer_id, kind = _known(token)
    try:
        stop_mails(g.store_id, Actor("link", "link"), customer_id, kind)
    except Refused:
        abort(404)
    return _show(kind, done=True)


def _known(token: str) -> tuple[int, str]:
    found = read_unsubscribe(token, g.store_id)
    if found is None:
        abort(404)
    return found


def _show(kind: str, *, done: bool) -> str:
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
    w = words(store)
    name = {"reminders": w._("Reminders and requests for feedback"), "offers": w._("Earlier times and offers for your bookings")}.get(kind, w._("News"))
    return page("unsubscribe.html", store, w, kind=name, done=done, action=request.path)
