"""The real application on a free port of loopback, and Chromium."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

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


@pytest.fixture(scope="module")
def site(settings) -> Iterator[Settings]:
    """Settings of the running application: `origin(store_host(slug))` is where a shop answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = replace(settings, port=port)
    server = make_server("127.0.0.1", port, create_app(settings), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield settings
    server.shutdown()
    thread.join()
    server.server_close()
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
