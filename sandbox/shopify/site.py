"""Shopify's addresses on this machine: Admin API, OAuth, bulk files, and what programs ask the sandbox (design 4.6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request

from booking.shopify_tokens import AdminCaller, BadToken, admin_caller
from sandbox.faults import Faults
from sandbox.shopify import bulk, graph, staff
from sandbox.shopify.accounts import Provider
from sandbox.shopify.deliveries import Deliveries
from sandbox.shopify.schema import NoSchema
from sandbox.shopify.seed import SCOPES
from sandbox.shopify.shop import Shop

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"


class Shopify:
    """Everything the sandbox's Shopify knows. `tell` is where webhooks go: the deliveries, or what a test puts there."""

    def __init__(self, key: str, secret: str, shops: dict[str, Shop], *, base: str, faults: Faults | None = None,
                 deliveries: Deliveries | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.key, self.secret, self.shops, self.base = key, secret, shops, base
        self.faults, self.deliveries, self.now = faults or Faults(), deliveries, now
        self.tell: Callable[[Shop, str, dict[str, Any]], None] = deliveries.about if deliveries else lambda shop, topic, payload: None
        self.calls: deque[dict[str, Any]] = deque(maxlen=20_000)
        self.codes: dict[str, tuple[str, str]] = {}
        self.buckets: dict[str, graph.Bucket] = {}
        self.accounts = Provider(self)
        self.lock = threading.Lock()
        for shop in shops.values():
            self.adopt(shop)

    def adopt(self, shop: Shop) -> Shop:
        """Make a shop part of this Shopify. Only shops that have the app are told of, and every shop hears of its redaction."""
        self.shops[shop.domain] = shop
        self.buckets[shop.domain] = graph.Bucket(*shop.plan_points)
        shop.now = lambda: self.now()
        shop.changed = lambda topic, payload: self.tell(shop, topic, payload) if shop.installed or topic == "app/uninstalled" else None
        return shop

    def blueprint(self) -> Blueprint:
        site = Blueprint("shopify", __name__)
        site.add_url_rule("/shopify/api/<shop>/admin/oauth/access_token", view_func=self.access_token, methods=["POST"])
        site.add_url_rule("/shopify/api/<shop>/admin/oauth/authorize", view_func=self.authorize, methods=["GET", "POST"])
        site.add_url_rule("/shopify/api/<shop>/admin/api/<version>/graphql.json", view_func=self.graphql, methods=["POST"])
        site.add_url_rule("/shopify/bulk/<shop>/<int:number>.jsonl", view_func=self.bulk_file)
        site.add_url_rule("/shopify/calls.json", "calls", view_func=lambda: jsonify(list(self.calls)))
        site.add_url_rule("/shopify/deliveries.json", "deliveries", view_func=lambda: jsonify(list(self.deliveries.told) if self.deliveries else []))
        site.add_url_rule("/shopify/webhook", view_func=self.send_webhook, methods=["POST"])
        self.accounts.install(site)
        return site

    def find(self, domain: str) -> Shop:
        return self.shops.get(domain) or abort(404)

    # OAuth

    def access_token(self, shop: str) -> Any:
        if broken := self.broken():
            return broken
        found, body = self.find(shop), request.get_json(silent=True) or {}
        if (body.get("client_id"), body.get("client_secret")) != (self.key, self.secret):
            return {"error": "invalid_client"}, 401
        if body.get("grant_type") == EXCHANGE:
            try:
                caller = admin_caller(str(body.get("subject_token")), self.key, [self.secret])
            except BadToken:
                return {"error": "invalid_subject_token"}, 400
            if caller.shop != shop:
                return {"error": "invalid_subject_token"}, 400
            return self._online(found, caller) if body.get("requested_token_type") == ONLINE else found.grant(SCOPES)
        if body.get("grant_type") == "refresh_token":
            with found.lock:
                scopes = found.refresh.pop(str(body.get("refresh_token")), None)
            return found.grant(scopes) if scopes is not None else ({"error": "invalid_grant"}, 400)
        with self.lock:
            granted = self.codes.pop(str(body.get("code")), None)
        return found.grant(granted[1]) if granted and granted[0] == shop else ({"error": "invalid_request"}, 400)

    def authorize(self, shop: str) -> Any:
        """The question to the merchant; its POST sends them back with a code."""
        self.find(shop)
        wanted = request.args
        if wanted.get("client_id") != self.key or not wanted.get("redirect_uri"):
            abort(400)
        if request.method == "GET":
            return render_template("shopify_authorize.html", shop=shop, scopes=wanted.get("scope", "").split(","))
        code = secrets.token_hex(16)
        with self.lock:
            self.codes[code] = (shop, wanted.get("scope", ""))
        answer = {"code": code, "shop": shop, "state": wanted.get("state", ""), "timestamp": str(int(time.time())),
                  "host": base64.urlsafe_b64encode(f"admin.shopify.com/store/{shop.split('.')[0]}".encode()).rstrip(b"=").decode()}
        message = "&".join(f"{name}={answer[name]}" for name in sorted(answer))
        answer["hmac"] = hmac.new(self.secret.encode(), message.encode(), hashlib.sha256).hexdigest()
        return redirect(f"{wanted['redirect_uri']}?{urlencode(answer)}", 303)

    def _online(self, shop: Shop, caller: AdminCaller) -> Any:
        """A token of one person, with what Shopify knows of them."""
        person = staff.people(shop).get(str(caller.user_id))
        if person is None:
            return {"error": "invalid_subject_token"}, 400
        return {"access_token": "shpat_" + secrets.token_hex(16), "scope": shop.scopes, "expires_in": 86399, "associated_user_scope": shop.scopes,
                "associated_user": person}

    # Admin API

    def graphql(self, shop: str, version: str) -> Any:
        body = request.get_json(silent=True) or {}
        # A lost answer is of interest where something happened.
        changes = str(body.get("query", "")).lstrip().startswith("mutation")
        mode = self.faults.take("shopify", but_not=() if changes else ("timeout_after_effect",))
        if mode in ("timeout", "5xx", "down"):
            return {"errors": "Internal Server Error"}, 504 if mode == "timeout" else 503
        if mode == "slow":
            time.sleep(2)
        found = self.find(shop)
        if not found.token_holds(request.headers.get("X-Shopify-Access-Token", "")):
            return {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401
        self._place_files(found)
        try:
            answer, call = graph.answer(found, self.buckets[shop], body, throttle=mode == "throttled")
        except NoSchema as missing:
            return {"errors": str(missing)}, 503
        self.calls.append(call | {"at": self.now().isoformat(), "version": version})
        if mode == "timeout_after_effect":
            return {"errors": "Gateway Timeout"}, 504
        return jsonify(answer)

    def _place_files(self, shop: Shop) -> None:
        for operation in shop.bulk.values():
            if operation["url"] and operation["url"].startswith("/"):
                operation["url"] = f"{self.base}/shopify/bulk/{shop.domain}{operation['url'].removeprefix('/bulk')}"

    def bulk_file(self, shop: str, number: int) -> Any:
        """The file, from a byte on where Range asks for it."""
        found = self.find(shop)
        start = int((request.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0] or 0)

        def send() -> Any:
            skipped = 0
            for line in bulk.lines(found):
                if skipped + len(line) > start:
                    yield line[max(0, start - skipped):]
                skipped += len(line)

        return Response(send(), 206 if start else 200, mimetype="application/jsonl")

    # What programs ask for

    def send_webhook(self) -> Any:
        """`{"topic", "payload"[, "shop", "webhook_id", "triggered_at", "secret"]}`: one signed delivery now, with the status it got."""
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("topic"), str) or not isinstance(body.get("payload"), dict):
            return {"problem": 'send {"topic": "customers/update", "payload": {...}}'}, 400
        assert self.deliveries is not None, "only tests have none"
        shop = self.find(str(body.get("shop") or body.get("shop_domain") or next(iter(self.shops))))
        delivery = self.deliveries.make(shop, body["topic"], body["payload"], webhook_id=body.get("webhook_id"), triggered_at=body.get("triggered_at"))
        status = self.deliveries.send(delivery, secret=body.get("secret")).status_code
        return {"status": status, "webhook_id": delivery["webhook_id"]}

    def broken(self) -> Any:
        mode = self.faults.take("shopify")
        if mode in ("timeout", "5xx", "down", "throttled", "timeout_after_effect"):
            return {"errors": "not now"}, 503
        if mode == "slow":
            time.sleep(2)
        return None
