"""API tokens: made, shown this once, revoked; when something was last changed with each (E120)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.tokens import create_token, revoke_token
from booking.rules.decision import Refused
from models.access import MerchantToken
from models.session import reading
from shopify_app.dashboard.door import OWNER, Visit, screen
from shopify_app.dashboard.typed import Typed, must_be_id


@screen("/api-tokens", roles=OWNER, methods=("GET", "POST"))
def api_tokens(visit: Visit) -> Any:
    if request.method == "GET":
        return _show(visit, {})
    typed = Typed(visit.words)
    try:
        done = create_token(visit.store_id, visit.actor, typed.text("label", 101))
    except Refused as refused:
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _show(visit, typed.shown(), problems=typed.problems, status=422)
    return _show(visit, {}, made=(done.facts or {})["token"])


@screen("/api-tokens/<int:token_id>/revoke", roles=OWNER, methods=("POST",))
def drop_token(visit: Visit, token_id: int) -> Any:
    revoke_token(visit.store_id, visit.actor, must_be_id(token_id))
    return visit.go("/api-tokens", done="revoked")


def _show(visit: Visit, form: dict[str, Any], *, made: str | None = None, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    w, zone = visit.words, visit.store.zone
    with reading(visit.store_id) as tx:
        rows = tx.db.execute(select(MerchantToken.id, MerchantToken.label, MerchantToken.created_at, MerchantToken.last_used_at).where(
            MerchantToken.store_id == tx.store_id, MerchantToken.revoked_at.is_(None)).order_by(MerchantToken.created_at.desc())).all()
    return visit.show("tokens.html", here="api", form=form, made=made, problems=problems or {}, status=status, rows=[
        (row, w.when(row.created_at, zone), w.when(row.last_used_at, zone) if row.last_used_at else "") for row in rows])
