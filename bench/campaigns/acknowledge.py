"""How soon webhook deliveries are acknowledged, with no worker running and Redis there, stopped, or silent (I5): p99 under 500 ms.

Needs no demo: `bench campaign acknowledge [DELIVERIES]`. Every delivery is another one, signed and sent over four kept connections;
at the end each must stand in the database exactly once.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import tempfile
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

from bench.data import administrator
from bench.hooks import ACCOUNT, CLIENTS, SECRET, _delivery, _each
from bench.load import Server
from booking import keys
from booking.actions.payment_accounts import connect_account
from gateways.shopify.documents import API_VERSION
from gateways.shopify.signature import signed
from models.actor import SYSTEM
from sandbox.files import free_port
from sandbox.parts import Parts
from sandbox.seed import seed
from settings import Settings

DELIVERIES, TARGET_MS = 1_500, 500


def main(argv: list[str]) -> int:
    count = int(argv[0]) if argv else DELIVERIES
    with tempfile.TemporaryDirectory(prefix="opencals-acknowledge-") as place:
        home = Path(place)
        home.chmod(0o755)
        os.environ |= {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        parts = Parts(home / "var")
        try:
            parts.start()
            env = parts.environment | {"STRIPE_WEBHOOK_SECRET": SECRET, "LOG_LEVEL": "ERROR"}
            settings = Settings.from_environment(env)
            stores = seed(settings)
            keys.configure(settings)
            connect_account(_store_id(env, "demo"), SYSTEM, ACCOUNT)
            return _measure(parts, env, stores["demo-shop"]["shop_domain"], count)
        finally:
            if parts.valkey and parts.valkey.process and parts.valkey.process.poll() is None:
                parts.valkey.process.send_signal(signal.SIGCONT)
            parts.stop()


def _measure(parts: Parts, env: dict[str, str], domain: str, count: int) -> int:
    assert parts.valkey is not None and parts.valkey.process is not None
    valkey, held = parts.valkey.process, True
    kinds: dict[str, Callable[[], bytes]] = {
        "stripe": lambda: _delivery("demo.localhost", f"evt_{uuid.uuid4().hex}"),
        "shopify": lambda: _of_shopify(domain, env["SHOPIFY_API_SECRET"])}
    server = Server("app:create_app()", free_port(), env)
    try:
        _send(server.port, [make() for make in kinds.values() for _ in range(100)])
        for state, change in (("answers", lambda: None), ("is silent", lambda: valkey.send_signal(signal.SIGSTOP)), ("is gone", lambda: _end(valkey))):
            change()
            for kind, make in kinds.items():
                times = sorted(_send(server.port, [make() for _ in range(count)]))
                p50, p99 = statistics.median(times) * 1000, times[int(len(times) * 0.99)] * 1000
                held = held and p99 < TARGET_MS
                print(f"{kind:8} Redis {state:10} {len(times)} deliveries: p50 {p50:6.1f} ms, p99 {p99:6.1f} ms, longest {times[-1] * 1000:6.1f} ms", flush=True)
    finally:
        server.stop()
    wanted = 100 + 3 * count
    kept = {table: _count(env, table) for table in ("stripe_events", "shopify_deliveries")}
    print(f"kept: {kept}, acknowledged: {wanted} of each")
    return 0 if held and set(kept.values()) == {wanted} else 1


def _of_shopify(domain: str, secret: str) -> bytes:
    body = json.dumps({"id": uuid.uuid4().int >> 80, "email": "ada@example.com", "updated_at": "2026-11-20T10:00:00Z"}).encode()
    head = {"Host": "demo.localhost", "Content-Type": "application/json", "Content-Length": str(len(body)), "X-Shopify-Topic": "customers/update",
            "X-Shopify-Shop-Domain": domain, "X-Shopify-Hmac-Sha256": signed(body, secret), "X-Shopify-Webhook-Id": str(uuid.uuid4()),
            "X-Shopify-Triggered-At": "2026-11-20T10:00:00Z", "X-Shopify-API-Version": API_VERSION}
    return ("POST /webhooks/shopify HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.items()) + "\r\n").encode() + body


def _send(port: int, deliveries: list[bytes]) -> list[float]:
    times: list[float] = []
    threads = [threading.Thread(target=lambda n=n: times.extend(_each(port, deliveries[n::CLIENTS]))) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(times) < len(deliveries):
        raise SystemExit("a delivery was not acknowledged")
    return times


def _end(valkey) -> None:  # noqa: ANN001
    valkey.send_signal(signal.SIGKILL)
    valkey.wait(10)


def _store_id(env: dict[str, str], slug: str) -> int:
    with administrator(env["OWNER_DATABASE_URL"]) as c:
        return c.execute("select store_id from stores where slug = %s", (slug,)).fetchone()[0]


def _count(env: dict[str, str], table: str) -> int:
    with administrator(env["OWNER_DATABASE_URL"]) as c:
        return c.execute(f"select count(*) from {table}").fetchone()[0]
