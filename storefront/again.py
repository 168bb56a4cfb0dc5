"""Waiting for the very time of a request that was turned down: asked on a page of its own, since the booking is read-only (R4, D29e).

The link of the message and of the closed booking only looks (R5); its token opens this and nothing else.
"""

from __future__ import annotations

from flask import abort, g, redirect, request

from booking import waitlist as read
from booking.access import StoreView
from booking.actions.wait_again import wait_again
from booking.again import again_of, free_now, opens_again
from booking.rules.decision import Refused
from models.actor import Actor
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from storefront.blueprint import bp, page, words
from storefront.door import store_of
from storefront.presenting import again_url
from storefront.zones import chosen_zone, shown_zone


@bp.get("/again/<ref>")
def ask_again(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        return _show(tx, *_enter(tx, ref))


@bp.post("/again/<ref>")
def tell_me_again(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        b, store = _enter(tx, ref)
    try:
        done = wait_again(g.store_id, Actor("link", "link", b.id), ref)
    except Refused as refused:
        with reading(g.store_id) as tx:
            b, store = _enter(tx, ref)
            return _show(tx, b, store, refused=refused)
    return redirect(read.entry_path(g.store_id, done.facts["id"], done="joined"), 303)


def _enter(tx: Tx, ref: str) -> tuple[BookingSummary, StoreView]:
    """The request for this token, or 404: the same for unknown, foreign and wrong token (I28, I31)."""
    b, store = store_of(tx, ref)
    opened = opens_again(request.args.get("token", ""), g.store_id, b.ref if b else ref[:40], b.link_epoch if b else 1)
    if b is None or store is None or not opened:
        abort(404)
    return b, store


def _show(tx: Tx, b: BookingSummary, store: StoreView, *, refused: Refused | None = None):  # noqa: ANN202
    w, found = words(store, None, b.customer_locale), again_of(tx, b)
    if found.entry is not None and refused is None:
        return redirect(read.entry_path(g.store_id, found.entry.id), 303)
    code, facts = (refused.code, refused.facts) if refused else (found.decision.reason, found.decision.facts)
    zone = shown_zone(b.location_kind, b.zone, chosen_zone(None) or b.customer_zone)
    return page(
        "again.html", store, w, b=b, when=w.date(b.starts_at, zone), time=w.span(b.starts_at, b.ends_at, zone), zone=zone,
        starts_at=b.starts_at.isoformat(), action=request.full_path, problem=w.refusal(code, facts, store.name) if code else None,
        may=found.decision.allowed, free=found.decision.allowed and free_now(tx, b), book=again_url(b),
        deaf=not read.hears(b.mail_to, b.text_to, b.customer_preferences), rest_hours=read.terms_of(tx).rest_hours,
    ), 429 if code == "rate_limited" else 409 if code else 200
