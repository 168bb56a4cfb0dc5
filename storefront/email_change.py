"""Another e-mail address: asked for here, proven by a code, taken back by the link in the old mailbox (R8)."""

from __future__ import annotations

from flask import abort, g, redirect, request

from booking.access import SignedIn, StoreView, visitor
from booking.actions.change_email import confirm_email_change, find_undo, request_email_change, undo_email_change
from booking.actions.sign_in import Asker, new_challenge
from booking.addresses import mask_email
from booking.rules.decision import Refused
from booking.wording import Words
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.cookies import challenge, forget_login, remember_challenge
from storefront.door import require_login
from storefront.login import wrong_code

AGAIN = "/account/login?again=1&next=/account/email"


@bp.get("/account/email")
def email_page():  # noqa: ANN201
    store, person = _signed_in()
    return _form(store, person, words(store, person))


@bp.post("/account/email")
def ask_email_change():  # noqa: ANN201
    store, person = _signed_in()
    w, email, fresh = words(store, person), request.form.get("email", "")[:320], new_challenge()
    try:
        request_email_change(g.store_id, _actor(person), person.customer_id, person.login_id, email, challenge=fresh,
                             asker=Asker(request.remote_addr or ""), locale=w.locale)
    except Refused as refused:
        if refused.code == "unauthorized":
            return redirect(AGAIN, 303)
        problem = {"invalid": w._("Please enter an e-mail address, such as name@example.com."),
                   "no_change": w._("That is your present address."),
                   "not_allowed": w._("Your address is kept by the shop's Shopify account. Please change it there.")}.get(refused.code)
        return _form(store, person, w, email=email, problem=problem or w.refusal(refused.code, refused.facts, store.name)), \
            429 if refused.code == "rate_limited" else 422
    response = redirect("/account/email/code", 303)
    remember_challenge(response, fresh)
    return response


@bp.get("/account/email/code")
def email_code():  # noqa: ANN201
    store, person = _signed_in()
    return _code(store, person, words(store, person)) if challenge() else redirect("/account/email", 303)


@bp.post("/account/email/code")
def confirm_email():  # noqa: ANN201
    store, person = _signed_in()
    w, code = words(store, person), "".join(c for c in request.form.get("code", "")[:40] if c.isdigit())
    try:
        done = confirm_email_change(g.store_id, _actor(person), person.customer_id, person.login_id, code, challenge=challenge() or "-")
    except Refused as refused:
        if refused.facts.get("kind") == "email_taken":
            return _form(store, person, w, problem=w._("There is another account with this address. Sign in with it, or ask the shop to join the two.")), 409
        return _code(store, person, w, problem=wrong_code(refused, w, store.name)), 422
    return redirect("/account/profile?saved=email" + ("&feed=ended" if done.facts["feed_ended"] else ""), 303)


@bp.get("/email-undo/<secret>")
def undo_page(secret: str):  # noqa: ANN201
    """Shows what would happen; only the button does it (R5)."""
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
        change = find_undo(tx, secret)
    if change is None:
        abort(404)
    return page("email_undo.html", store, words(store), old=mask_email(change.old_email), new=mask_email(change.new_email), done=False, problem=None)


@bp.post("/email-undo/<secret>")
def undo(secret: str):  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
    w = words(store)
    try:
        undo_email_change(g.store_id, Actor("link", "link"), secret)
    except Refused as refused:
        if refused.code == "not_found":
            abort(404)
        problem = w._("This address belongs to another account now. Please contact {venue}.").format(venue=store.name)
        return page("email_undo.html", store, w, done=False, problem=problem, old="", new=""), 409
    response = redirect("/account/email-restored", 303)
    forget_login(response)
    return response


@bp.get("/account/email-restored")
def email_restored():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
    return page("email_undo.html", store, words(store), done=True, problem=None, old="", new="")


def _signed_in() -> tuple[StoreView, SignedIn]:
    with reading(g.store_id) as tx:
        return require_login(tx)


def _form(store: StoreView, person: SignedIn, w: Words, *, email: str = "", problem: str | None = None) -> str:
    return page("email.html", store, w, person=person, email=email, problem=problem, code=False)


def _code(store: StoreView, person: SignedIn, w: Words, *, problem: str | None = None) -> str:
    return page("email.html", store, w, person=person, email="", problem=problem, code=True)


def _actor(person: SignedIn) -> Actor:
    return Actor("customer", "account", person.customer_id)
