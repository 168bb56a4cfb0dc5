"""Webhooks of Stripe received over HTTP, each event another one, against the least that can be: the signature and one insert."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import count

from bench.data import Shop
from bench.load import ON_ONE_CONNECTION, Rate, Server
from bench.turns import in_turns, middle, rate, ratio
from booking.actions.payment_accounts import connect_account
from models.actor import SYSTEM
from sandbox.files import free_port
from sandbox.parts import Parts
from settings import Settings

ACCOUNT, SECRET = "acct_bench", "whsec_bench"
EVENTS, CLIENTS = 800, 4


def measure(parts: Parts, settings: Settings, shops: dict[str, Shop]) -> Iterator[tuple]:
    shop = list(shops.values())[-1]
    connect_account(shop.store_id, SYSTEM, ACCOUNT)
    env = parts.environment | {"LOG_LEVEL": "ERROR", "BENCH_STORE": str(shop.store_id), "STRIPE_WEBHOOK_SECRET": SECRET}
    host, numbers = f"{shop.slug}.localhost", count()
    floor_server, server = Server("bench.floor:ingest", free_port(), env), Server("app:create_app()", free_port(), env)

    def send(to: Server, kind: str) -> Rate:
        return _send(to, [_delivery(host, f"evt_{kind}_{next(numbers)}") for _ in range(EVENTS)])

    try:
        send(floor_server, "first"), send(server, "first")
        least, ours = in_turns(partial(send, floor_server, "floor"), partial(send, server, "event"))
    finally:
        floor_server.stop()
        server.stop()
    share = ratio(ours, least, rate)
    yield ("webhook received", f"{middle(ours).per_second:.0f}/s, {middle(ours).cpu:.2f} ms CPU",
           f"{middle(least).per_second:.0f}/s, {middle(least).cpu:.2f} ms CPU", share, ">= 0.7", share >= 0.7)


def _delivery(host: str, event_id: str) -> bytes:
    """A whole request, signed now."""
    body = json.dumps({
        "id": event_id, "object": "event", "type": "refund.updated", "account": ACCOUNT, "created": int(time.time()), "api_version": "2026-10-28.endive",
        "data": {"object": {"id": "re_bench", "object": "refund", "amount": 2500, "currency": "usd", "payment_intent": "pi_bench", "status": "succeeded",
                            "metadata": {"source": "opencals", "line": "1", "attempt": "1"}}}}).encode()
    stamp = int(time.time())
    signature = hmac.new(SECRET.encode(), b"%d." % stamp + body, hashlib.sha256).hexdigest()
    return (f"POST /webhooks/stripe HTTP/1.1\r\nHost: {host}\r\nStripe-Signature: t={stamp},v1={signature}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def _send(server: Server, deliveries: list[bytes]) -> Rate:
    """All of them over a few kept connections; raises RuntimeError unless each answer is 200."""
    before, started, times = server.cpu_seconds(), time.perf_counter(), []
    threads = [threading.Thread(target=lambda n=n: times.extend(_each(server.port, deliveries[n::CLIENTS]))) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    if len(times) < len(deliveries):
        raise RuntimeError("a webhook was not taken")
    return Rate(len(times) / took, sorted(times)[len(times) // 2] * 1000, (server.cpu_seconds() - before) / len(times) * 1000)


def _each(port: int, deliveries: list[bytes]) -> list[float]:
    return [took for n in range(0, len(deliveries), ON_ONE_CONNECTION) for took in _each_on_one(port, deliveries[n:n + ON_ONE_CONNECTION])]


def _each_on_one(port: int, deliveries: list[bytes]) -> list[float]:
    times = []
    with socket.create_connection(("127.0.0.1", port), 30) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for delivery in deliveries:
            start, head = time.perf_counter(), b""
            s.sendall(delivery)
            while b"\r\n\r\n" not in head:
                chunk = s.recv(65536)
                if not chunk:
                    raise RuntimeError("the server closed the connection")
                head += chunk
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.split(b"\r\n")[0].decode())
            times.append(time.perf_counter() - start)
    return times
