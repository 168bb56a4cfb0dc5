"""A staff member's bookings as a calendar to subscribe to, under a secret address the shop hands out."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, abort, g
from sqlalchemy import select

from booking.addresses import first_name
from booking.keys import keyed_hash, settings
from booking.places import place_of
from booking.rules.status import HOLDING
from messages.ics import feed
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, run
from models.session import reading
from models.staff import Staff
from models.staff_calendar import StaffCalendar
from storefront.blueprint import bp

PAST, AHEAD = timedelta(days=30), timedelta(days=400)
SHOWN = HOLDING | {"completed"}


@bp.get("/staff-calendar/<secret>.ics")
def staff_calendar(secret: str) -> Response:
    """Service, first name, place and time; no contact data, no links."""
    with reading(g.store_id) as tx:
        row = tx.db.execute(select(Staff.id, Staff.name).join(
            StaffCalendar, (StaffCalendar.store_id == Staff.store_id) & (StaffCalendar.staff_id == Staff.id)).where(
                Staff.store_id == tx.store_id, StaffCalendar.feed_hash == keyed_hash("staff_feed", tx.store_id, secret))).one_or_none()
        if row is None:
            abort(404)
        bookings = run(tx, SUMMARIES.where(
            Booking.store_id == tx.store_id, Booking.staff_id == row.id, Booking.status.in_(SHOWN), Booking.starts_at > tx.now - PAST,
            Booking.starts_at < tx.now + AHEAD).order_by(Booking.starts_at, Booking.id))
        payloads = [_entry(b) | {"at": tx.now.isoformat()} for b in bookings]
    return Response(feed(payloads, row.name, settings().base_domain), mimetype="text/calendar")


def _entry(b: BookingSummary) -> dict:
    return {"store": {"name": first_name(b.customer_name or b.contact_name) or b.store_name, "slug": b.store_slug, "email": b.store_email},
            "booking": {"ref": b.ref, "version": b.version, "status": b.status, "service": b.service_name, "location": b.location_name,
                        "address": place_of(b).whereabouts, "starts_at": b.starts_at.isoformat(), "ends_at": b.ends_at.isoformat(), "zone": b.zone}}
