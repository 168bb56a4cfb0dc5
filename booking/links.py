"""The signed link of a booking (R3, A50, A51, A70, I31-I34, I43)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

from booking.keys import settings, sign, unsign
from models.booking_summary import BookingSummary
from models.session import Tx
from models.statement import Statement, param
from models.store import own_host

_OWN_HOST = Statement(own_host(param("store")))


def manage_token(store_id: int, ref: str, epoch: int) -> str:
    """`kid.signature`: HMAC-SHA256 over a fixed-format message, full length, base64url. The same booking and epoch, the same token."""
    return purpose_token("manage", store_id, ref, epoch)


def purpose_token(purpose: str, store_id: int, ref: str, epoch: int) -> str:
    """A token of the same kind that opens nothing but one purpose, such as `feedback` (I42)."""
    kid, key = settings().link_keys[0]
    return _token(kid, key, store_id, ref, epoch, purpose)


def check_token(token: str, store_id: int, ref: str, epoch: int, purpose: str = "manage") -> bool:
    """Whether the token opens this booking. Texts are compared in constant time, so exactly one spelling is accepted."""
    kid = token.partition(".")[0]
    for known, key in settings().link_keys:
        if known == kid:
            return hmac.compare_digest(_token(known, key, store_id, ref, epoch, purpose).encode(), token.encode())
    # An unknown key id costs the same work as a known one.
    hmac.compare_digest(_token("-", settings().link_keys[0][1], store_id, ref, epoch, purpose).encode(), token.encode())
    return False


def _token(kid: str, key: bytes, store_id: int, ref: str, epoch: int, purpose: str) -> str:
    message = f"opencals:v1|{kid}|{purpose}|{store_id}|{ref}|{epoch}".encode()
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return f"{kid}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def store_origin(tx: Tx, slug: str) -> str:
    """`https://` and the store's own verified host, or `{slug}.BASE_DOMAIN`; from the database, never from a request (I43)."""
    if tx.origin is None:  # every message of a change asks
        own = _OWN_HOST.first(tx) if tx.own_host is None else tx.own_host
        tx.origin = settings().origin((own[0] if own else None) or settings().store_host(slug))
    return tx.origin


def manage_path(b: BookingSummary, part: str = "", **parameters: object) -> str:
    """`/manage/{ref}?token=...`, or a `part` below it, with further parameters such as panel, action and offer (A66-A69)."""
    query = urlencode({"token": manage_token(b.store_id, b.ref, b.link_epoch)} | parameters)
    return f"/manage/{b.ref}" + (f"/{part}" if part else "") + f"?{query}"


def manage_url(tx: Tx, b: BookingSummary, **parameters: object) -> str:
    return store_origin(tx, b.store_slug) + manage_path(b, **parameters)


def feedback_path(b: BookingSummary) -> str:
    """`/feedback/{ref}?token=...`: opens the feedback of this booking and nothing else (R37)."""
    return f"/feedback/{b.ref}?{urlencode({'token': purpose_token('feedback', b.store_id, b.ref, b.link_epoch)})}"


def unsubscribe_path(store_id: int, customer_id: int, kind: str) -> str:
    """`/unsubscribe/...`: ends mails of one kind to one customer, and nothing else (RFC 8058). It does not run out."""
    return f"/unsubscribe/{sign('unsubscribe', [store_id, customer_id, kind])}"


def read_unsubscribe(token: str, store_id: int) -> tuple[int, str] | None:
    """(customer, kind) of a link made by this store, or None."""
    body = unsign("unsubscribe", token)
    return (body[1], body[2]) if isinstance(body, list) and len(body) == 3 and body[0] == store_id else None
