"""One message about several bookings: the dates of a series, the parts of a visit (R31, R32, R40)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from booking import notices
from booking.held_place import before_move
from booking.rules.refund import RefundQuote
from models.booking_summary import BookingSummary
from models.session import Tx


def tell_once(tx: Tx, topic: str, before: Sequence[BookingSummary], after: Sequence[BookingSummary], *,
              refund: RefundQuote | None = None, stays: Sequence[BookingSummary] = (), **extra: Any) -> None:
    """The customer: the soonest is the subject, `bookings` and `stays` in the payload list all (R31)."""
    before = [before_move(tx, b) for b in before]
    notices.tell_customer(
        tx, topic, after[0], old=before[0] if before else None, refund=refund, stays=[_line(b) for b in stays],
        bookings=[_line(b, before[n] if before else None) for n, b in enumerate(after)], **extra)


def tell_team_once(tx: Tx, topic: str, before: Sequence[BookingSummary], after: Sequence[BookingSummary], *, shop: bool,
                   refund: RefundQuote | None = None, **extra: Any) -> None:
    """The team hears once of several bookings too: the people of the `shop`, where they are told at all, of all of them, each staff
    member of those they have or had (R14, R40). `before` is empty where the bookings are new."""
    was: Sequence[BookingSummary | None] = before or [None] * len(after)
    pairs = list(zip(was, after, strict=True))
    heard: frozenset[str] = frozenset()
    if shop:
        heard = notices.tell_merchant(tx, topic, after[0], old=was[0], refund=refund, **_of(pairs), **extra)
    for staff_id in dict.fromkeys(one.staff_id for pair in pairs for one in reversed(pair) if one is not None):
        theirs = [(old, b) for old, b in pairs if staff_id in (b.staff_id, old.staff_id if old else None)]
        notices.tell_staff(tx, topic, theirs[0][1], old=theirs[0][0], told=heard, only=staff_id, **(_of(theirs) if len(theirs) > 1 else {}))


def tell_team_created(tx: Tx, made: Sequence[BookingSummary]) -> None:
    """Bookings made together by the shop: it hears of them itself where one overlaps another."""
    tell_team_once(tx, "merchant_booking_created", (), made, shop=any(b.conflict for b in made))


def tell_together(tx: Tx, topic: str, before: Sequence[BookingSummary], after: Sequence[BookingSummary], *,
                  refund: RefundQuote | None = None, **extra: Any) -> None:
    """The customer of one booking, or of the parts of a visit in one message (R32)."""
    notices.tell_customer(tx, topic, after[0], old=before[0], refund=refund, **several(before, after), **extra)


def several(before: Sequence[BookingSummary], after: Sequence[BookingSummary]) -> dict[str, Any]:
    """What a payload says of more than one booking."""
    return {"bookings": lines(before, after)} if len(after) > 1 else {}


def lines(before: Sequence[BookingSummary], after: Sequence[BookingSummary]) -> list[dict[str, Any]]:
    return [_line(b, old) for b, old in zip(after, before, strict=True)]


def _of(pairs: Sequence[tuple[BookingSummary | None, BookingSummary]]) -> dict[str, Any]:
    """All of them, and whether any of them overlaps another booking, not only the first."""
    return {"bookings": [_line(b, old) for old, b in pairs], "conflict": any(b.conflict for _, b in pairs)}


def _line(b: BookingSummary, old: BookingSummary | None = None) -> dict[str, Any]:
    return {"ref": b.ref, "version": b.version, "status": b.status, "service": b.service_name, "zone": b.zone,
            "starts_at": b.starts_at.isoformat(), "ends_at": b.ends_at.isoformat(),
            "old_starts_at": None if old is None else old.starts_at.isoformat()}
