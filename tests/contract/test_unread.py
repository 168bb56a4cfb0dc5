"""What the web server cannot read is answered like everything else, and nothing of it is logged (design 4.4, I45, I48, I53)."""

from __future__ import annotations

import email
import json
import logging
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http import get_parser
from gunicorn.http.wsgi import create
from gunicorn.util import load_class
from gunicorn.workers.gthread import TConn
from werkzeug.test import run_wsgi_app

import operation.web_worker
from app import create_app
from models.session import database
from operation.web_worker import WebWorker
from storefront.api.door import CORS
from tests.api.conftest import token_for
from tests.support.world import World

LONG = b"x" * 9000
BAD = {
    "too long": (b"GET %s?q=" + LONG + b" HTTP/1.1\r\nHost: a.localhost\r\n\r\n", 414), "no version": (b"GET %s?token=k1.canary\r\n\r\n", 400),
    "a version nobody knows": (b"GET %s?token=k1.canary HTTP/9.9\r\nHost: a.localhost\r\n\r\n", 400),
    "not a header": (b"GET %s HTTP/1.1\r\ncanary\r\n\r\n", 400), "a header with a space": (b"GET %s HTTP/1.1\r\nA b: canary\r\n\r\n", 400),
    "a header too long": (b"GET %s HTTP/1.1\r\nCookie: " + LONG + b"\r\n\r\n", 431),
    "headers too many": (b"GET %s HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
    "a coding nobody knows": (b"POST %s HTTP/1.1\r\nTransfer-Encoding: canary\r\n\r\n", 400)}


@pytest.fixture(scope="module")
def worker(settings):
    worker = WebWorker.__new__(WebWorker)
    worker.cfg = Config()
    worker.cfg.set("limit_request_line", 8190)
    worker.log = Logger(worker.cfg)
    worker.wsgi = create_app(replace(settings, stripe_secret_key="sk_test_x", stripe_publishable_key="pk_test_x", stripe_webhook_secret="whsec_x"))
    yield worker
    database().engine.dispose()


@pytest.fixture
def world(worker, owner_url):
    return World(owner_url)


def answer(worker: WebWorker, sent: bytes) -> tuple[int, email.message.Message, str]:
    """What goes over the line: status, headers, body."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(sent)
        with pytest.raises(Exception) as refused:
            next(get_parser(worker.cfg, ours, ("192.0.2.1", 1)))
        worker.handle_error(None, ours, ("192.0.2.1", 1), refused.value)
        ours.shutdown(socket.SHUT_WR)
        read = b"".join(iter(lambda: theirs.recv(65536), b"")).decode()
    head, _, body = read.partition("\r\n\r\n")
    line, _, headers = head.partition("\r\n")
    assert line.startswith("HTTP/1.1 ")
    return int(line.split()[1]), email.message_from_string(headers), body


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("path", ["/api/merchant/v1/bookings", "/api/customer/v1/bookings", "/api/x"])
def test_programs_get_a_problem(worker, path, kind):
    sent, status = BAD[kind]
    found, headers, body = answer(worker, sent.replace(b"%s", path.encode()))
    assert (found, headers["Content-Type"], headers["Connection"]) == (status, "application/problem+json", "close")
    said = json.loads(body)
    assert (said["type"], said["status"], said["code"]) == ("about:blank", status, "invalid") and said["title"] and "canary" not in body
    assert int(headers["Content-Length"]) == len(body) and headers["Cache-Control"] == "private, no-store"
    assert (headers["Access-Control-Allow-Origin"] == CORS["Access-Control-Allow-Origin"]) is ("customer" in path)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("path", ["/account", "/admin/bookings", "/app/admin/x", "/webhooks/shopify", "//"])
def test_people_get_a_page_of_ours(worker, path, kind):
    sent, status = BAD[kind]
    found, headers, body = answer(worker, sent.replace(b"%s", path.encode()))
    assert (found, headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert "Nothing has changed" in body and "canary" not in body and "frame-ancestors" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("sent", [b"\x00\xff\r\n\r\n", b"GET * HTTP/1.1\r\n\r\n", b"GET \xff\xfe HTTP/1.1\r\n\r\n", b"\r\n\r\n\r\n"])
def test_noise_gets_a_page_too(worker, sent):
    assert answer(worker, sent)[0] == 400


def test_nothing_of_it_is_logged(worker, monkeypatch, caplog):
    monkeypatch.setattr(worker.log.error_log, "propagate", True)  # gunicorn's own is looked at too
    with caplog.at_level(logging.DEBUG):
        for sent, _ in BAD.values():
            answer(worker, sent.replace(b"%s", b"/manage/abc"))
    assert [r.error for r in caplog.records if r.name == "opencals.errors"] == [
        "LimitRequestLine", "InvalidRequestLine", "InvalidHTTPVersion", "InvalidHeader", "InvalidHeaderName", "LimitRequestHeaders", "LimitRequestHeaders",
        "UnsupportedTransferCoding"]
    assert "canary" not in caplog.text and "192.0.2.1" not in caplog.text


CHUNKS = (b"ZZ\r\nxx\r\n0\r\n\r\n", b"5\r\nabcdeXX\r\n0\r\n\r\n", b"-5\r\nabcde\r\n0\r\n\r\n", b"5;\x00\r\nabcde\r\n0\r\n\r\n", b"5\r\nab", b"2\r\n{}\r\n0\r\nno trailer\r\n\r\n")


@pytest.mark.parametrize("chunks", CHUNKS, ids=repr)
@pytest.mark.parametrize("path", ["/api/merchant/v1/customers", "/webhooks/stripe", "/webhooks/shopify"])
def test_a_body_in_broken_pieces_is_no_failure_of_ours(worker, world, path, chunks):
    token, (ours, theirs) = token_for(world), socket.socketpair()
    with ours, theirs:
        theirs.sendall(f"POST {path} HTTP/1.1\r\nHost: api.localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
        theirs.shutdown(socket.SHUT_WR)
        parser = get_parser(worker.cfg, ours, ("192.0.2.1", 1))
        _, environ = create(next(parser), ours, ("192.0.2.1", 1), ("127.0.0.1", 80), worker.cfg)
        body, status, _ = run_wsgi_app(worker.wsgi, environ)
        assert status.startswith("400 "), b"".join(body)
        assert not parser.finish_body(), "where the next request begins is unknown"


@pytest.mark.parametrize("chunks", CHUNKS[:4], ids=repr)
def test_a_body_nobody_read_fills_no_log(worker, world, caplog, monkeypatch, chunks):
    """gunicorn looks for the next request behind it."""
    monkeypatch.setattr(worker.log.error_log, "propagate", True)
    for name, value in {"nr": 0, "max_requests": 99, "alive": True, "keepalived_conns": (), "max_keepalived": 9}.items():
        monkeypatch.setattr(worker, name, value, raising=False)
    ours, theirs = socket.socketpair()
    with ours, theirs, caplog.at_level(logging.INFO):
        theirs.sendall(b"GET /healthz HTTP/1.1\r\nHost: api.localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        theirs.shutdown(socket.SHUT_WR)
        assert not worker.handle(TConn(worker.cfg, ours, ("192.0.2.1", 1), ("127.0.0.1", 80))), "the connection ends"
        assert theirs.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert "gunicorn.error" not in {record.name for record in caplog.records}


def test_what_the_application_breaks_is_no_fault_of_who_asked(worker, monkeypatch, caplog):
    """It stays gunicorn's to log and to answer."""
    monkeypatch.setattr(worker.log.error_log, "propagate", True)
    ours, theirs = socket.socketpair()
    with ours, theirs, caplog.at_level(logging.ERROR):
        worker.handle_error(None, ours, None, RuntimeError("broken"))
        assert theirs.recv(65536).startswith(b"HTTP/1.1 500 ")
    assert "Error handling request" in caplog.text


def test_the_server_uses_it():
    settings: dict[str, object] = {}
    exec(Path("gunicorn.conf.py").read_text(), settings)
    assert load_class(settings["worker_class"]) is operation.web_worker.WebWorker
