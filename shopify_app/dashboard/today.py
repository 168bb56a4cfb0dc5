"""Today: who comes, what waits for an answer, what needs a hand (A37, A131)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, run
from models.session import Tx, reading
from shopify_app.dashboard.door import EVERYONE, Visit, screen


@screen("", roles=EVERYONE)
def today(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        zone = ZoneInfo(visit.store.zone)
        here = tx.now.astimezone(zone)
        bookings = of_day(tx, here, zone)
        now = tx.now
    open_now = [b for b in bookings if b.holding]
    return visit.show("today.html", here="today", bookings=bookings, now=now, day=visit.words.date(now, visit.store.zone),
                      coming=len(open_now), waiting=[b for b in open_now if b.status == "pending"])


def of_day(tx: Tx, here: datetime, zone: ZoneInfo) -> list[BookingSummary]:
    """Bookings that start on the store's calendar day of `here`, by start; cancelled and declined ones left out."""
    start = datetime(here.year, here.month, here.day, tzinfo=zone)
    following = start.date() + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return run(tx, SUMMARIES.where(
        Booking.store_id == tx.store_id, Booking.starts_at >= start, Booking.starts_at < end,
        Booking.status.not_in(("cancelled", "declined", "expired"))).order_by(Booking.starts_at, Booking.id))
