"""Feedback as the shop reads it: newest first, with who said it of which visit (A42)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, select, tuple_

from models.booking import Booking as B
from models.customer import Customer as C
from models.feedback import Feedback as F
from models.service import Service as V
from models.session import Tx
from models.staff import Staff as S


class ListedFeedback(NamedTuple):
    id: int
    rating: int
    comment: str
    may_publish: bool
    published_at: datetime | None
    reply: str | None
    replied_at: datetime | None
    created_at: datetime
    ref: str
    starts_at: datetime
    zone: str
    customer_id: int
    customer_name: str
    service_name: str
    staff_name: str


def page(tx: Tx, *, rating: int | None = None, service_id: int | None = None, staff_id: int | None = None, unanswered: bool = False,
         before: tuple[datetime, int] | None = None, limit: int = 50) -> list[ListedFeedback]:
    """At most `limit`, from before the last (created_at, id) seen (I66). One statement."""
    where: list[Any] = [F.store_id == tx.store_id]
    for value, column in ((rating, F.rating), (service_id, F.service_id), (staff_id, F.staff_id)):
        if value is not None:
            where.append(column == value)
    if unanswered:
        where.append(F.reply.is_(None))
    if before is not None:
        where.append(tuple_(F.created_at, F.id) < tuple(before))
    return [ListedFeedback._make(row) for row in tx.db.execute(select(
        F.id, F.rating, F.comment, F.may_publish, F.published_at, F.reply, F.replied_at, F.created_at, B.ref, B.starts_at, B.zone, F.customer_id,
        C.name, V.name, S.name,
    ).select_from(F).join(B, and_(B.store_id == F.store_id, B.id == F.booking_id)).join(C, and_(C.store_id == F.store_id, C.id == F.customer_id)).join(
        V, and_(V.store_id == F.store_id, V.id == F.service_id)).join(S, and_(S.store_id == F.store_id, S.id == F.staff_id)).where(*where).order_by(
            F.created_at.desc(), F.id.desc()).limit(limit))]
