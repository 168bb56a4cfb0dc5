"""Dates on which someone works other hours than their week says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.action import Done, action
from booking.rules.availability import parse_day
from booking.rules.decision import Refused
from models.session import Tx
from models.staff import Staff
from models.staff_date import StaffDate


@action
def set_staff_date(tx: Tx, staff_id: int, day: date, hours: Sequence[Sequence[str]], note: str = "") -> Done:
    """`hours` such as [["09:00", "12:00"]] on that date, none to be off. Bookings already made stay."""
    known = tx.db.execute(select(Staff.id).where(Staff.store_id == tx.store_id, Staff.id == staff_id)).scalar()
    if known is None:
        raise Refused("not_found")
    try:
        parse_day(hours, day.isoformat())
    except (ValueError, TypeError) as error:
        raise Refused("invalid", errors=[{"field": "hours", "problem": str(error)}]) from None
    if len(note) > 200:
        raise Refused("invalid", errors=[{"field": "note", "problem": "must have at most 200 characters"}])
    values = {"hours": [list(pair) for pair in hours], "note": note}
    tx.db.execute(upsert(StaffDate).values(store_id=tx.store_id, staff_id=staff_id, day=day, created_at=tx.now, **values).on_conflict_do_update(
        index_elements=["store_id", "staff_id", "day"], set_=values))
    tx.audit("set_staff_date", subject="staff", subject_id=staff_id, after={"day": day.isoformat(), "hours": values["hours"]})
    return Done(facts={"id": staff_id})


@action
def clear_staff_date(tx: Tx, staff_id: int, day: date) -> Done:
    """Back to the hours of the week; Refused not_found where the date had no others."""
    if not tx.db.execute(delete(StaffDate).where(StaffDate.store_id == tx.store_id, StaffDate.staff_id == staff_id, StaffDate.day == day)).rowcount:
        raise Refused("not_found")
    tx.audit("clear_staff_date", subject="staff", subject_id=staff_id, before={"day": day.isoformat()})
    return Done(facts={"id": staff_id})
