"""Addresses that lead nowhere, forms that were open too long and whatever else went wrong, told to the shop's people in their own words and frame."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, g, render_template
from flask_wtf.csrf import CSRFError

from booking.access import StoreView
from booking.wording import Words
from models.session import reading
from shopify_app.dashboard.door import Visit, bp, enter, store_of, to_sign_in
from shopify_app.dashboard.language import words_of
from shopify_app.dashboard.sign_in import sign_in_again


@bp.get("/admin/<path:rest>")
def elsewhere(rest: str) -> Response:
    """No screen has this address, or none that is only looked at."""
    visit = enter()
    return to_sign_in() if visit is None else visit.show("missing.html", here="", status=404)


@bp.errorhandler(CSRFError)
def stale_form(error: CSRFError) -> Response:
    """A form without its token: nothing was done."""
    visit = enter()
    return sign_in_again() if visit is None else visit.show("stale_form.html", here="", status=400)


def at_desk(status: int, said: Callable[[Words], tuple[str, str]]) -> Response | str:
    """What the shop's people are told when a request failed: in the frame of who is signed in, else in the dashboard's look alone.

    While the database is away (503) nobody is asked for, and the page says what it says without the store.
    """
    visit, store = _who() if status != 503 and g.get("store_id") is not None else (None, None)
    w = visit.words if visit else words_of(store)
    heading, text = said(w)
    if visit is not None:
        return visit.show("failed.html", here="", status=status, heading=heading, text=text)
    return render_template(f"dashboard/{'failed' if store else 'failed_bare'}.html", store=store, user=None, w=w, _=w.gettext, menu=[], here="",
                           done=None, heading=heading, text=text)


def _who() -> tuple[Visit | None, StoreView | None]:
    """Who is signed in, and the store; neither where finding out fails too."""
    try:
        if (visit := enter()) is not None:
            return visit, visit.store
        with reading(g.store_id) as tx:
            return None, store_of(tx)
    except Exception:
        return None, None
