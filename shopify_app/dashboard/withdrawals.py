"""Withdrawals from contracts: what customers have declared, and whether the shop has dealt with it (R48)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request

from booking.actions.withdraw import handle_withdrawal
from booking.keys import sign, unsign
from models.session import reading
from models.withdrawal import handled_withdrawals, open_withdrawals
from shopify_app.dashboard import given
from shopify_app.dashboard.door import MANAGERS, Visit, screen

PAGE = 50


@screen("/withdrawals", roles=MANAGERS)
def withdrawals(visit: Visit) -> Any:
    show = "done" if request.args.get("show") == "done" else "open"
    with reading(visit.store_id) as tx:
        rows = (handled_withdrawals if show == "done" else open_withdrawals)(tx, _position(visit, show), limit=PAGE + 1)
        now = tx.now
    w, more = visit.words, None
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        more = visit.url("/withdrawals", show=show, cursor=sign("withdrawal-cursor", [visit.store_id, show, last.received_at.isoformat(), str(last.id)]))
    tabs = [(visit.url("/withdrawals", show=key), text, show == key) for key, text in (("open", w._("Open")), ("done", w._("Done")))]
    return visit.show("withdrawals.html", here="withdrawals", rows=rows[:PAGE], now=now, tabs=tabs, more=more)


@screen("/withdrawals/<int:withdrawal_id>/handled", roles=MANAGERS, methods=("POST",))
def withdrawal_handled(visit: Visit, withdrawal_id: int) -> Any:
    """Note that it was dealt with. It cancels and refunds nothing; who has noted it before is not told apart."""
    handle_withdrawal(visit.store_id, visit.actor, given.known_id(withdrawal_id))
    return visit.go("/withdrawals", done="withdrawal_handled")


def _position(visit: Visit, show: str) -> tuple[datetime, int] | None:
    body = unsign("withdrawal-cursor", request.args.get("cursor", ""))
    if not isinstance(body, list) or len(body) != 4 or body[:2] != [visit.store_id, show]:
        return None
    return datetime.fromisoformat(body[2]), int(body[3])
