"""Taking a move that waits for the shop back: possible as long as it waits, whatever may still be changed otherwise (R17, R18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from booking.actions.decline_booking import may_take_back
from booking.actions.reschedule_booking import ANYONE
from booking.held_place import kept_start
from models.booking_summary import BookingSummary
from models.session import Tx
from storefront.together import VISIT, Group


def moving_parts(b: BookingSummary, group: Group | None) -> tuple[BookingSummary, ...]:
    """What a move of this booking takes along: of a visit all its open parts."""
    return group.parts if group is not None and group.kind == VISIT else (b,)


def takes_back(tx: Tx, parts: Sequence[BookingSummary], at: datetime, staff_id: int | None = None) -> bool:
    """Whether choosing this time, with the same person unless another is named, takes back what waits."""
    head = parts[0]
    if len(parts) > 1:
        return all(may_take_back(tx, part, part.starts_at + (at - head.starts_at), None) for part in parts)
    return may_take_back(tx, head, at, head.staff_id if staff_id is None else None if staff_id == ANYONE else staff_id)


def way_back(tx: Tx, parts: Sequence[BookingSummary]) -> dict[str, str] | None:
    """The query of the summary that takes back what waits; None where there is nothing to go back to."""
    head, at = parts[0], kept_start(parts[0])
    if at is None:
        return None
    staff_id = head.held["staff_id"] if len(parts) == 1 and head.held["staff_id"] != head.staff_id else None
    return {"at": at.isoformat()} | ({} if staff_id is None else {"staff": str(staff_id)}) if takes_back(tx, parts, at, staff_id) else None
