"""The shop takes someone off the waitlist (R34)."""

from __future__ import annotations

from sqlalchemy import select, update

from booking import waitlist
from booking.actions.action import Done, action
from booking.actions.leave_waitlist import end_offers
from booking.rules.decision import Refused
from models.session import Tx
from models.waitlist_entry import WaitlistEntry


@action
def remove_waiter(tx: Tx, entry_id: int) -> Done:
    """What is held for them goes to the next in line; their page says that the shop did it. Refused not_found, or closed when their
    waiting is over already."""
    state = tx.db.execute(select(WaitlistEntry.state).where(
        WaitlistEntry.store_id == tx.store_id, WaitlistEntry.id == entry_id).with_for_update()).scalar()
    entry = waitlist.find_entry(tx, entry_id)
    if state is None or entry is None:
        raise Refused("not_found")
    if state != "waiting":
        raise Refused("closed", kind="wait", state=state)
    tx.db.execute(update(WaitlistEntry).where(WaitlistEntry.store_id == tx.store_id, WaitlistEntry.id == entry_id).values(
        state="ended", end_reason="removed", ended_at=tx.now))
    end_offers(tx, entry_id, "void")
    tx.audit("remove_waiter", subject="waitlist", subject_id=entry_id, booking_id=entry.booking_id or entry.request_id,
             after={"reason": "removed"})
    return Done(facts={"id": entry_id})
