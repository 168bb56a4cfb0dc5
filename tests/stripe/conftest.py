"""The sandbox's Stripe on a free port of loopback, and the real SDK's client for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.faults import Faults
from sandbox.files import free_port
from sandbox.stripe import api
from sandbox.stripe.events import Events
from sandbox.stripe.state import State

ACCOUNT = "acct_test1"
SECRET, WEBHOOK_SECRET = "sk_test_sandbox", "whsec_" + "w" * 32


class Quiet(WSGIRequestHandler):
    def log(self, *args: object) -> None:
        """Requests of a test are no news, broken lines neither: they are ordered."""


@dataclass
class Bank:
    """The sandbox's Stripe. `moment` is its clock; None is the machine's."""

    url: str
    state: State
    faults: Faults
    moment: list[datetime] = field(default_factory=list)

    def client(self, account: str | None = ACCOUNT, **more: Any) -> stripe.StripeClient:
        return stripe.StripeClient(SECRET, base_addresses={"api": self.url}, stripe_account=account, **({"max_network_retries": 0} | more))

    def all(self, kind: str, account: str | None = None) -> list[dict[str, Any]]:
        return [made for _, made in self.state.each(account, kind)]

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in self.all("event") if not kinds or event["type"] in kinds]


def serve(state: State, events: Events, faults: Faults, port: int = 0):  # noqa: ANN201
    """A running server for this Stripe; `shutdown()` ends it."""
    app = Flask(__name__)
    app.register_blueprint(api.blueprint(state, events, faults))
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def bank() -> Iterator[Bank]:
    moment: list[datetime] = []
    state = State(now=lambda: moment[-1] if moment else datetime.now(UTC))
    faults, port = Faults(), free_port()
    server = serve(state, Events(state, secret=WEBHOOK_SECRET), faults, port)
    yield Bank(f"http://127.0.0.1:{port}", state, faults, moment)
    server.shutdown()
    server.server_close()
