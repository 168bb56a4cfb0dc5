"""Today: who comes, who is here, what waits for an answer, what needs a hand (A37, A131)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.rules.wall_time import day_span
from models import day_plan, diary, money_list
from models.diary import DiaryBooking
from models.dispute import waiting_disputes
from models.session import reading
from models.withdrawal import waiting_withdrawals
from shopify_app.dashboard import live
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, screen

NEXT_UP = 3
STEPS = {"confirmed": "arrive", "arrived": "ready", "ready_to_start": "complete"}
"""The most likely next step of a booking of today."""


@screen("", roles=EVERYONE)
def today(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        start, end = day_span(tx.now.astimezone(ZoneInfo(visit.store.zone)).date(), visit.store.zone)
        waiting = diary.waiting(tx, limit=20) if visit.may(MANAGERS) else []
        pairs = day_plan.overlaps(tx, limit=50)
        owed = money_list.owed_sums(tx) if visit.may(MANAGERS) else []
        disputed, withdrawn = (waiting_disputes(tx), waiting_withdrawals(tx)) if visit.may(MANAGERS) else (0, 0)
        bookings, now = diary.between(tx, start, end), tx.now
    etag = live.tag(visit, now, bookings, waiting, pairs, owed, disputed, withdrawn)
    if (same := live.unchanged(etag)) is not None:
        return same
    w = visit.words
    steps = {"arrive": w._("Check in"), "ready": w._("Ready"), "complete": w._("Complete")}
    coming = [b for b in bookings if b.status in ("pending", "confirmed") and b.ends_at > now]
    return live.tagged(visit.show(
        "today.html", here="today", bookings=bookings, day=w.date(now, visit.store.zone), now=now, waiting=waiting, pairs=pairs, owed=owed, disputed=disputed, withdrawn=withdrawn,
        coming=len(coming), here_now=[b for b in bookings if b.status in ("arrived", "ready_to_start")],
        next_up=coming[:NEXT_UP], by_person=_by_person(bookings), steps={status: (verb, steps[verb]) for status, verb in STEPS.items()},
        late=now - timedelta(minutes=10)), etag)


def _by_person(bookings: list[DiaryBooking]) -> list[tuple[str, list[DiaryBooking]]]:
    """The day of each person, by name."""
    found: dict[tuple[str, int], list[DiaryBooking]] = {}
    for b in bookings:
        found.setdefault((b.staff_name, b.staff_id), []).append(b)
    return [(name, found[name, number]) for name, number in sorted(found)]
