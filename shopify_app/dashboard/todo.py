"""What waits for someone of the shop: requests to answer, refunds owed, conflicts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import request

from booking.actions.refund_booking import execute_refund
from booking.keys import settings, sign, unsign
from booking.rules.decision import Refused
from booking.wording.history import refund_state
from models import day_plan, diary, money_list
from models.day_plan import Overlap
from models.diary import DiaryBooking
from models.session import Tx, reading
from shopify_app.dashboard import given
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, screen

PAGE = 50
REMIND_AFTER = timedelta(days=3)
"""How long an owed refund may wait before the list says so (R23)."""


@screen("/approvals", roles=MANAGERS)
def approvals(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        rows, now = diary.waiting(tx), tx.now
    w = visit.words
    asked = {b.id: w.when(datetime.fromisoformat(b.held["starts_at"]), b.held["zone"]) for b in rows if b.held is not None}
    return visit.show("approvals.html", here="approvals", rows=rows, asked=asked, soon=now + timedelta(hours=2))


@screen("/refunds", roles=MANAGERS)
def refunds(visit: Visit) -> Any:
    return _refunds(visit)


@screen("/refunds/<int:refund_id>/execute", roles=MANAGERS, methods=("POST",))
def refund_execute(visit: Visit, refund_id: int) -> Any:
    """Carry it out with one click, or note it as given by hand; what somebody else has done meanwhile is shown as it is now (R24)."""
    by_hand = request.form.get("by_hand") == "1"
    try:
        execute_refund(visit.store_id, visit.actor, given.known_id(refund_id), by_hand=by_hand)
    except Refused as refused:
        if refused.code == "not_found":
            raise
        problem = visit.words._("The customer's bank is looking into this payment. Stripe refuses refunds of it until that is decided.") if refused.facts.get(
            "disputed") else visit.words._("This refund has been carried out already, or is on its way.")
        return _refunds(visit, problem=problem, status=409)
    return visit.go("/refunds", done="refund_noted" if by_hand else "refund_done")


def _refunds(visit: Visit, *, problem: str | None = None, status: int = 200) -> Any:
    show = request.args.get("show")
    states = {"open": money_list.OPEN, "done": ("succeeded",)}.get(show or "open", money_list.OPEN)
    with reading(visit.store_id) as tx:
        rows = money_list.owed(tx, states, after=_position(visit), limit=PAGE + 1, rehearse=settings().stripe_test_mode)
        sums, now = money_list.owed_sums(tx), tx.now
    more = visit.url("/refunds", show=show, cursor=sign("refund-cursor", [visit.store_id, rows[PAGE - 1].created_at.isoformat(),
                                                                         str(rows[PAGE - 1].id)])) if len(rows) > PAGE else None
    w = visit.words
    tabs = [(visit.url("/refunds", show=key), text, (show or "open") == key) for key, text in (("open", w._("Open")), ("done", w._("Done")))]
    return visit.show("refunds.html", here="refunds", status=status, rows=rows[:PAGE], sums=sums, late=now - REMIND_AFTER, now=now, more=more,
                      tabs=tabs, problem=problem, part_state=refund_state)


def _position(visit: Visit) -> tuple[datetime, int] | None:
    body = unsign("refund-cursor", request.args.get("cursor", ""))
    if not isinstance(body, list) or len(body) != 3 or body[0] != visit.store_id:
        return None
    return datetime.fromisoformat(body[1]), int(body[2])


@screen("/conflicts", roles=EVERYONE)
def conflicts(visit: Visit) -> Any:
    """Pairs that share a time, and marks whose reason has gone (E102)."""
    with reading(visit.store_id) as tx:
        pairs = day_plan.overlaps(tx)
        things = _things(tx, pairs)
        met = {number for pair in pairs for number in (pair.one_id, pair.other_id)}
        settled = diary.of_ids(tx, [number for number in day_plan.marked(tx) if number not in met])
    return visit.show("conflicts.html", here="conflicts", settled=settled, pairs=[
        (pair, sorted(((pair.one_kind, things[pair.one_id]), (pair.other_kind, things[pair.other_id])), key=lambda of: of[1].starts_at))
        for pair in pairs if pair.one_id in things and pair.other_id in things])


def _things(tx: Tx, pairs: list[Overlap]) -> dict[int, DiaryBooking | Any]:
    """What the pairs consist of, by id: bookings, class dates and time off, each kind in one statement."""
    ids: dict[str, set[int]] = {"booking": set(), "session": set(), "block": set()}
    for pair in pairs:
        ids[pair.one_kind].add(pair.one_id)
        ids[pair.other_kind].add(pair.other_id)
    found: dict[int, Any] = {b.id: b for b in diary.of_ids(tx, sorted(ids["booking"]))}
    if ids["session"] or ids["block"]:
        first, last = min(pair.starts_at for pair in pairs), max(pair.ends_at for pair in pairs)
        around = timedelta(days=1)
        found |= {d.id: d for d in day_plan.classes_between(tx, first - around, last) if d.id in ids["session"]}
        found |= {k.id: k for k in day_plan.time_off_between(tx, first, last) if k.id in ids["block"]}
    return found
