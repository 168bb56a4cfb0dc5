"""Tokens of this API: listed, made, revoked (E120). For owners, as their screen is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from booking.actions import tokens
from booking.actions.action import Done
from models.access import MerchantToken
from models.session import Tx
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, owners_only
from shopify_app.api.shapes import access as s
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.things import Thing


def _tokens(tx: Tx, rows: Sequence[Row]) -> list[s.TokenOut]:
    return [s.TokenOut(id=str(row.id), label=row.label, created_at=row.created_at, changed_at=row.last_used_at) for row in rows]


TOKENS = Thing("tokens", MerchantToken, _tokens, order="created_at")


def _with_text(tx: Tx, done: Done) -> s.TokenOut:
    facts = done.facts or {}
    return TOKENS.one(tx, facts["id"]).model_copy(update={"token": facts["token"]})


@operation("GET", "/tokens", summary="Tokens in force; their texts are shown nowhere", query=PAGING, answer=Listing[s.TokenOut],
           allow=owners_only)
def list_tokens(call: Call) -> Any:
    return TOKENS.page(call, MerchantToken.revoked_at.is_(None))


@operation("POST", "/tokens", summary="Make a token; this answer alone carries its text, and a repeat under the same Idempotency-Key", body=s.TokenIn, answer=s.TokenOut, status=201,
           allow=owners_only)
def post_token(call: Call) -> Any:
    return call.act(tokens.create_token, call.body.label, show=_with_text)


@operation("DELETE", "/tokens/{id}", summary="Revoke a token: requests with it are refused from now on", answer=Nothing, allow=owners_only)
def delete_token(call: Call, id: str) -> None:
    TOKENS.remove(call, tokens.revoke_token, number(id))
