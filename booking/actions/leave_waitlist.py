"""Waiting no longer: from the booking, or by the stop link of a message (R34, D29)."""

from __future__ import annotations

from sqlalchemy import delete, update

from booking import waitlist
from booking.actions.action import Done, action
from booking.actions.changing import locked
from booking.rules.decision import Refused
from models.hold import Hold
from models.session import Tx
from models.waitlist_entry import WaitlistEntry
from models.waitlist_offer import WaitlistOffer


@action
def leave_waitlist(tx: Tx, ref: str) -> Done:
    """End the booking's waiting for an earlier time; what is held for it goes to the next in line. Nothing to end is fine.
    Refused closed (R4)."""
    b = locked(tx, ref)
    if not b.holding:
        raise Refused("closed", state=b.status)
    _, entry = waitlist.waiting_of(tx, b)
    if entry is not None:
        withdraw(tx, entry)
    return Done(b)


@action
def leave_entry(tx: Tx, entry_id: int) -> Done:
    """The same for an entry of any kind. Refused not_found; one that has ended already stays as it is."""
    entry = waitlist.find_entry(tx, entry_id)
    if entry is None:
        raise Refused("not_found")
    withdraw(tx, entry)
    return Done()


def let_go(tx: Tx, offer_ids: list[int]) -> None:
    """Give up what is held for these offers. Triggers note the time or the seats as free for the next in line."""
    tx.db.execute(delete(Hold).where(Hold.store_id == tx.store_id, Hold.owner.in_([owner(offer_id) for offer_id in offer_ids])))


def owner(offer_id: int) -> str:
    """Who the hold of an offer belongs to."""
    return f"waitlist:{offer_id}"


def end_offers(tx: Tx, entry_id: int, state: str) -> None:
    """End what is offered to an entry, with what is held for it."""
    held = tx.db.execute(update(WaitlistOffer).where(
        WaitlistOffer.store_id == tx.store_id, WaitlistOffer.entry_id == entry_id, WaitlistOffer.state == "open",
    ).values(state=state, closed_at=tx.now).returning(WaitlistOffer.id)).scalars().all()
    let_go(tx, list(held))


def withdraw(tx: Tx, entry: waitlist.Entry) -> None:
    """The entry waits no more, and what is held for it is free for the next in line."""
    ended = tx.db.execute(update(WaitlistEntry).where(
        WaitlistEntry.store_id == tx.store_id, WaitlistEntry.id == entry.id, WaitlistEntry.state == "waiting",
    ).values(state="withdrawn", ended_at=tx.now)).rowcount
    if not ended:
        return
    end_offers(tx, entry.id, "refused")
    tx.audit("leave_waitlist", subject="waitlist", subject_id=entry.id, booking_id=entry.booking_id if entry.kind == "earlier" else None)
