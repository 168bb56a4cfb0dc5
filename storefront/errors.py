"""Error pages: what happened, and what to do now. The same words whether a thing is unknown or belongs to someone else (I28)."""

from __future__ import annotations

import logging
from collections.abc import Callable

import psycopg
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import HTTP_STATUS_CODES

from booking.access import SignedIn, StoreView, visitor
from booking.rules.decision import Refused
from booking.wording import Words
from jsonapi.problems import STATUS, problem
from models.session import reading
from storefront.blueprint import page, words
from storefront.cookies import login_secret

log = logging.getLogger("opencals.errors")
Said = Callable[[Words], tuple[str, str]]
"""The heading and the text of an error page in a language."""
BACK_IN_S = 30


def install(app: Flask, at_desk: Callable[[int, Said], Response | str]) -> None:
    """Register the handlers for pages; the JSON APIs answer their own errors under /api/.

    `at_desk(status, said)` renders what the shop's people are told, at the store's host and inside the Shopify admin.
    """
    app.extensions["opencals.at_desk"] = at_desk
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or (error.code or 500) < 400:
        return error
    response = _answer(error.code or 500)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _csrf(error: CSRFError) -> Response:
    return _answer(400, lambda w: (
        w._("Please try again"), w._("The page was open for too long, or cookies are switched off. Nothing has changed: open the page again.")))


def _refused(refused: Refused) -> Response:
    """A no that the page has no place of its own for, such as when something was removed while someone chose it."""
    if refused.code == "rate_limited":
        response = _answer(429, lambda w: (w._("Please try again later"), w.refusal(refused.code, refused.facts, "")))
        response.headers["Retry-After"] = str(refused.facts.get("retry_after", 60))
        return response
    return _answer(STATUS.get(refused.code, 409))


def _unexpected(error: Exception) -> Response:
    if isinstance(error, (OperationalError, InterfaceError, TimeoutError, psycopg.OperationalError)):
        log.warning("the database does not answer", extra={"error": type(error).__name__})
        return _answer(503)
    log.exception("unexpected error")
    return _answer(500)


def _answer(status: int, said: Said | None = None) -> Response:
    if request.path.startswith("/api/"):
        return problem(status, "not_found" if status == 404 else "unavailable" if status >= 500 else "invalid", title=HTTP_STATUS_CODES[status])
    said = said or (lambda w: _told(w, status))
    if f"{request.path}/".startswith(("/admin/", "/app/")):
        body = current_app.extensions["opencals.at_desk"](status, said)
    else:
        store, person = _visitor() if status != 503 else (None, None)
        w = words(store, person)
        heading, text = said(w)
        if store is None:
            body = render_template("bare.html", w=w, heading=heading, text=text)
        else:
            body = page("error.html", store, w, person=person, heading=heading, text=text, lost_link=g.get("lost_link") and status == 404)
    response = make_response(body, status)
    response.vary.add("Cookie")
    if status == 503:
        response.headers["Retry-After"] = str(BACK_IN_S)
    return response


def _told(w: Words, status: int) -> tuple[str, str]:
    """Heading and text for a status."""
    too_much = (w._("That was too much"), w._("What you sent is larger than this page can take. Nothing has changed: please go back and send less."))
    return {
        404: (w._("Page not found"), w._("This page does not exist, or the link is not complete. Links in mails are sometimes cut: please open it from the mail again.")),
        405: (w._("That is not possible here"), w._("Please go back and use the buttons of the page.")),
        413: too_much, 414: too_much, 431: too_much,
        403: (w._("Not allowed"), w._("This request came from another site. Nothing has changed: please open the page here and try again.")),
        503: (w._("We will be right back"), w._("The booking system does not answer at the moment. Nothing has changed; please try again in a minute.")),
    }.get(status, (w._("Something went wrong"), w._("Nothing has changed. Please try again.")))


def _visitor() -> tuple[StoreView | None, SignedIn | None]:
    """The store, and who is signed in; addresses of links look the same to everyone."""
    if g.get("store_id") is None:
        return None, None
    try:
        with reading(g.store_id) as tx:
            return visitor(tx, None if request.path.startswith(("/manage/", "/feedback/", "/email-undo/")) else login_secret())
    except Exception:
        return None, None
