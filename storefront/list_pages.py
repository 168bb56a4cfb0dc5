"""The pages of a list. A visit stands whole on the page where the first of it comes, and not again on the next (R32, I66)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from flask import g

from booking.keys import sign, unsign
from models.booking_list import EARLIEST, LATEST, PAGE, ListedBooking, Place, others_beyond, parts_beyond
from models.booking_summary import BookingSummary
from models.session import Tx


class Cursor(NamedTuple):
    """The last place of the page before, whose list it is, and the visits shown there that go on beyond it."""

    customer_id: int | None = None
    place: Place | None = None
    visits: frozenset[int] = frozenset()


class ListPage(NamedTuple):
    shown: list[ListedBooking | BookingSummary]
    more: str | None


def cursor_of(asked: dict[str, str], kind: str) -> Cursor:
    """The last item seen, and by whom, from a cursor we signed for this list (I66); anything else starts at the beginning."""
    body = unsign("list-cursor", asked.get(kind, ""))
    if not isinstance(body, list) or body[0] != g.store_id or body[2] != kind:
        return Cursor()
    return Cursor(body[1], (datetime.fromisoformat(body[3]), body[4]), frozenset(body[5:]))


def page_of(tx: Tx, kind: str, customer_id: int, rows: list[ListedBooking], cursor: Cursor) -> ListPage:
    """What a page shows of `rows`, one more than it has places for, and the cursor of the next. Only where it cuts visits is anything
    else asked for."""
    shown: list[Any] = [b for b in rows[:PAGE] if b.visit_id not in cursor.visits or not b.holding] if cursor.visits else rows[:PAGE]
    if len(rows) <= PAGE:
        return ListPage(shown, None)
    last = rows[PAGE - 1]
    place, cut = (last.starts_at, last.id), frozenset()
    visits = cursor.visits.union(b.visit_id for b in shown if b.visit_id is not None and b.holding)
    if visits:
        rest = parts_beyond(tx, kind, customer_id, place, visits)
        cut = frozenset(part.visit_id for part in rest)
        shown = shown + [part for part in rest if part.visit_id not in cursor.visits]
        if rows[PAGE].id in {part.id for part in rest} and not others_beyond(tx, kind, customer_id, place, cut):
            return ListPage(shown, None)
    return ListPage(shown, sign("list-cursor", [g.store_id, customer_id, kind, last.starts_at.isoformat(), last.id, *sorted(cut)]))


def whole_visits(tx: Tx, customer_id: int, upcoming: ListPage, past: ListPage, after: Cursor, before: Cursor) -> tuple[ListPage, ListPage]:
    """A visit is upcoming until the last of it is over: what of it has ended already stands with the rest, not among what is past (R32).
    Only where one half has more pages and visits stand on the other's is anything else asked for."""
    begun = {b.visit_id for b in upcoming.shown if b.visit_id is not None}
    over = [b for b in past.shown if b.visit_id is not None and b.holding]
    if not begun and not over:
        return upcoming, past
    ended, going_on = [b for b in over if b.visit_id in begun], begun
    if begun and (before.place or past.more):
        ended = parts_beyond(tx, "past", customer_id, LATEST, begun)
    if over and (after.place or upcoming.more):
        going_on = {part.visit_id for part in parts_beyond(tx, "upcoming", customer_id, EARLIEST, {b.visit_id for b in over})}
    return upcoming._replace(shown=[*ended, *upcoming.shown]), past._replace(
        shown=[b for b in past.shown if not b.holding or b.visit_id not in going_on])
