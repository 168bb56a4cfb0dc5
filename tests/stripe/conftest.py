"""The sandbox's Stripe on a free port of loopback, and the real SDK's client for it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from app import create_app
from booking import keys
from booking.actions.payment_accounts import connect_account
from models.actor import SYSTEM
from models.intent import Intent
from models.payment import Payment
from models.session import database, new_id, transaction
from sandbox.faults import Faults
from sandbox.files import free_port
from sandbox.quiet import Quiet
from sandbox.stripe import api
from sandbox.stripe.events import Events
from sandbox.stripe.state import State
from settings import Settings
from tests.support.world import World

ACCOUNT = "acct_test1"
SECRET, WEBHOOK_SECRET = "sk_test_sandbox", "whsec_" + "w" * 32


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
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
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


@pytest.fixture
def paying(settings: Settings, bank: Bank) -> Iterator[Settings]:
    """Settings in force whose Stripe is `bank`, with keys that count as live: nothing is rehearsed."""
    changed = dataclasses.replace(settings, stripe_secret_key="sk_live_sandbox", stripe_publishable_key="pk_test_sandbox",
                                  stripe_webhook_secret=WEBHOOK_SECRET, stripe_api_base=bank.url, stripe_js_url=f"{bank.url}/js/stripe.js")
    keys.configure(changed)
    yield changed
    keys.configure(settings)


@pytest.fixture(scope="module")
def made_app(settings: Settings) -> Iterator[Flask]:
    yield create_app(settings)
    database().engine.dispose()


@pytest.fixture
def app(made_app: Flask, paying: Settings) -> Flask:
    """The same application for all tests of a module; each test's Stripe is that of the settings in force."""
    return made_app


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


class Till:
    """A shop with an account at Stripe, and customers who have paid there."""

    def __init__(self, world: World, bank: Bank) -> None:
        self.world, self.bank, self.account = world, bank, f"acct_{world.slug}"
        self.account_id = connect_account(world.store_id, SYSTEM, self.account)

    @property
    def client(self) -> stripe.StripeClient:
        return self.bank.client(self.account)

    def take(self, b, amount: int, method: str = "pm_card_visa") -> str:  # noqa: ANN001
        """A further card payment of the booking, in our books and at Stripe; Stripe's id."""
        made = self.client.v1.payment_intents.create({
            "amount": amount, "currency": b.currency.lower(), "payment_method": method, "confirm": True, "off_session": True})
        payment_id = new_id()
        with transaction(self.world.store_id, SYSTEM) as tx:
            row = {"store_id": self.world.store_id, "booking_id": b.id, "amount": amount, "currency": b.currency}
            tx.db.execute(Payment.__table__.insert().values(**row, id=payment_id, method="card", provider_ref=made.id, captured_at=tx.now))
            tx.db.execute(Intent.__table__.insert().values(
                **row, id=new_id(), kind="deposit", state="succeeded", account_id=self.account_id, payment_id=payment_id,
                provider_ref=made.id, created_at=tx.now, settled_at=tx.now))
        return made.id

    def refunds(self) -> list[dict[str, Any]]:
        """What Stripe has given back, oldest first, failed ones left out."""
        return [made for made in self.bank.all("refund", self.account) if made["status"] != "failed"]


@pytest.fixture
def world(db, paying, owner_url) -> World:  # noqa: ANN001
    return World(owner_url)


@pytest.fixture
def till(world, bank) -> Till:  # noqa: ANN001
    return Till(world, bank)
