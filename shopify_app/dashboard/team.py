"""Team: who may use the dashboard, in which role, and who gets notices (A148)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import func, select

from booking.actions.team import change_user, invite_user, remove_user
from booking.rules.decision import Refused
from booking.user_access import ROLES
from models.access import User, UserLogin
from models.session import reading
from shopify_app.dashboard.door import OWNER, Visit, screen
from shopify_app.dashboard.typed import Typed, must_be_id


@screen("/team", roles=OWNER, methods=("GET", "POST"))
def team(visit: Visit) -> Any:
    if request.method == "GET":
        return _show(visit, {"role": "staff", "notify": "1"})
    typed = Typed(visit.words)
    role = typed.chosen("role", ROLES)
    if not typed.problems:
        try:
            invite_user(visit.store_id, visit.actor, email=typed.text("email", 320), name=typed.text("name", 121), role=role, notify=typed.flag("notify"))
            return visit.go("/team", done="invited")
        except Refused as refused:
            if refused.code != "invalid":
                raise
            typed.refused(refused)
    return _show(visit, typed.shown(), problems=typed.problems, status=422)


@screen("/team/<int:user_id>", roles=OWNER, methods=("POST",))
def change_member(visit: Visit, user_id: int) -> Any:
    typed = Typed(visit.words)
    role = typed.chosen("role", ROLES)
    if typed.problems:
        return _show(visit, {"role": "staff", "notify": "1"}, problems=typed.problems, status=422)
    try:
        change_user(visit.store_id, visit.actor, must_be_id(user_id), role=role, notify=typed.flag("notify"))
    except Refused as refused:
        return _refused(visit, refused)
    # Whoever gave up the role of owner may not come back here.
    return visit.go("" if user_id == visit.user.user_id and role != "owner" else "/team", done="saved")


@screen("/team/<int:user_id>/remove", roles=OWNER, methods=("POST",))
def remove_member(visit: Visit, user_id: int) -> Any:
    try:
        remove_user(visit.store_id, visit.actor, must_be_id(user_id))
    except Refused as refused:
        return _refused(visit, refused)
    return visit.go("/team", done="removed")


def _refused(visit: Visit, refused: Refused) -> Any:
    if refused.code != "not_allowed":
        raise refused
    problem = visit.words._("A shop needs at least one owner. Make someone else an owner first.")
    return _show(visit, {"role": "staff", "notify": "1"}, problems={"team": problem}, status=409)


def _show(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    w = visit.words
    with reading(visit.store_id) as tx:
        last = select(func.max(UserLogin.created_at)).where(UserLogin.store_id == User.store_id, UserLogin.user_id == User.id).scalar_subquery()
        rows = tx.db.execute(select(User.id, User.name, User.email, User.role, User.notify, last.label("seen")).where(
            User.store_id == tx.store_id, User.removed_at.is_(None)).order_by(User.name, User.id)).all()
    roles = [("owner", w._("Owner: everything")), ("manager", w._("Manager: all but the team, tokens and domain")), ("staff", w._("Staff: bookings and time off"))]
    return visit.show("team.html", here="team", rows=[(row, w.when(row.seen, visit.store.zone) if row.seen else "") for row in rows], roles=roles, form=form,
                      problems=problems or {}, status=status)
