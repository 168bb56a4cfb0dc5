"""Class dates: when, with whom, how many seats; one at a time or every week (R30)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.cancel_session import cancel_session
from booking.actions.sessions import MOST_WEEKS, create_sessions, delete_session, update_session
from booking.held_place import goes_back
from booking.rules.decision import Refused
from booking.waiting_list import waiting_count
from models.booking import Booking
from models.booking_summary import SUMMARIES, run
from models.class_session import ClassSession
from models.location import Location
from models.service import Service
from models.session import Tx, reading
from models.staff import Staff, StaffService
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, screen
from shopify_app.dashboard.typed import Typed, as_id, must_be_id

PAGE = 50


@screen("/classes", roles=EVERYONE)
def classes(visit: Visit) -> Any:
    """The coming dates by start; `past=1` those that are over, newest first."""
    past, after = request.args.get("past") == "1", as_id(request.args.get("after"))
    with reading(visit.store_id) as tx:
        statement = _DATES.where(ClassSession.store_id == tx.store_id)
        start = None if after is None else tx.db.execute(select(ClassSession.starts_at).where(
            ClassSession.store_id == tx.store_id, ClassSession.id == after)).scalar()
        edge = start or tx.now
        statement = statement.where(ClassSession.starts_at < edge).order_by(ClassSession.starts_at.desc(), ClassSession.id) if past else \
            statement.where(ClassSession.starts_at > edge).order_by(ClassSession.starts_at, ClassSession.id)
        rows = tx.db.execute(statement.limit(PAGE + 1)).all()
        given = bool(_kinds(tx))
    return visit.show("classes.html", here="classes", rows=[(row, visit.words.when(row.starts_at, row.zone)) for row in rows[:PAGE]], past=past, given=given,
                      more=visit.url("/classes", after=rows[PAGE - 1].id, past="1" if past else None) if len(rows) > PAGE else None)


@screen("/classes/new", roles=MANAGERS, methods=("GET", "POST"))
def new_class(visit: Visit) -> Any:
    if request.method == "GET":
        return _form(visit, {"weeks": "1", "service": request.args.get("service", "")[:20]})
    typed = Typed(visit.words)
    local = typed.local("day", "time")
    service_id, staff_id = as_id(typed.form.get("service")), as_id(typed.form.get("staff"))
    capacity, weeks = typed.maybe("capacity", 1, 10_000), typed.number("weeks", 1, MOST_WEEKS)
    for name, value in (("service", service_id), ("staff", staff_id)):
        if value is None:
            typed.wrong(name, visit.words._("Please choose one of these."))
    if typed.problems or local is None or service_id is None or staff_id is None:
        return _form(visit, typed.shown(), problems=typed.problems, status=422)
    try:
        create_sessions(visit.store_id, visit.actor, service_id=service_id, staff_id=staff_id, local_start=local, weeks=weeks, capacity=capacity,
                        override=typed.flag("override"))
    except Refused as refused:
        if refused.code == "slot_taken":
            zone = _zone(visit, staff_id)
            return _form(visit, typed.shown(), taken=[visit.words.when(one["starts_at"], zone) for one in refused.facts.get("dates", ())], status=409)
        if refused.code != "invalid":
            raise
        typed.refused(refused, lambda field: {"starts_at": "time"}.get(field, field))
        return _form(visit, typed.shown(), problems=typed.problems, status=422)
    return visit.go("/classes", done="added")


@screen("/classes/<int:session_id>", roles=EVERYONE, methods=("GET",))
def class_date(visit: Visit, session_id: int) -> Any:
    return _one(visit, session_id)


@screen("/classes/<int:session_id>/seats", methods=("POST",))
def class_seats(visit: Visit, session_id: int) -> Any:
    typed = Typed(visit.words)
    seats = typed.number("capacity", 1, 10_000)
    if not typed.problems:
        try:
            update_session(visit.store_id, visit.actor, must_be_id(session_id), capacity=seats)
            return visit.go(f"/classes/{session_id}", done="saved")
        except Refused as refused:
            if refused.code != "invalid":
                raise
            typed.refused(refused)
    return _one(visit, session_id, form=typed.shown(), problems=typed.problems, status=422)


@screen("/classes/<int:session_id>/cancel", methods=("POST",))
def cancel_class(visit: Visit, session_id: int) -> Any:
    """Every party is cancelled and told, or stays where it waits to move from; the form on the date's page has said how many, and what
    comes back (R30)."""
    typed = Typed(visit.words)
    refund = typed.chosen("refund", ("full", "policy", "none"))
    try:
        cancel_session(visit.store_id, visit.actor, must_be_id(session_id), reason=typed.text("reason", 500), refund=refund)
    except Refused as refused:
        if refused.code != "closed":
            raise
        return _one(visit, session_id, status=409)
    return visit.go(f"/classes/{session_id}", done="class_cancelled")


@screen("/classes/<int:session_id>/remove", methods=("POST",))
def remove_class(visit: Visit, session_id: int) -> Any:
    try:
        delete_session(visit.store_id, visit.actor, must_be_id(session_id))
    except Refused as refused:
        if refused.code != "not_allowed":
            raise
        return _one(visit, session_id, problems={"remove": visit.words._("Someone has booked this date, waits for it or is just booking it: cancel it, so that they are told.")}, status=409)
    return visit.go("/classes", done="removed")


_DATES = select(ClassSession.id, ClassSession.starts_at, ClassSession.ends_at, ClassSession.capacity, ClassSession.seats_taken, ClassSession.status,
                Service.name.label("service"), Staff.name.label("person"), Location.name.label("place"), Location.zone).join(
    Service, (Service.store_id == ClassSession.store_id) & (Service.id == ClassSession.service_id)).join(
    Staff, (Staff.store_id == ClassSession.store_id) & (Staff.id == ClassSession.staff_id)).join(
    Location, (Location.store_id == ClassSession.store_id) & (Location.id == ClassSession.location_id))


def _one(visit: Visit, session_id: int, *, form: dict[str, Any] | None = None, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    with reading(visit.store_id) as tx:
        row = tx.db.execute(_DATES.where(ClassSession.store_id == tx.store_id, ClassSession.id == must_be_id(session_id))).one_or_none()
        if row is None:
            raise Refused("not_found")
        parties = run(tx, SUMMARIES.where(Booking.store_id == tx.store_id, Booking.session_id == row.id).order_by(
            Booking.closed_at.is_not(None), Booking.created_at, Booking.id))
        over, coming, waiting = row.ends_at <= tx.now, [b for b in parties if b.closed_at is None], waiting_count(tx, session_id=row.id)
        staying = sum(goes_back(tx, b) for b in coming)
        kept = row.seats_taken - sum(b.seats for b in coming) if row.starts_at > tx.now else 0  # taken by nobody's booking
    return visit.show("class_date.html", here="classes", row=row, when=visit.words.when(row.starts_at, row.zone), parties=parties, coming=coming, kept=kept, staying=staying, over=over, waiting=waiting,
                      form=form or {"capacity": str(row.capacity)}, problems=problems or {}, status=status, manages=visit.may(MANAGERS))


def _form(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, taken: list[str] | None = None, status: int = 200) -> Any:
    with reading(visit.store_id) as tx:
        kinds = _kinds(tx)
        people = tx.db.execute(select(Staff.id, Staff.name).where(Staff.store_id == tx.store_id, Staff.active, Staff.id.in_(
            select(StaffService.staff_id).where(StaffService.store_id == tx.store_id, StaffService.service_id.in_([k.id for k in kinds])))).order_by(Staff.name)).all()
    return visit.show("class_new.html", here="classes", form=form, problems=problems or {}, taken=taken, kinds=kinds, people=people, most=MOST_WEEKS, status=status)


def _kinds(tx: Tx) -> list[Any]:
    return list(tx.db.execute(select(Service.id, Service.name, Service.capacity).where(
        Service.store_id == tx.store_id, Service.active, Service.capacity > 1).order_by(Service.name)).all())


def _zone(visit: Visit, staff_id: int) -> str:
    with reading(visit.store_id) as tx:
        return tx.db.execute(select(Location.zone).join(Staff, (Staff.store_id == Location.store_id) & (Staff.location_id == Location.id)).where(
            Staff.store_id == tx.store_id, Staff.id == staff_id)).scalar() or visit.store.zone
