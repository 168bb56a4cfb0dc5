"""Opting in to earlier times, or changing the wishes; the place in line is kept (R34, A64, A95)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from booking import limits, waitlist
from booking.actions.action import Done, action
from booking.actions.changing import locked
from booking.actions.new_entry import new_entry
from booking.rules import waitlist as rules
from booking.rules.decision import Refused
from booking.waitlist_notices import tell
from models.session import Tx
from models.waitlist_entry import WaitlistEntry


@action
def join_waitlist(tx: Tx, ref: str, *, weekdays: Sequence[int] = range(7), bands: Sequence[str] = rules.BANDS,
                  anyone: bool = False) -> Done:
    """Wait for an earlier time on these weekdays (0 is Monday) in these bands of the day, with anyone or the same person only.

    Refused: too_late below 14 days, not_allowed where the shop does not offer it, closed, checked_in, invalid (weekdays, bands).
    `facts`: id and place of the entry.
    """
    b = locked(tx, ref)
    terms, entry = waitlist.waiting_of(tx, b)
    waitlist.decision_of(b, terms, entry, tx.now).require()
    wishes = _wishes(weekdays, bands) | {"staff_id": None if anyone else b.staff_id}
    if entry is None:
        made = new_entry(tx, "earlier", booking_id=b.id, service_id=b.service_id, customer_id=b.customer_id, seats=b.seats, before=b.starts_at,
                         lives_until=rules.lives_until(b.starts_at, waitlist.lead_time_of(tx, b.service_id)), **wishes)
        place = waitlist.place_of(tx, made)
        tx.audit("join_waitlist", booking_id=b.id, after={"entry": made.id, **wishes})
        tell(tx, "waitlist_joined", made, b, leaving=limits.leaving_from_link(tx, b), place=place, rest_hours=terms.rest_hours)
        return Done(b, facts={"id": made.id, "place": place})
    tx.db.execute(update(WaitlistEntry).where(WaitlistEntry.store_id == tx.store_id, WaitlistEntry.id == entry.id).values(**wishes))
    tx.audit("change_waitlist", booking_id=b.id, before=_told(entry), after={"entry": entry.id, **wishes})
    changed = waitlist.find_entry(tx, entry.id)
    return Done(b, facts={"id": entry.id, "place": waitlist.place_of(tx, changed)})


def _wishes(weekdays: Sequence[int], bands: Sequence[str]) -> dict[str, Any]:
    errors = []
    if not weekdays or set(weekdays) - set(range(7)):
        errors.append({"field": "weekdays", "problem": "must name at least one day, 0 (Monday) to 6"})
    if not bands or set(bands) - set(rules.BANDS):
        errors.append({"field": "bands", "problem": f"must name at least one of {', '.join(rules.BANDS)}"})
    if errors:
        raise Refused("invalid", errors=errors)
    return {"weekdays": rules.weekday_bits(weekdays), "bands": [band for band in rules.BANDS if band in bands]}


def _told(entry: waitlist.Entry) -> dict[str, Any]:
    return {"entry": entry.id, "weekdays": entry.weekdays, "bands": entry.bands, "staff_id": entry.staff_id}
