"""Which messages a shop may word itself, with which placeholders (A126), and the wording in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import String, Subquery, and_, cast, func, select

from booking.rules.template_text import TemplateError, blocks, parse
from models.audit import AuditEntry
from models.message_template import MessageTemplate
from models.session import Tx

VALUES = {
    "shop": "name of the shop", "customer_name": "full name of the customer", "customer_first_name": "first name of the customer",
    "service": "name of the service", "staff": "who gives it", "when": "day, time and zone", "date": "day", "time": "from, to and zone",
    "location": "name of the place", "address": "address of the place", "price": "price with currency, or nothing",
    "seats": "number of seats", "old_when": "day and time before the change, or nothing", "refund": "what happens to the money, or nothing",
}
ELEMENTS = {
    "booking_details": "the table with service, date, time, place", "manage_link": "the button to the booking; gone by itself where nothing may be changed",
    "reschedule_link": "“Reschedule or change booking details”; gone by itself where moving is off", "policy": "what cancelling and moving mean, with dates",
    "feedback_button": "the button to the feedback page",
}
EDITABLE = {
    "booking_confirmed": ("booking_details", "manage_link", "reschedule_link", "policy"),
    "booking_moved": ("booking_details", "manage_link", "reschedule_link", "policy"), "booking_cancelled": ("booking_details",),
    "reminder": ("booking_details", "manage_link", "reschedule_link", "policy"),
    "request_received": ("booking_details", "manage_link", "reschedule_link", "policy"),
    "approval_given": ("booking_details", "manage_link", "reschedule_link", "policy"),
    "manage_link": ("booking_details", "manage_link", "reschedule_link"), "feedback_request": ("booking_details", "feedback_button"),
}
"""Message -> the elements it may have. Codes, security notices and what the shop itself gets are not worded by shops."""
FIELDS = {"subject": 200, "heading": 200, "body": 5000, "sms": 300}


def problems(topic: str, texts: dict[str, str | None]) -> list[dict[str, str]]:
    """What is wrong with a wording, with line and column; empty when it can be saved."""
    return [{"field": field, "problem": str(error)} for field, error in _wrong(topic, texts)]


def places(topic: str, texts: dict[str, str | None]) -> dict[str, tuple[int, int]]:
    """Field -> line and column, from 1, of what is wrong there."""
    return {field: (error.line, error.column) for field, error in _wrong(topic, texts) if isinstance(error, TemplateError)}


def _wrong(topic: str, texts: dict[str, str | None]) -> Iterator[tuple[str, ValueError]]:
    for field, longest in FIELDS.items():
        text = texts.get(field)
        if field == "sms" and not text:
            continue
        try:
            if not text or not text.strip():
                raise ValueError("is missing")
            if len(text) > longest:
                raise ValueError(f"has more than {longest} characters")
            if field == "body":
                blocks(text, VALUES, EDITABLE[topic])
            else:
                parse(text, {*VALUES, "manage_link"} if field == "sms" else VALUES)
        except ValueError as error:
            yield field, error


def newest(tx: Tx, topic: str, locale: str) -> Any | None:
    """The newest version, also one that went back to ours."""
    return tx.db.execute(select(MessageTemplate).where(
        MessageTemplate.store_id == tx.store_id, MessageTemplate.topic == topic, MessageTemplate.locale == locale,
    ).order_by(MessageTemplate.version.desc()).limit(1)).one_or_none()


def at_version(tx: Tx, topic: str, locale: str, number: int) -> Any | None:
    """One version as it was saved."""
    return tx.db.execute(select(MessageTemplate).where(
        MessageTemplate.store_id == tx.store_id, MessageTemplate.topic == topic, MessageTemplate.locale == locale,
        MessageTemplate.version == number)).one_or_none()


def versions(tx: Tx, topic: str, locale: str, *, before: int | None = None, limit: int = 20) -> list[Any]:
    """(version, created_at, custom, the texts, actor_kind, actor_id) of the versions below `before`, latest first. Who saved one is in the audit:
    written by the same transaction at the same instant."""
    entry = and_(AuditEntry.store_id == MessageTemplate.store_id, AuditEntry.at == MessageTemplate.created_at, AuditEntry.action == "save_template",
                 AuditEntry.after["topic"].astext == topic, AuditEntry.after["locale"].astext == locale,
                 AuditEntry.after["version"].astext == cast(MessageTemplate.version, String))
    where = [MessageTemplate.store_id == tx.store_id, MessageTemplate.topic == topic, MessageTemplate.locale == locale]
    if before is not None:
        where.append(MessageTemplate.version < before)
    return list(tx.db.execute(select(
        MessageTemplate.version, MessageTemplate.created_at, MessageTemplate.body.is_not(None).label("custom"),
        *(getattr(MessageTemplate, field) for field in FIELDS), AuditEntry.actor_kind, AuditEntry.actor_id).outerjoin(AuditEntry, entry).where(*where).order_by(MessageTemplate.version.desc()).limit(limit)))


def states(tx: Tx) -> dict[tuple[str, str], tuple[int, bool, datetime]]:
    """(topic, locale) -> (newest version, whether it is the shop's wording, since when), of everything that was ever changed."""
    ranked = _ranked(tx)
    rows = tx.db.execute(select(ranked).where(ranked.c.rank == 1))
    return {(row.topic, row.locale): (row.version, row.body is not None, row.created_at) for row in rows}


def in_force(tx: Tx) -> dict[tuple[str, str], dict[str, str | None]]:
    """(topic, locale) -> the shop's texts, of everything it words itself."""
    ranked = _ranked(tx)
    rows = tx.db.execute(select(ranked).where(ranked.c.rank == 1, ranked.c.body.is_not(None)))
    return {(row.topic, row.locale): {field: getattr(row, field) for field in FIELDS} for row in rows}


def _ranked(tx: Tx) -> Subquery:
    """All versions; `rank` 1 is the newest of its message and language."""
    rank = func.row_number().over(partition_by=(MessageTemplate.topic, MessageTemplate.locale), order_by=MessageTemplate.version.desc())
    return select(MessageTemplate, rank.label("rank")).where(MessageTemplate.store_id == tx.store_id).subquery()
