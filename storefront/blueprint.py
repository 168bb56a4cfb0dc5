"""The storefront's blueprint and how its pages are rendered."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from flask import Blueprint, g, render_template, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

import storefront
from booking.access import SignedIn, StoreView
from booking.wording import SHIPPED, Words, words_for
from booking.wording.breaks import breaking_well
from booking.wording.languages import pick
from booking.wording.phones import readable_phone
from booking.wording.weeks import week_for
from storefront.cookies import refresh_login

bp = Blueprint("storefront", __name__, template_folder="templates", static_folder="static", static_url_path="/static")


bp.add_app_template_filter(readable_phone, "phone")
bp.add_app_template_filter(breaking_well, "address")


def words(store: StoreView | None, person: SignedIn | None = None, locale: str | None = None) -> Words:
    """The customer's language first, then the browser's if we ship it and nobody is known, then the store's (R46)."""
    known = locale or (person.locale if person else None)
    zone = store.zone if store else None
    if known:
        return words_for(known, week_for(known, zone))
    language, asked = accepted_language(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    return words_for(language or pick(store.locale if store else None), week_for(asked, zone))


@lru_cache(maxsize=500)
def accepted_language(header: str) -> tuple[str | None, str | None]:
    """Which of our languages a browser likes best, and how it asks for it, with its region: `en-GB`. Few different headers exist."""
    accepted = parse_accept_header(header, LanguageAccept)
    language = accepted.best_match(list(SHIPPED))
    return language, next((value for value, _ in accepted if value.split("-")[0].lower() == language), None) if language else None


def page(template: str, store: StoreView, w: Words, *, person: SignedIn | None = None, **facts: Any) -> str:
    """Render a page of the store; `_` and `w` word it. Whoever it knows as signed in was seen today (R7)."""
    g.words, g.seen = w, person is not None
    return render_template(template, store=store, person=person, w=w, _=w.gettext, **facts)


@bp.after_request
def keep_private(response):  # noqa: ANN001, ANN201
    """Pages of a link leak nothing by Referer beyond their own site (R3, I45); static files may be kept."""
    if request.endpoint in ("storefront.static", "storefront.theme"):
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers.pop("Set-Cookie", None)
    elif request.path.startswith(("/manage/", "/feedback/", "/email-undo/")):
        response.headers["Referrer-Policy"] = "same-origin"
    if g.get("seen"):
        refresh_login(response)
    if "Vary" in response.headers:
        response.vary.add("Cookie")
    else:
        response.headers["Vary"] = "Cookie"
    return response


def load_pages() -> Blueprint:
    """The blueprint with every page registered: each module of this folder brings its own."""
    for module in iter_modules(storefront.__path__):
        if not module.ispkg:
            import_module(f"storefront.{module.name}")
    return bp
