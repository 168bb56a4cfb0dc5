"""Figures of a period."""

from __future__ import annotations

from datetime import date

from shopify_app.api.shapes.base import Shape


class WeekChanges(Shape):
    """Moves and cancellations of a week, by who made them."""

    week: date
    by_customers: int
    by_team: int
    by_others: int


class WeekVisits(Shape):
    """What became of a week's appointments."""

    week: date
    came: int
    missed: int
    cancelled: int


class LeadTime(Shape):
    """How many bookings were made `from_days` up to, but not including, `to_days` before their start; null: no end."""

    from_days: int
    to_days: int | None
    bookings: int


class StaffLoad(Shape):
    """Minutes; `share` of `booked_minutes` in `open_minutes`, null without working hours."""

    staff: str
    name: str
    bookings: int
    booked_minutes: int
    open_minutes: int
    share: float | None


class InsightsOut(Shape):
    """Days `first` to `last` of the store, both included; weeks begin on Monday. Shares are null where there is nothing to share."""

    first: date
    last: date
    zone: str
    changes: int
    changes_by_customers: int
    self_service_share: float | None
    ended: int
    missed: int
    missed_share: float | None
    booked: int
    changes_by_week: list[WeekChanges]
    visits_by_week: list[WeekVisits]
    lead_times: list[LeadTime]
    staff: list[StaffLoad]
