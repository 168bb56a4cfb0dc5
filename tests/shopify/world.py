"""A Shopify on loopback, and stores of ours whose shops have the app: what tests and the campaigns play with."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from booking import keys
from booking.shopify.connection import ShopFacts, TokenPair, connect_shop
from models.actor import SYSTEM
from models.session import transaction
from sandbox.quiet import Quiet
from sandbox.shopify import graph
from sandbox.shopify.seed import SCOPES
from sandbox.shopify.shop import Shop, gid
from sandbox.shopify.site import Shopify
from settings import Settings
from sync.shopify import shop as leased
from sync.shopify.engine import sync_shop
from tests.shopify.tokens import KEY, SECRET
from tests.support.world import NOW, World, set_clock

_numbers = itertools.count(1)


@dataclasses.dataclass
class Over:
    """Shopify as tests see it: its state, the webhooks it wants to send, and our settings that reach it."""

    shopify: Shopify
    settings: Any
    sent: list[tuple[Shop, str, dict[str, Any]]]

    def new_shop(self, **values: Any) -> Shop:
        number = next(_numbers)
        facts = {"domain": f"over{number}.myshopify.com", "number": 500 + number, "name": "Harbor Massage", "currency": "USD",
                 "zone": "America/New_York", "email": "shop@example.com"} | values
        shop = self.shopify.adopt(Shop(**facts))
        self.shopify.buckets[shop.domain] = graph.Bucket(10_000, 10_000)
        return shop


@contextmanager
def serving(settings: Settings) -> Iterator[Over]:
    """A Shopify of its own that answers as long as this lasts; `settings` of ours that reach it come with it."""
    shopify, app = Shopify(KEY, SECRET, {}, base=""), Flask("sandbox")
    app.register_blueprint(shopify.blueprint())
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    shopify.base = f"http://127.0.0.1:{server.server_port}"
    changed = dataclasses.replace(settings, shopify_api_key=KEY, shopify_api_secret=SECRET, shopify_api_base=shopify.base + "/shopify/api/{shop}",
                                  sms_url=None)
    keys.configure(changed)
    sent: list[tuple[Shop, str, dict[str, Any]]] = []
    shopify.tell = lambda shop, topic, payload: sent.append((shop, topic, payload))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield Over(shopify, changed, sent)
    server.shutdown()
    keys.configure(settings)


class Connected(World):
    """A store whose shop has the app: `shop` is the other side. No import waits."""

    def __init__(self, over: Over, owner_url: str, **store: Any) -> None:
        self.over = over
        over.shopify.now = lambda: self.now
        self.owner_url, self.now = owner_url, NOW
        set_clock(owner_url, NOW)
        self.shop = over.new_shop()
        super().__init__(owner_url, kind="shopify", shopify_domain=self.shop.domain, **store)
        self.connect()
        self.write("delete from shopify_due")
        self.write("update shopify_installs set defined_at = opencals_now()")
        leased.pace_of.cache_clear()

    def connect(self) -> int:
        pair = self.shop.grant(SCOPES)
        return connect_shop(SYSTEM, ShopFacts(gid("Shop", self.shop.number), self.shop.domain, "Harbor Massage", "shop@example.com", "USD",
                                              "America/New_York", "en"),
                            TokenPair(pair["access_token"], pair["expires_in"], pair["refresh_token"], pair["refresh_token_expires_in"], SCOPES))

    def sync(self) -> int:
        return sync_shop(self.store_id, self.over.settings)

    def calls(self, *names: str) -> list[dict[str, Any]]:
        return [call for call in self.over.shopify.calls if call["shop"] == self.shop.domain and (not names or call["operation"] in names)]

    def writes(self) -> list[dict[str, Any]]:
        return [call for call in self.calls() if call.get("kind") == "mutation" and not call["throttled"]]

    def due(self) -> list[tuple[str, str, str]]:
        return [tuple(row) for row in self.sql("select kind, subject, state from shopify_due where due_at <= opencals_now() order by 1, 2")]

    def write(self, statement: str, *values: Any) -> None:
        with transaction(self.store_id, SYSTEM) as tx:
            tx.db.exec_driver_sql(statement, values)

    def webhooks(self, *topics: str) -> list[dict[str, Any]]:
        """What Shopify wants to tell us, oldest first; taken away."""
        mine = [entry for entry in self.over.sent if entry[0] is self.shop and (not topics or entry[1] in topics)]
        for entry in mine:
            self.over.sent.remove(entry)
        return [{"topic": topic, "payload": payload} for _, topic, payload in mine]
