"""Who comes in: the store and the person or program a bearer token names."""

from __future__ import annotations

from hmac import compare_digest

from flask import Blueprint, g, request
from sqlalchemy import select

from booking.access_tokens import parse
from booking.actions.tokens import USE_NOTED_EVERY, note_token_use
from booking.links import store_origin
from booking.rules.decision import Refused
from jsonapi.operations import JsonApi, number
from jsonapi.problems import install
from models.access import MerchantToken
from models.actor import SYSTEM, Actor
from models.session import Tx, reading
from models.store import Store
from shopify_app import session_tokens
from shopify_app.api.call import Call
from shopify_app.api.problems import refused

PREFIX = "/api/merchant/v1"
MANAGERS = ("owner", "manager")
blueprint = Blueprint("merchant_api", __name__)
install(blueprint, refused)


def reference(text: str | None, field: str) -> int | None:
    """An id inside a body or query: an impossible one is as unknown as one that is not there."""
    if text is None:
        return None
    try:
        return number(text)
    except Refused:
        raise Refused("invalid", errors=[{"field": field, "problem": "is not known"}]) from None


def _authenticate() -> Call:
    """The store is the one the token names, and no other; every failure is the same 401 (I27).

    The bearer is a store's own token, or a session token of the Shopify admin.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if session_tokens.looks_like_one(token):
        return _of_shopify(token)
    parsed = parse(token)
    if parsed is None:
        raise Refused("unauthorized")
    store_id, digest = parsed
    with reading(store_id) as tx:
        row = tx.db.execute(select(MerchantToken.id, MerchantToken.secret_hash, MerchantToken.last_used_at).where(
            MerchantToken.store_id == store_id, MerchantToken.secret_hash == digest, MerchantToken.revoked_at.is_(None))).one_or_none()
        if row is None or not compare_digest(row.secret_hash, digest):
            raise Refused("unauthorized")
        origin = _origin(tx, store_id)
        unnoted = row.last_used_at is None or tx.now - row.last_used_at >= USE_NOTED_EVERY
    if unnoted and request.method not in ("GET", "HEAD"):  # reading writes nothing, not even this (R5)
        note_token_use(store_id, SYSTEM, row.id)
    g.store_id = store_id
    return Call(store_id, Actor("token", "api", row.id), f"token:{row.id}", origin=origin)


def _of_shopify(token: str) -> Call:
    found = session_tokens.merchant_of(token)
    if found is None:
        raise Refused("unauthorized", session=True)
    store_id, actor = found
    if actor.role not in MANAGERS:
        raise Refused("not_allowed", kind="role")  # this API has no screens to choose from: it is as wide as a manager's dashboard
    with reading(store_id) as tx:
        origin = _origin(tx, store_id)
    g.store_id = store_id
    return Call(store_id, actor, f"{actor.kind}:{actor.id}", origin=origin)


def owners_only(call: Call) -> None:
    """What the dashboard shows owners alone: a token, which only an owner can make, or an owner in the Shopify admin."""
    if call.actor.kind == "user" and call.actor.role != "owner":
        raise Refused("not_allowed", kind="role")


def _origin(tx: Tx, store_id: int) -> str:
    return store_origin(tx, tx.db.execute(select(Store.slug).where(Store.store_id == store_id)).scalar_one())


api = JsonApi(blueprint, PREFIX, _authenticate)
operation = api.operation
OPERATIONS = api.operations
