"""Requests the web server cannot read are answered by the application all the same: a problem for programs, a page of ours for people.

gunicorn refuses them before the application sees them, in its own words, and writes what was sent into its log, tokens included (I45).
"""

from __future__ import annotations

import errno
import logging
import re
import socket
from typing import Any

from gunicorn.http import RequestParser
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.message import Request
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.test import create_environ, run_wsgi_app

from operation.requests import UNREAD

STATUS = {LimitRequestLine: 414, LimitRequestHeaders: 431}
"""Everything else is 400."""
THE_APPLICATIONS = (InvalidResponseHeader, InvalidResponseHeaderName)
BEGINNING = 200
DOOR = re.compile(rb"[A-Z]+ (/(?:api|admin|app)/[A-Za-z0-9/_-]*)")
log = logging.getLogger("opencals.errors")


class Noted(Request):
    """A request that tells, where it fails, how it began."""

    began = b""

    def __init__(self, *args: Any) -> None:
        try:
            super().__init__(*args)
        except ParseException as error:
            error.began = self.began  # type: ignore[attr-defined]
            raise

    def read_into(self, unreader: Any, buf: bytearray, stop: bool = False) -> None:
        super().read_into(unreader, buf, stop)
        self.began = self.began or bytes(buf[:BEGINNING])

    def set_body_reader(self) -> None:
        super().set_body_reader()
        self.body.reader = Cut(self.body.reader)


class Cut:
    """Of a body that cannot be read any further the application hears what it knows: the line broke (400)."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader

    def read(self, size: int) -> bytes:
        try:
            return self.reader.read(size)
        except ParseException as error:
            # With its number: gunicorn, which drains what nobody read, writes other breaks of the line into its log.
            raise ConnectionResetError(errno.ECONNRESET, type(error).__name__) from None


RequestParser.mesg_class = Noted


class WebWorker(ThreadWorker):
    """gunicorn's threads, with our answers."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        if not isinstance(exc, ParseException) or isinstance(exc, THE_APPLICATIONS):
            return super().handle_error(req, client, addr, exc)
        log.warning("a request that cannot be read", extra={"error": type(exc).__name__})
        try:
            write_nonblock(client, self._answer(_path(getattr(exc, "began", b"")), STATUS.get(type(exc), 400)))
        except OSError:
            log.info("whoever sent it has gone")

    def _answer(self, path: str, status: int) -> bytes:
        """What the application says of it, as it goes over the line. The connection ends: nobody knows where the next request begins."""
        body, line, headers = run_wsgi_app(self.wsgi, create_environ(path, environ_overrides={UNREAD: status}))
        headers["Connection"] = "close"
        head = [f"HTTP/1.1 {line}", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(head).encode("latin-1") + b"".join(body)


def _path(began: bytes) -> str:
    """The door it came to, where so much can be read; the customers' else."""
    found = DOOR.match(began)
    return found[1].decode() if found else "/"
