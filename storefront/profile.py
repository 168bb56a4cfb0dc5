"""The customer's own data and the private calendar feed (R38, R39)."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from flask import Response, abort, g, redirect, request
from sqlalchemy import select

from booking.access import SignedIn, customer_of_feed, visitor
from booking.actions.profile import chosen, renew_feed, stop_feed, update_profile
from booking.cards import cards_of
from booking.keys import settings
from booking.preferences import CHANNELS, KINDS
from booking.rules.decision import Refused
from booking.wording import SHIPPED, Words
from messages.ics import feed
from models.actor import Actor
from models.booking_summary import between
from models.session import Tx, reading
from models.store import Store
from storefront import given
from storefront.blueprint import bp, page, words
from storefront.booking_page import calendar_payload
from storefront.door import require_login
from storefront.zones import zone_names

FEED_PAST, FEED_AHEAD = timedelta(days=90), timedelta(days=36_500)


@bp.get("/account/profile")
def profile():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
        beside = _beside(tx, person)
    return _show(store, person, {}, beside, saved=request.args.get("saved"), feed_ended="feed" in request.args)


@bp.post("/account/profile")
def save_profile():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
        beside = _beside(tx, person)
    form = request.form
    locale = form.get("locale") if form.get("locale") in SHIPPED else None
    preferences = {channel: {kind: f"{channel}.{kind}" in form for kind in KINDS} for channel in CHANNELS}
    try:
        done = update_profile(g.store_id, Actor("customer", "account", person.customer_id), person.customer_id, name=given.text(form.get("name"), 500),
                       phone=given.text(form.get("phone"), 60), locale=locale, preferences=preferences, zone=form.get("zone") or None,
                       login_id=person.login_id)
    except Refused as refused:
        sentences = field_sentences(words(store, person))
        return _show(store, person, {e["field"]: sentences[e["field"]] for e in refused.facts["errors"]}, beside, typed=form), 422
    return redirect("/account/profile?saved" + ("&feed=ended" if done.facts["feed_ended"] else ""), 303)


def field_sentences(w: Words) -> dict[str, str]:
    """What is wrong with a field of the profile, in the customer's words."""
    return {
        "name": w._("Please enter your name (at most 120 characters)."),
        "phone": w._("Please enter the phone number with its country code, such as +1 212 555 0100."),
        "zone": w._("Please choose a time zone from the list."),
        "preferences": w._("Messages about your bookings need at least one channel.")}


@bp.get("/account/feed")
def feed_page():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
    return page("feed.html", store, words(store, person), person=person, url=None)


@bp.post("/account/feed")
def change_feed():  # noqa: ANN201
    """A new secret address, shown this once, or the end of the feed."""
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
    actor = Actor("customer", "account", person.customer_id)
    if request.form.get("stop"):
        stop_feed(g.store_id, actor, person.customer_id)
        return redirect("/account/feed", 303)
    secret = renew_feed(g.store_id, actor, person.customer_id).facts["secret"]
    url = f"{request.scheme}://{request.host}/account/feed/{secret}.ics"
    return page("feed.html", store, words(store, person), person=person, url=url)


@bp.get("/account/feed/<secret>.ics")
def feed_file(secret: str) -> Response:
    """The feed itself: past 90 days and everything ahead; cancelled entries stay as cancelled."""
    with reading(g.store_id) as tx:
        customer_id = customer_of_feed(tx, secret)
        if customer_id is None:
            abort(404)
        store, _ = visitor(tx, None)
        payloads = [calendar_payload(tx, b, with_link=False) | {"at": tx.now.isoformat()}
                    for b in between(tx, customer_id, tx.now - FEED_PAST, tx.now + FEED_AHEAD)]
    return Response(feed(payloads, store.name, settings().base_domain), mimetype="text/calendar")


class _Beside(NamedTuple):
    """What the profile leads on to: the saved cards, and where whoever is Shopify's too changes their address (R38)."""

    has_card: bool
    shop_account: str | None


def _beside(tx: Tx, person: SignedIn) -> _Beside:
    domain = None if person.shopify_id is None else tx.db.execute(select(Store.shopify_domain).where(Store.store_id == tx.store_id)).scalar_one()
    return _Beside(bool(cards_of(tx, person.customer_id)), domain and f"https://{domain}/account")


def _show(store, person, errors: dict[str, str], beside: _Beside, *, saved: str | None = None, feed_ended: bool = False, typed=None):  # noqa: ANN001, ANN202
    w = words(store, person)
    preferences = {channel: chosen(person.preferences, channel) for channel in CHANNELS}
    return page("profile.html", store, w, person=person, errors=errors, has_card=beside.has_card, shop_account=beside.shop_account, saved=saved, feed_ended=feed_ended, typed=typed, preferences=preferences,
                languages=SHIPPED, zones=zone_names(), sms=settings().sms_url is not None, channels=list(zip(CHANNELS, (w._("E-mail"), w._("SMS")), strict=True)), kinds=[
                    ("transactional", w._("Confirmations and changes")), ("reminders", w._("Reminders and requests for feedback")),
                    ("offers", w._("Earlier times and offers for your bookings")), ("marketing", w._("News"))])
