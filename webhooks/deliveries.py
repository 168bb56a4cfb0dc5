"""The door of what Stripe and Shopify deliver: in front of the pages, since it needs no session, host or form (design 4.5).

A delivery carries its own proof over its raw body, comes by thousands, and whoever sends it waits seconds only for the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wsgi import get_input_stream

from webhooks import shopify, stripe

LARGEST = 4 * 1024 * 1024  # an order of hundreds of lines
RECEIVERS: dict[str, Callable[[bytes, Callable[[str], str]], tuple[int, str]]] = {
    "/webhooks/stripe": stripe.receive, "/webhooks/shopify": shopify.receive, "/webhooks/shopify/compliance": shopify.receive_compliance}
"""Path -> what takes (raw body, a header by name) and says (status, a few words)."""
log = logging.getLogger("opencals.webhooks")
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Deliveries:
    """WSGI: answers for RECEIVERS, hands everything else on.

    `begin()` gives a request its id and beginning, `note(route, method, status, beginning)` hears of the answer.
    """

    def __init__(self, pages: Wsgi, headers: list[tuple[str, str]], begin: Callable[[], tuple[str, float]],
                 note: Callable[[str, str, int, float], None]) -> None:
        self.pages, self.headers, self.begin, self.note = pages, headers, begin, note

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path not in RECEIVERS:
            return self.pages(environ, start_response)
        (request_id, started), method = self.begin(), environ["REQUEST_METHOD"]
        status, words = _answer(path, method, environ)
        body = words.encode()
        start_response(f"{status} {HTTP_STATUS_CODES[status].upper()}", [
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), ("X-Request-Id", request_id), *self.headers,
            *([("Allow", "POST")] if status == 405 else [("Retry-After", "30")] if status == 503 else [])])
        self.note(path, method, status, started)
        return [b"" if method == "HEAD" else body]


def _answer(path: str, method: str, environ: dict[str, Any]) -> tuple[int, str]:
    if method != "POST":
        return 405, "Deliveries are posted here."
    try:
        raw = get_input_stream(environ, max_content_length=LARGEST).read()
        return RECEIVERS[path](raw, lambda name: environ.get("HTTP_" + name.upper().replace("-", "_"), ""))
    except RequestEntityTooLarge:
        return 413, "That is larger than any delivery."
    except ClientDisconnected:
        return 400, "The delivery is not complete."
    except (OperationalError, InterfaceError, TimeoutError, psycopg.OperationalError) as error:
        log.warning("the database does not answer", extra={"error": type(error).__name__})
        return 503, "Please deliver it again."
    except Exception:
        log.exception("unexpected error")
        return 500, "Please deliver it again."
