"""The real application on a free port of loopback, and Chromium."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from models.session import database
from sandbox.quiet import Quiet
from settings import Settings
from tests.support.world import World

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
         "--disable-sync").split()
PATIENCE_MS = 25_000
"""How long a page may take on a busy machine; what is there is not waited for."""
expect.set_options(timeout=PATIENCE_MS)
SLOW_S = float(os.environ.get("SLOW_ANSWERS_S", "0"))
"""With `SLOW_ANSWERS_S=0.6` half of all answers, files and scripts too, wait up to so long: what only works on a fast machine shows."""


def loopback() -> socket.socket:
    """Listens on a free port, which nobody else gets while the app that must know it is made."""
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def serving(app: Any, at: socket.socket) -> Iterator[None]:
    """A WSGI app answers at a listening socket of `loopback()`."""
    server = make_server(*at.getsockname(), _late(app) if SLOW_S else app, threaded=True, request_handler=Quiet, fd=at.fileno())
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _late(app: Any) -> Any:
    chance = random.Random(SLOW_S)

    def answer(environ: dict[str, Any], start: Any) -> Any:
        if chance.random() < 0.5:
            time.sleep(chance.uniform(0, SLOW_S))
        return app(environ, start)

    return answer


@pytest.fixture(scope="module")
def site(settings) -> Iterator[Settings]:
    """Settings of the running application: `origin(store_host(slug))` is where a shop answers."""
    with loopback() as at:
        settings = replace(settings, port=at.getsockname()[1])
        with serving(create_app(settings), at):
            yield settings
    database().engine.dispose()


@pytest.fixture
def world(site, owner_url) -> World:
    return World(owner_url)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(site, chromium) -> Iterator[Callable[..., Page]]:
    """`visit(world, ...)`: a new browser window at the shop. Failing scripts fail the test; so does anything the CSP blocks."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(world: World, *, width: int = 1280, js: bool = True, scheme: str = "light", zone: str = "America/New_York",
               locale: str = "en-US") -> Page:
        context = chromium.new_context(
            base_url=site.origin(site.store_host(world.slug)), viewport={"width": width, "height": 900}, java_script_enabled=js,
            color_scheme=scheme, locale=locale, timezone_id=zone)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults, faults
