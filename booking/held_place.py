"""Where a booking is whose move waits for the shop: for everyone but the request still at its old place (R14, R17)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from models.booking_summary import BookingSummary
from models.class_session import ClassSession
from models.hold import Hold
from models.session import Tx
from models.staff import Staff
from models.statement import Statement, param

PLACE = ("starts_at", "ends_at", "zone", "staff_id", "staff_name", "staff_email", "location_id", "session_id")

_PERSON = Statement(select(Staff.name, Staff.email).where(Staff.store_id == param("store"), Staff.id == param("person")))


def before_move(tx: Tx, b: BookingSummary) -> BookingSummary:
    """The booking at the time, with the person and at the price it had before the move that waits; itself where none does."""
    held = b.held
    if held is None:
        return b
    name, email = (b.staff_name, b.staff_email) if held["staff_id"] == b.staff_id else _PERSON.first(tx, person=held["staff_id"])
    return b._replace(
        starts_at=datetime.fromisoformat(held["starts_at"]), ends_at=datetime.fromisoformat(held["ends_at"]), zone=held["zone"],
        staff_id=held["staff_id"], staff_name=name, staff_email=email, location_id=held["location_id"], session_id=held["session_id"],
        price=held["price"], held=None)


def put_back(b: BookingSummary, was: BookingSummary) -> BookingSummary:
    """What has become of the booking, told of the place it `was` at: to people who never heard of another."""
    return b._replace(**{name: getattr(was, name) for name in PLACE})


def comes_back(b: BookingSummary) -> bool:
    """Whether the old time is the customer's again where the shop says no; by the policy it may be given up at once (R17)."""
    return b.held is not None and not b.held["released"]


def kept_while_paid(tx: Tx, b: BookingSummary) -> list[int]:
    """The holds that keep a new time for the booking while its customer pays: its own, where free times are looked for (R26)."""
    return list(tx.db.execute(select(Hold.id).where(Hold.store_id == tx.store_id, Hold.booking_id == b.id, Hold.kind == "checkout")).scalars())


def kept_start(b: BookingSummary) -> datetime | None:
    """Where a move that waits can go back to: the old start, while it is kept."""
    if b.status != "pending" or b.held is None or b.held["released"]:
        return None
    return datetime.fromisoformat(b.held["starts_at"])


def goes_back(tx: Tx, b: BookingSummary) -> bool:
    """Whether a no brings the old slot back: one that was given up is gone, and so is a class date the shop has cancelled."""
    if kept_start(b) is None:
        return False
    return b.held["session_id"] is None or tx.db.execute(select(ClassSession.status).where(
        ClassSession.store_id == tx.store_id, ClassSession.id == b.held["session_id"])).scalar() == "scheduled"
