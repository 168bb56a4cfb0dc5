"""Through which door a booking is looked at: signed in, or by its link. The pages behind are the same (R1, R6)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import abort, g, redirect, request
from werkzeug.exceptions import HTTPException

from booking.access import SignedIn, StoreView, visitor
from booking.actions.action import Once
from booking.links import check_token
from booking.wording import Words
from models.actor import Actor
from models.booking_summary import BookingSummary, find
from models.session import Tx
from storefront import given
from storefront.blueprint import words
from storefront.cookies import login_secret
from storefront.zones import chosen_zone, shown_zone


@dataclass(frozen=True)
class Door:
    """Who came in and how. `by_link` sees masked contact data and this booking only. `own_zone`: the visitor's, else the one the
    customer has told; None where nobody has told any."""

    b: BookingSummary
    actor: Actor
    base: str
    query: dict[str, str]
    by_link: bool
    person: SignedIn | None
    store: StoreView
    words: Words
    own_zone: str | None = None

    @property
    def zone(self) -> str:
        """The zone the booking is told in: what is online in the visitor's own, else the place's (R13)."""
        return self.zone_of(self.b)

    def zone_of(self, b: BookingSummary) -> str:
        return shown_zone(b.location_kind, b.zone, self.own_zone)

    @property
    def needs_login(self) -> bool:
        """Whether cancelling asks to sign in first."""
        return self.by_link and self.b.store_require_login_to_cancel and self.person is None

    def url(self, part: str = "", **parameters: Any) -> str:
        """The address of this booking's page or one below it, through the same door."""
        query = self.query | {key: str(value) for key, value in parameters.items() if value is not None}
        return self.base + (f"/{part}" if part else "") + (f"?{urlencode(query)}" if query else "")


def once_of(door: Door, *parts: object) -> Once:
    """The key of the form that was sent: sent twice, it acts once (I12). `parts` decide its effect."""
    return Once.of(f"page:{door.b.id}", given.text(request.form.get("once"), 64) or secrets.token_hex(8), lambda done: {"ref": done.booking.ref}, *parts)


def enter(tx: Tx, ref: str) -> Door:
    """Open the booking for this request, or answer 404 (the same for unknown, foreign and wrong token) or the login page."""
    return _by_link(tx, ref) if request.path.startswith("/manage/") else _signed_in(tx, ref)


def require_login(tx: Tx) -> tuple[StoreView, SignedIn]:
    """The signed-in customer, or the login page and back to here afterwards (A23)."""
    store, person = visitor(tx, login_secret())
    if person is None:
        raise _to_login()
    return store, person


def _signed_in(tx: Tx, ref: str) -> Door:
    store, person = require_login(tx)
    b = _booking(tx, ref)
    if b is None or b.customer_id != person.customer_id or kept_no_longer(b, tx):
        abort(404)
    return Door(b, Actor("customer", "account", person.customer_id), f"/account/bookings/{ref}", {}, False, person, store,
                words(store, person), chosen_zone(person) or b.customer_zone)


def _by_link(tx: Tx, ref: str) -> Door:
    token = request.args.get("token", "")
    b = _booking(tx, ref)
    # An unknown booking costs the same check as a known one (I28, I31).
    opened = check_token(token, g.store_id, b.ref if b else ref[:40], b.link_epoch if b else 1)
    if b is None or not opened or kept_no_longer(b, tx):
        g.lost_link = True
        abort(404)
    person = None
    if login_secret() is not None:
        _, person = visitor(tx, login_secret())
    store = store_view(b)
    owner = person if person and person.customer_id == b.customer_id else None
    return Door(b, Actor("link", "link", b.id), f"/manage/{ref}", {"token": token}, True, owner, store,
                words(store, owner, b.customer_locale), chosen_zone(owner) or b.customer_zone)


def store_of(tx: Tx, ref: str) -> tuple[BookingSummary | None, StoreView | None]:
    """A booking and its store's view for pages with a token of their own; (None, None) when there is none, or it is over."""
    b = _booking(tx, ref)
    return (None, None) if b is None or kept_no_longer(b, tx) else (b, store_view(b))


def store_view(b: BookingSummary) -> StoreView:
    """The store of a booking, without another statement."""
    return StoreView(b.store_slug, b.store_name, b.store_locale, b.zone, b.currency, b.store_email, b.store_phone, None,
                     b.store_accent, b.store_logo_url, b.store_contact_note, b.store_open_for_booking, b.store_refusal_note, b.store_terms,
                     b.store_withdrawal)


def _booking(tx: Tx, ref: str) -> BookingSummary | None:
    """The booking, unless the reference is one no database text could hold."""
    return None if "\x00" in ref else find(tx, ref)


def kept_no_longer(b: BookingSummary, tx: Tx) -> bool:
    """Closed and ended bookings answer 404 after the store's retention period (R4, R45)."""
    return (b.closed_at or b.ends_at) < tx.now - timedelta(days=b.store_retention_days)


def _to_login() -> HTTPException:
    target = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/account"
    exception = HTTPException(response=redirect(f"/account/login?{urlencode({'next': target})}", 303))
    exception.code = 303
    return exception


def safe_next(target: str | None) -> str:
    """A path of this site's account, else the list: never another host (I44)."""
    if target and target.startswith(("/account", "/book")) and "\\" not in target and "//" not in target.split("?")[0] and target.isprintable():
        return target
    return "/account"
