"""Error pages: what happened, and what to do now. The same words whether a thing is unknown or belongs to someone else (I28)."""

from __future__ import annotations

import logging

import psycopg
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import HTTP_STATUS_CODES

from booking.access import SignedIn, StoreView, visitor
from booking.rules.decision import Refused
from jsonapi.problems import STATUS, problem
from models.session import reading
from storefront.blueprint import page, words
from storefront.cookies import login_secret

log = logging.getLogger("opencals.errors")


def install(app: Flask) -> None:
    """Register the handlers for pages; the JSON APIs answer their own errors under /api/."""
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
    return _answer(400, "csrf")


def _refused(refused: Refused) -> Response:
    """A no that the page has no place of its own for, such as when something was removed while someone chose it."""
    return _answer(STATUS.get(refused.code, 409))


def _unexpected(error: Exception) -> Response:
    if isinstance(error, (OperationalError, InterfaceError, TimeoutError, psycopg.OperationalError)):
        log.warning("the database does not answer", extra={"error": type(error).__name__})
        return _answer(503)
    log.exception("unexpected error")
    return _answer(500)


def _answer(status: int, kind: str | None = None) -> Response:
    if request.path.startswith("/api/"):
        return problem(status, "not_found" if status == 404 else "unavailable" if status >= 500 else "invalid", title=HTTP_STATUS_CODES[status])
    store, person = _visitor() if status != 503 else (None, None)
    w = words(store, person)
    heading, text = {
        404: (w._("Page not found"), w._("This page does not exist, or the link is not complete. Links in mails are sometimes cut: please open it from the mail again.")),
        405: (w._("That is not possible here"), w._("Please go back and use the buttons of the page.")),
        413: (w._("That was too much"), w._("What you sent is larger than this page can take.")),
        403: (w._("Not allowed"), w._("This request came from another site.")),
        503: (w._("We will be right back"), w._("The booking system does not answer at the moment. Nothing has changed; please try again in a minute.")),
    }.get(status, (w._("Something went wrong"), w._("Nothing has changed. Please try again.")))
    if kind == "csrf":
        heading, text = w._("Please try again"), w._("The page was open for too long, or cookies are switched off. Nothing has changed: open the page again.")
    if store is None:
        body = render_template("bare.html", w=w, heading=heading, text=text)
    else:
        body = page("error.html", store, w, person=person, heading=heading, text=text, lost_link=g.get("lost_link") and status == 404)
    response = make_response(body, status)
    response.vary.add("Cookie")
    if status == 503:
        response.headers["Retry-After"] = "30"
    return response


def _visitor() -> tuple[StoreView | None, SignedIn | None]:
    """The store, and who is signed in; addresses of links look the same to everyone."""
    if g.get("store_id") is None:
        return None, None
    try:
        with reading(g.store_id) as tx:
            return visitor(tx, None if request.path.startswith(("/manage/", "/feedback/", "/email-undo/")) else login_secret())
    except Exception:
        return None, None
