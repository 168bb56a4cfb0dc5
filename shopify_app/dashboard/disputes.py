"""Disputed payments: what the banks of customers say, until when to answer, and where (I17)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import request

from booking.keys import sign, unsign
from booking.wording import Words
from booking.wording.disputes import dispute_reason, dispute_state, to_answer
from gateways.stripe.accounts import at_stripe
from models.dispute import ListedDispute, closed_disputes, open_disputes
from models.session import reading
from shopify_app.dashboard.door import MANAGERS, Visit, screen

PAGE = 50
SOON = timedelta(days=3)


@screen("/disputes", roles=MANAGERS)
def disputes(visit: Visit) -> Any:
    show = "done" if request.args.get("show") == "done" else "open"
    with reading(visit.store_id) as tx:
        found = closed_disputes(tx, _position(visit), limit=PAGE + 1) if show == "done" else open_disputes(tx)
        now = tx.now
    w = visit.words
    more = None
    if show == "done" and len(found) > PAGE:
        last = found[PAGE - 1]
        assert last.closed_at is not None
        more = visit.url("/disputes", show=show, cursor=sign("dispute-cursor", [visit.store_id, last.closed_at.isoformat(), str(last.id)]))
        found = found[:PAGE]
    tabs = [(visit.url("/disputes", show=key), text, show == key) for key, text in (("open", w._("Open")), ("done", w._("Decided")))]
    return visit.show("disputes.html", here="disputes", rows=[(row, line(w, row, now)) for row in found], tabs=tabs, more=more)


def line(w: Words, row: ListedDispute, now: datetime) -> dict[str, Any]:
    """A dispute as screens say it."""
    answer = row.closed_at is None and to_answer(row.status)
    return {"state": dispute_state(w, row.status), "kind": {"won": "confirmed", "lost": "bad"}.get(row.status, "plain") if row.closed_at else
            "warn" if answer else "pending", "reason": dispute_reason(w, row.reason), "answer": answer, "link": at_stripe(f"disputes/{row.provider_ref}"),
            "due": w.when(row.due_by, row.zone) if answer and row.due_by else "", "soon": bool(answer and row.due_by and row.due_by - now < SOON),
            "stays": row.closed_at is None and not row.refundable}


def _position(visit: Visit) -> tuple[datetime, int] | None:
    body = unsign("dispute-cursor", request.args.get("cursor", ""))
    if not isinstance(body, list) or len(body) != 3 or body[0] != visit.store_id:
        return None
    return datetime.fromisoformat(body[1]), int(body[2])
