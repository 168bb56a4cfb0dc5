"""The figures of the insights screen for a period of one's own (A20)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from booking.insights import insights, weeks
from booking.rules.decision import Refused
from models.insights import LEADS
from models.session import reading
from models.store import Store
from shopify_app.api.call import Call
from shopify_app.api.door import operation
from shopify_app.api.shapes import insights as s

USUAL, LONGEST = 30, 366


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@operation("GET", "/insights", summary="Changes by whom, missed appointments, lead times, how busy everyone is", answer=s.InsightsOut,
           query={"from": f"first day, YYYY-MM-DD; {USUAL} days up to `to` when left out", "to": f"last day, today when left out; at most {LONGEST} days in all"})
def get_insights(call: Call) -> Any:
    with reading(call.store_id) as tx:
        zone = tx.db.execute(select(Store.zone).where(Store.store_id == tx.store_id)).scalar_one()
        last = call.day("to") if "to" in call.query else tx.now.astimezone(ZoneInfo(zone)).date()
        first = call.day("from") if "from" in call.query else last - timedelta(days=USUAL - 1)
        if not first <= last < first + timedelta(days=LONGEST):
            raise Refused("invalid", errors=[{"field": "to", "problem": f"must be 0 to {LONGEST - 1} days after from"}])
        f = insights(tx, first, last, zone)
    changes, visits = {row.week: row for row in f.changes}, {row.week: row for row in f.visits}
    mondays = weeks(first, last)
    return s.InsightsOut(
        first=first, last=last, zone=zone, changes=f.all_changes, changes_by_customers=f.by_customers,
        self_service_share=_share(f.by_customers, f.all_changes), ended=f.ended, missed=f.missed, missed_share=_share(f.missed, f.ended),
        booked=sum(f.leads),
        changes_by_week=[s.WeekChanges(week=day, **dict(zip(("by_customers", "by_team", "by_others"), changes[day][1:] if day in changes else (0, 0, 0),
                                                            strict=True))) for day in mondays],
        visits_by_week=[s.WeekVisits(week=day, **dict(zip(("came", "missed", "cancelled"), visits[day][1:] if day in visits else (0, 0, 0),
                                                          strict=True))) for day in mondays],
        lead_times=[s.LeadTime(from_days=low, to_days=None if (low, high) == LEADS[-1] else high, bookings=count)
                    for (low, high), count in zip(LEADS, f.leads, strict=True)],
        staff=[s.StaffLoad(staff=str(k.staff_id), name=k.name, bookings=k.bookings, booked_minutes=k.booked, open_minutes=k.open,
                           share=_share(k.booked, k.open)) for k in f.loads])
