"""Time off and blocked events: of one person or a whole location (A116)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.blocks import create_block, delete_block
from booking.rules.decision import Refused
from booking.rules.wall_time import resolve
from models.block import Block
from models.location import Location
from models.session import Tx, reading
from models.staff import Staff
from shopify_app.dashboard.door import EVERYONE, Visit, screen
from shopify_app.dashboard.typed import Typed, as_id, must_be_id

PAGE, LAST_PAGE = 50, 1_000


@screen("/time-off", roles=EVERYONE, methods=("GET", "POST"))
def time_off(visit: Visit) -> Any:
    if request.method == "GET":
        given = {name: request.args.get(name, "")[:40] for name in ("whose", "from_day", "from_time", "to_day", "to_time")}
        return _show(visit, given)
    typed = Typed(visit.words)
    kind, _, number = typed.form.get("whose", "").partition(":")
    starts, ends = typed.local("from_day", "from_time"), typed.local("to_day", "to_time")
    zone = _zone(visit, kind, as_id(number))
    if zone is None:
        typed.wrong("whose", visit.words._("Please choose one of these."))
    if typed.problems or zone is None or starts is None or ends is None:
        return _show(visit, typed.shown(), problems=typed.problems, status=422)
    try:
        create_block(visit.store_id, visit.actor, staff_id=as_id(number) if kind == "staff" else None,
                     location_id=as_id(number) if kind == "location" else None, starts_at=resolve(starts, zone), ends_at=resolve(ends, zone),
                     reason=typed.text("reason", 401), override=typed.flag("override"))
    except Refused as refused:
        if refused.code == "slot_taken":
            return _show(visit, typed.shown(), meets=refused.facts["bookings"], status=409)
        if refused.code != "invalid":
            raise
        typed.refused(refused, lambda field: {"ends_at": "to_day", "staff": "whose", "location": "whose"}.get(field, field))
        return _show(visit, typed.shown(), problems=typed.problems, status=422)
    return visit.go("/time-off", done="added")


@screen("/time-off/<int:block_id>/remove", roles=EVERYONE, methods=("POST",))
def remove_time_off(visit: Visit, block_id: int) -> Any:
    delete_block(visit.store_id, visit.actor, must_be_id(block_id))
    return visit.go("/time-off", done="removed")


def _zone(visit: Visit, kind: str, number: int | None) -> str | None:
    """The zone its times are meant in, or None when it is nobody of this store."""
    if number is None or kind not in ("staff", "location"):
        return None
    statement = select(Location.zone).where(Location.store_id == visit.store_id, Location.id == number)
    if kind == "staff":
        statement = select(Location.zone).join(Staff, (Staff.store_id == Location.store_id) & (Staff.location_id == Location.id)).where(
            Staff.store_id == visit.store_id, Staff.id == number)
    with reading(visit.store_id) as tx:
        return tx.db.execute(statement).scalar()


def _show(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, meets: list[str] | None = None, status: int = 200) -> Any:
    page = min(as_id(request.args.get("page")) or 0, LAST_PAGE)
    past = request.args.get("past") == "1"
    w = visit.words
    with reading(visit.store_id) as tx:
        rows = _blocks(tx, past, page)
        owners = [(f"location:{row.id}", w._("Everyone at {place}").format(place=row.name)) for row in tx.db.execute(select(Location.id, Location.name).where(
            Location.store_id == tx.store_id, Location.active).order_by(Location.name))]
        owners += [(f"staff:{row.id}", row.name) for row in tx.db.execute(select(Staff.id, Staff.name).where(
            Staff.store_id == tx.store_id, Staff.active).order_by(Staff.name))]
    return visit.show("time_off.html", here="time_off", form=form, problems=problems or {}, meets=meets, owners=owners, past=past, status=status,
                      rows=[(row, w.when(row.starts_at, row.zone), w.when(row.ends_at, row.zone)) for row in rows[:PAGE]],
                      more=visit.url("/time-off", page=page + 1, past="1" if past else None) if len(rows) > PAGE else None)


def _blocks(tx: Tx, past: bool, page: int) -> list[Any]:
    statement = select(Block.id, Block.starts_at, Block.ends_at, Block.reason, Staff.name.label("person"), Location.name.label("place"), Location.zone).join(
        Location, (Location.store_id == Block.store_id) & (Location.id == Block.location_id)).outerjoin(
        Staff, (Staff.store_id == Block.store_id) & (Staff.id == Block.staff_id)).where(Block.store_id == tx.store_id)
    statement = statement.where(Block.ends_at <= tx.now).order_by(Block.ends_at.desc(), Block.id) if past else \
        statement.where(Block.ends_at > tx.now).order_by(Block.starts_at, Block.id)
    return list(tx.db.execute(statement.limit(PAGE + 1).offset(page * PAGE)).all())
