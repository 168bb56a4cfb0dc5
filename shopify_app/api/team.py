"""The team: who may use the dashboard, in which role (A148). For owners, as its screen is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from booking.actions import team
from booking.rules.decision import Refused
from models.access import User, UserLogin
from models.session import Tx
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, owners_only
from shopify_app.api.shapes import access as s
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.things import Thing, given


def _members(tx: Tx, rows: Sequence[Row]) -> list[s.MemberOut]:
    seen = dict(tx.db.execute(select(UserLogin.user_id, func.max(UserLogin.created_at)).where(
        UserLogin.store_id == tx.store_id, UserLogin.user_id.in_([row.id for row in rows])).group_by(UserLogin.user_id)).all())
    return [s.MemberOut(id=str(row.id), email=row.email, name=row.name, role=row.role, notify=row.notify, language=row.locale,
                        signed_in_at=seen.get(row.id), created_at=row.created_at) for row in rows]


class _Members(Thing):
    """Someone let go keeps the row for the audit's sake, and is unknown here."""

    def row(self, tx: Tx, row_id: int) -> Row:
        row = super().row(tx, row_id)
        if row.removed_at is not None:
            raise Refused("not_found")
        return row


MEMBERS = _Members("team", User, _members, order="created_at")


@operation("GET", "/team", summary="The team", query=PAGING, answer=Listing[s.MemberOut], allow=owners_only)
def list_team(call: Call) -> Any:
    return MEMBERS.page(call, User.removed_at.is_(None))


@operation("POST", "/team", summary="Invite someone; they get a mail", body=s.MemberIn, answer=s.MemberOut, status=201, allow=owners_only)
def post_member(call: Call) -> Any:
    return MEMBERS.write(call, team.invite_user, **call.body.model_dump())


@operation("GET", "/team/{id}", summary="Someone of the team", answer=s.MemberOut, allow=owners_only)
def get_member(call: Call, id: str) -> Any:
    return MEMBERS.read(call, number(id))


@operation("PATCH", "/team/{id}", summary="Change name, role, notices or language", body=s.MemberPatch, answer=s.MemberOut,
           allow=owners_only)
def patch_member(call: Call, id: str) -> Any:
    values = given(call.body, "language")
    if "language" in values:
        values["locale"] = values.pop("language")
    return MEMBERS.write(call, team.change_user, number(id), **values)


@operation("DELETE", "/team/{id}", summary="Let someone go: their sessions end at once", answer=Nothing, allow=owners_only)
def delete_member(call: Call, id: str) -> None:
    MEMBERS.remove(call, team.remove_user, number(id))
