"""The mark of a conflict goes when the shop has dealt with it (E102)."""

from __future__ import annotations

from booking.actions.action import Done, action
from booking.actions.changing import locked, write
from booking.rules.decision import Refused
from models.session import Tx


@action
def clear_conflict(tx: Tx, ref: str, *, version: int | None = None) -> Done:
    """Take the mark off a booking; its time stays. Refused no_change where it carries none."""
    b = locked(tx, ref, version)
    if not b.conflict:
        raise Refused("no_change", kind="conflict")
    cleared = write(tx, b, conflict=False)
    tx.audit("clear_conflict", booking_id=b.id, before={"conflict": True}, after={"conflict": False})
    return Done(cleared)
