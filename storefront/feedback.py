"""Leaving feedback after a visit, signed in or with the link of the mail that asks for it (R37, A10, A11)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, abort, g, jsonify, redirect, request

from booking.access import SignedIn, StoreView
from booking.actions.leave_feedback import leave_feedback
from booking.feedback import Given, given_for, may_give
from booking.links import check_token
from booking.reviews import published, shown_average
from booking.rules.decision import Decision, Refused
from booking.wording import Words
from models.actor import Actor
from models.booking_summary import BookingSummary
from models.feedback import LONGEST
from models.session import Tx, reading
from storefront import given as typed_in
from storefront.blueprint import bp, page, words
from storefront.door import enter, store_of

STARS = (5, 4, 3, 2, 1)


@dataclass(frozen=True)
class Visit:
    """Who came in and how; `url` is this page through the same door, `back` the booking's page for who may see it."""

    b: BookingSummary
    actor: Actor
    url: str
    back: str | None
    person: SignedIn | None
    store: StoreView
    words: Words


@bp.get("/account/bookings/<ref>/feedback")
@bp.get("/feedback/<ref>")
def feedback(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        return _show(tx, _enter(tx, ref))


@bp.post("/account/bookings/<ref>/feedback")
@bp.post("/feedback/<ref>")
def save_feedback(ref: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        visit = _enter(tx, ref)
    form = request.form
    rating, comment = typed_in.whole_number(form.get("rating")), typed_in.text(form.get("comment"), 2 * LONGEST)
    try:
        leave_feedback(g.store_id, visit.actor, ref, rating=rating if rating is not None else 0, comment=comment, publish="publish" in form)
    except Refused as refused:
        with reading(g.store_id) as tx:
            visit = _enter(tx, ref)
            if refused.code == "invalid":
                return _show(tx, visit, errors=_errors(refused, visit.words), typed=(rating, comment, "publish" in form)), 422
            return _show(tx, visit, problem=visit.words.refusal(refused.code, refused.facts, visit.store.name)), 409
    return redirect(visit.url + ("&" if "?" in visit.url else "?") + "saved=1", 303)


@bp.get("/feedback.json")
def published_feedback() -> Response:
    """What the shop has published, for a widget on any site: stars, text, first name; nothing else about anyone."""
    with reading(g.store_id) as tx:
        service, staff = (typed_in.whole_number(request.args.get(name)) for name in ("service", "staff"))
        items = published(tx, service_id=service, staff_id=staff)
        count, average = shown_average(tx, service_id=service, staff_id=staff)
    response = jsonify(count=count, average=average, items=items)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _enter(tx: Tx, ref: str) -> Visit:
    """Signed in for a booking of one's own, or with a feedback token; a manage link does not open this page (I42)."""
    if request.path.startswith("/account/"):
        door = enter(tx, ref)
        return Visit(door.b, door.actor, door.url("feedback"), door.url(), door.person, door.store, door.words)
    token = request.args.get("token", "")
    b, store = store_of(tx, ref)
    opened = check_token(token, g.store_id, b.ref if b else ref[:40], b.link_epoch if b else 1, "feedback")
    if b is None or store is None or not opened:
        abort(404)
    return Visit(b, Actor("link", "link", b.id), f"/feedback/{ref}?{urlencode({'token': token})}", None, None, store,
                 words(store, None, b.customer_locale))


def _show(tx: Tx, visit: Visit, *, problem: str | None = None, errors: dict[str, str] | None = None,
          typed: tuple[int | None, str, bool] | None = None) -> str:
    b, w = visit.b, visit.words
    said = given_for(tx, b.id)
    decision = may_give(b, said, tx.now)
    return page(
        "feedback.html", visit.store, w, person=visit.person, visit=visit, said=said, problem=problem, errors=errors or {},
        when=w.when(b.starts_at, b.told_zone), allowed=decision.allowed, stars=[(n, stars_text(n, w)) for n in STARS], longest=LONGEST,
        typed=typed or ((said.rating, said.comment, said.may_publish) if said else (None, "", False)),
        sentence=how_long(b, said, decision, w),
        said_stars=stars_text(said.rating, w) if said else "", saved=request.args.get("saved") is not None)


def how_long(b: BookingSummary, said: Given | None, decision: Decision, w: Words) -> str:
    """Until when feedback may be left or changed, or why not."""
    if not decision.allowed or decision.deadline is None:
        return w.refusal(decision.reason or "not_allowed", decision.facts, b.store_name)
    until = w._("You can change it until {when}.") if said else w._("You can leave feedback until {when}.")
    return until.format(when=w.when(decision.deadline, b.told_zone))


def stars_text(n: int, w: Words) -> str:
    return w.ngettext("{n} star", "{n} stars", n).format(n=n)


def _errors(refused: Refused, w: Words) -> dict[str, str]:
    sentences = {"rating": w._("Please choose from one to five stars."),
                 "comment": w._("Please shorten your text to {n} characters.").format(n=LONGEST)}
    return {error["field"]: sentences[error["field"]] for error in refused.facts["errors"]}
