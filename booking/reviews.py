"""Feedback in numbers, and what of it is public (R37, A42)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from booking.addresses import first_name
from models.customer import Customer
from models.feedback import Feedback
from models.service import Service
from models.session import Tx
from models.staff import Staff

MOST = 100


def _where(tx: Tx, service_id: int | None, staff_id: int | None) -> list[Any]:
    where = [Feedback.store_id == tx.store_id]
    if service_id is not None:
        where.append(Feedback.service_id == service_id)
    if staff_id is not None:
        where.append(Feedback.staff_id == staff_id)
    return where


def published(tx: Tx, *, service_id: int | None = None, staff_id: int | None = None) -> list[dict[str, Any]]:
    """The newest published feedback, at most 100: no personal data beyond the customer's first name."""
    rows = tx.db.execute(
        select(Feedback.rating, Feedback.comment, Feedback.reply, Feedback.created_at, Customer.name.label("customer"),
               Service.name.label("service"), Staff.name.label("staff"))
        .join(Customer, (Customer.store_id == Feedback.store_id) & (Customer.id == Feedback.customer_id))
        .join(Service, (Service.store_id == Feedback.store_id) & (Service.id == Feedback.service_id))
        .join(Staff, (Staff.store_id == Feedback.store_id) & (Staff.id == Feedback.staff_id))
        .where(*_where(tx, service_id, staff_id), Feedback.published_at.is_not(None))
        .order_by(Feedback.published_at.desc(), Feedback.id.desc()).limit(MOST))
    return [{"rating": row.rating, "comment": row.comment, "reply": row.reply, "first_name": first_name(row.customer),
             "service": row.service, "staff": row.staff, "date": row.created_at.date().isoformat()} for row in rows]


def shown_average(tx: Tx, *, service_id: int | None = None, staff_id: int | None = None) -> tuple[int, float | None]:
    """(how many, mean of the stars to two places) of what is published."""
    return _mean(tx.db.execute(select(func.count(), func.avg(Feedback.rating)).where(
        *_where(tx, service_id, staff_id), Feedback.published_at.is_not(None))).one())


def averages(tx: Tx) -> dict[str, Any]:
    """Means of all feedback, good and bad: of the store, of each service, of each staff member."""
    count, average = _mean(tx.db.execute(select(func.count(), func.avg(Feedback.rating)).where(Feedback.store_id == tx.store_id)).one())
    return {"count": count, "average": average, "services": _by(tx, Feedback.service_id, Service), "staff": _by(tx, Feedback.staff_id, Staff)}


def _by(tx: Tx, column: Any, table: Any) -> list[dict[str, Any]]:
    rows = tx.db.execute(
        select(table.id, table.name, func.count(), func.avg(Feedback.rating))
        .join(table, (table.store_id == Feedback.store_id) & (table.id == column))
        .where(Feedback.store_id == tx.store_id).group_by(table.id, table.name).order_by(table.name, table.id))
    return [{"id": str(row[0]), "name": row[1], "count": row[2], "average": _mean(row[2:])[1]} for row in rows]


def _mean(row: Any) -> tuple[int, float | None]:
    return row[0], None if row[1] is None else round(float(row[1]), 2)
