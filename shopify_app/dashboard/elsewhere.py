"""Addresses that lead nowhere and forms that were open too long, told to the shop's people in their own words and frame."""

from __future__ import annotations

from flask import Response
from flask_wtf.csrf import CSRFError

from shopify_app.dashboard.door import bp, enter, to_sign_in
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
