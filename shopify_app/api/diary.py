"""Time off, and class dates. Times are told in the zone of the place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from booking.actions import blocks, sessions
from booking.actions.cancel_session import cancel_session
from models.block import Block
from models.class_session import ClassSession
from models.session import Tx
from shopify_app.api.bookings import instant
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, reference
from shopify_app.api.shapes import catalogue as s
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.things import Thing, given, zones


def _when(row: Row, zone: str) -> dict[str, Any]:
    here = ZoneInfo(zone)
    return {"starts_at": row.starts_at.astimezone(here), "ends_at": row.ends_at.astimezone(here), "zone": zone}


def _blocks(tx: Tx, rows: Sequence[Row]) -> list[s.BlockOut]:
    zone = zones(tx, [row.location_id for row in rows])
    return [s.BlockOut(id=str(row.id), staff=None if row.staff_id is None else str(row.staff_id), location=str(row.location_id),
                       reason=row.reason, **_when(row, zone[row.location_id])) for row in rows]


def _sessions(tx: Tx, rows: Sequence[Row]) -> list[s.SessionOut]:
    zone = zones(tx, [row.location_id for row in rows])
    return [s.SessionOut(id=str(row.id), service=str(row.service_id), staff=str(row.staff_id), location=str(row.location_id),
                         capacity=row.capacity, seats_taken=row.seats_taken, status=row.status, **_when(row, zone[row.location_id]))
            for row in rows]


BETWEEN = {"from": "RFC 3339: what ends after it", "to": "RFC 3339: what starts before it"}
BLOCKS = Thing("blocks", Block, _blocks, order="starts_at")
SESSIONS = Thing("sessions", ClassSession, _sessions, order="starts_at")


def _narrowed(call: Call, table: Any, *ids: str) -> list[Any]:
    """Filters of a list: ids, and what touches the time between `from` and `to`."""
    q = call.query
    where = [getattr(table, f"{name}_id") == reference(q[name], name) for name in ids if name in q]
    if "from" in q:
        where.append(table.ends_at > instant(q, "from"))
    if "to" in q:
        where.append(table.starts_at < instant(q, "to"))
    return where


@operation("GET", "/blocks", summary="Time off, by start", query=PAGING | BETWEEN | {"staff": "id", "location": "id"}, answer=Listing[s.BlockOut])
def list_blocks(call: Call) -> Any:
    return BLOCKS.page(call, *_narrowed(call, Block, "staff", "location"))


@operation("POST", "/blocks", summary="Add time off", body=s.BlockIn, answer=s.BlockOut, status=201)
def post_block(call: Call) -> Any:
    values = call.body.model_dump()
    return BLOCKS.write(call, blocks.create_block, staff_id=reference(values.pop("staff"), "staff"),
                        location_id=reference(values.pop("location"), "location"), **values)


@operation("GET", "/blocks/{id}", summary="Time off", answer=s.BlockOut)
def get_block(call: Call, id: str) -> Any:
    return BLOCKS.read(call, number(id))


@operation("PATCH", "/blocks/{id}", summary="Change time off", body=s.BlockPatch, answer=s.BlockOut)
def patch_block(call: Call, id: str) -> Any:
    return BLOCKS.write(call, blocks.update_block, number(id), **given(call.body))


@operation("DELETE", "/blocks/{id}", summary="Remove time off", answer=Nothing)
def delete_block(call: Call, id: str) -> None:
    BLOCKS.remove(call, blocks.delete_block, number(id))


@operation("GET", "/sessions", summary="Class dates, by start", query=PAGING | BETWEEN | {"service": "id", "staff": "id", "location": "id"}, answer=Listing[s.SessionOut])
def list_sessions(call: Call) -> Any:
    return SESSIONS.page(call, *_narrowed(call, ClassSession, "service", "staff", "location"))


@operation("POST", "/sessions", summary="Add a class date", body=s.SessionIn, answer=s.SessionOut, status=201)
def post_session(call: Call) -> Any:
    b = call.body
    return SESSIONS.write(call, sessions.create_session, service_id=reference(b.service, "service"), staff_id=reference(b.staff, "staff"),
                          starts_at=b.starts_at, capacity=b.capacity, override=b.override)


@operation("POST", "/sessions/weekly", summary="Add a class date at the same local time of several weeks: all of them or none", body=s.SessionsIn,
           answer=Listing[s.SessionOut], status=201)
def post_sessions(call: Call) -> Any:
    b = call.body
    return call.act(sessions.create_sessions, service_id=reference(b.service, "service"), staff_id=reference(b.staff, "staff"),
                    local_start=b.starts_at, weeks=b.weeks, capacity=b.capacity, override=b.override,
                    show=lambda tx, done: Listing[s.SessionOut](items=[SESSIONS.one(tx, n) for n in (done.facts or {})["ids"]], next=None))


@operation("GET", "/sessions/{id}", summary="A class date", answer=s.SessionOut)
def get_session(call: Call, id: str) -> Any:
    return SESSIONS.read(call, number(id))


@operation("PATCH", "/sessions/{id}", summary="Change its seats", body=s.SessionPatch, answer=s.SessionOut)
def patch_session(call: Call, id: str) -> Any:
    return SESSIONS.write(call, sessions.update_session, number(id), capacity=call.body.capacity)


@operation("DELETE", "/sessions/{id}", summary="Remove a date nobody booked", answer=Nothing)
def delete_session(call: Call, id: str) -> None:
    SESSIONS.remove(call, sessions.delete_session, number(id))


@operation("POST", "/sessions/{id}/cancel", summary="Cancel a class date with all its bookings (R30)", body=s.SessionCancel,
           answer=s.SessionOut)
def post_session_cancel(call: Call, id: str) -> Any:
    session_id = number(id)
    return call.act(cancel_session, session_id, reason=call.body.reason, refund=call.body.refund,
                    show=lambda tx, done: SESSIONS.one(tx, session_id))
