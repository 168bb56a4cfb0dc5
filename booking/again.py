"""Whoever asked for a time and did not get it may wait for that very time: may they, do they, and where they say so (D29e, R34).

The booking is closed and stays read-only (R4): the page that asks is one of its own, with a token that opens nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import and_, or_, select

from booking import waitlist
from booking.links import check_token, purpose_token
from booking.offers import find_offer
from booking.rules.decision import Decision
from booking.rules.wall_time import local_date
from booking.rules.waitlist import TURNED_DOWN, may_wait_again
from booking.slots import free_days
from models.booking_summary import BookingSummary
from models.session import Tx
from models.waitlist_entry import WaitlistEntry as E

PURPOSE = "again"


class Again(NamedTuple):
    """Whether they may begin to wait, and the entry of those who do."""

    decision: Decision
    entry: waitlist.Entry | None

    @property
    def speaks(self) -> bool:
        """Whether there is anything to say about it."""
        return self.decision.allowed or self.entry is not None


def again_of(tx: Tx, b: BookingSummary) -> Again:
    """What a request that was turned down can still become."""
    if b.status not in TURNED_DOWN or b.starts_at <= tx.now:
        return Again(may_wait_again(status=b.status, starts_at=b.starts_at, now=tx.now, lead_time=timedelta(0), offered=True), None)
    offer = find_offer(tx, b.service_id)
    date = waitlist.find_date(tx, b.session_id) if b.session_id else None
    given = offer is not None and offer.active and offer.open_for_booking and bool(offer.at(b.location_id).only(b.staff_id)) and (
        date is None or date.status == "scheduled")
    return Again(may_wait_again(
        status=b.status, starts_at=b.starts_at, now=tx.now, lead_time=timedelta(seconds=offer.shape.lead_time if offer else 0),
        offered=given and b.service_self_service != "off" and waitlist.terms_of(tx).waitlist, whole_visit=b.visit_id is not None), _waits(tx, b))


def free_now(tx: Tx, b: BookingSummary) -> bool:
    """Whether that time can be booked as it is: then nobody need wait for it to become free first."""
    offer = find_offer(tx, b.service_id)
    if offer is None:
        return False
    day = local_date(b.starts_at, b.zone)
    return any(slot.starts_at == b.starts_at for _, slots in free_days(
        tx, offer, day - timedelta(days=1), day + timedelta(days=1), staff_id=b.staff_id, seats=b.seats).days for slot in slots)


def _waits(tx: Tx, b: BookingSummary) -> waitlist.Entry | None:
    """The customer's entry for that time, through this request or another."""
    same = E.session_id == b.session_id if b.session_id else and_(
        E.kind == "again", E.service_id == b.service_id, E.staff_id == b.staff_id, E.before == b.starts_at)
    row = tx.db.execute(select(*waitlist.COLUMNS).where(
        E.store_id == tx.store_id, E.customer_id == b.customer_id, E.state == "waiting", E.kind != "earlier",
        or_(same, E.request_id == b.id)).order_by(E.id).limit(1)).one_or_none()
    return None if row is None else waitlist.Entry._make(row)


def again_path(b: BookingSummary) -> str:
    """`/again/{ref}?token=...`: asks whether to wait for that time, and nothing else. A renewed manage link ends it (I33)."""
    return f"/again/{b.ref}?{urlencode({'token': purpose_token(PURPOSE, b.store_id, b.ref, b.link_epoch)})}"


def opens_again(token: str, store_id: int, ref: str, epoch: int) -> bool:
    return check_token(token, store_id, ref, epoch, PURPOSE)
