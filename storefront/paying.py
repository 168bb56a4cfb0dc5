"""From a page that asks for a card payment on to the page where it is made."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, redirect

from storefront.cookies import browser


def to_pay(begin: Callable[[str], str]) -> Response:
    """`begin(browser)` gives the payment's secret; the browser is known by a cookie from then on, and only it may open the page."""
    onward = redirect("/", 303)
    onward.location = "/pay/" + begin(browser(onward))
    return onward
