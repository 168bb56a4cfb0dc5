"""The people of the shop who use the dashboard: invited, given a role, let go (A148). A shop is never without an owner."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from booking.actions.action import Done, action
from booking.actions.catalogue import Checks
from booking.addresses import canonical_email
from booking.keys import settings
from booking.rules.decision import Refused
from booking.user_access import ROLES
from models.access import User, UserLogin
from models.base import new_id
from models.session import OutboxItem, Tx
from models.store import Store


@action
def invite_user(tx: Tx, *, email: str, name: str, role: str, notify: bool = True) -> Done:
    """Let someone in, and mail them where to sign in; someone who left before comes back with the new role. `facts["id"]`."""
    values = {"name": name, "role": role}
    _check(values)
    address = canonical_email(email)
    known = tx.db.execute(select(User.id, User.removed_at).where(User.store_id == tx.store_id, User.email == address).with_for_update()).one_or_none()
    if known is not None and known.removed_at is None:
        raise Refused("invalid", errors=[{"field": "email", "problem": "is in the team already"}])
    user_id = known.id if known is not None else new_id()
    if known is None:
        tx.db.execute(insert(User).values(store_id=tx.store_id, id=user_id, email=address, notify=notify, created_at=tx.now, **values))
    else:
        tx.db.execute(update(User).where(User.store_id == tx.store_id, User.id == user_id).values(removed_at=None, notify=notify, **values))
    tx.audit("invite_user", subject="user", subject_id=user_id, after={"role": role})
    _mail(tx, user_id, address, values["name"], role)
    return Done(facts={"id": user_id})


@action
def change_user(tx: Tx, user_id: int, **values: Any) -> Done:
    """Fields: name, role, notify, locale (the language they read, or None for the browser's). Refused not_allowed where the shop would be left without an owner."""
    _check(values)
    row = _locked(tx, user_id)
    if values.get("role", row.role) != "owner":
        _another_owner(tx, user_id, row.role)
    changed = {name: value for name, value in values.items() if value != getattr(row, name)}
    if changed:
        tx.db.execute(update(User).where(User.store_id == tx.store_id, User.id == user_id).values(**changed))
        tx.audit("change_user", subject="user", subject_id=user_id, before={name: getattr(row, name) for name in changed if name != "name"},
                 after={name: value for name, value in changed.items() if name != "name"})
    return Done(facts={"id": user_id})


@action
def remove_user(tx: Tx, user_id: int) -> Done:
    """Their sessions end at once; their row stays, the audit names them."""
    row = _locked(tx, user_id)
    _another_owner(tx, user_id, row.role)
    tx.db.execute(update(User).where(User.store_id == tx.store_id, User.id == user_id).values(removed_at=tx.now))
    tx.db.execute(update(UserLogin).where(
        UserLogin.store_id == tx.store_id, UserLogin.user_id == user_id, UserLogin.ended_at.is_(None)).values(ended_at=tx.now))
    tx.audit("remove_user", subject="user", subject_id=user_id, before={"role": row.role})
    return Done()


def _another_owner(tx: Tx, user_id: int, role: str) -> None:
    """Owners are locked in the order of their ids: of two who let each other go, the second finds the first gone."""
    if role != "owner":
        return
    owners = tx.db.execute(select(User.id).where(
        User.store_id == tx.store_id, User.role == "owner", User.removed_at.is_(None)).order_by(User.id).with_for_update()).scalars().all()
    if not set(owners) - {user_id}:
        raise Refused("not_allowed", kind="owner")


def _locked(tx: Tx, user_id: int) -> Any:
    # All owners first, in one order, so that two owners who change each other never wait for one another.
    tx.db.execute(select(User.id).where(User.store_id == tx.store_id, User.role == "owner", User.removed_at.is_(None)).order_by(
        User.id).with_for_update()).all()
    row = tx.db.execute(select(User.name, User.role, User.notify, User.locale).where(
        User.store_id == tx.store_id, User.id == user_id, User.removed_at.is_(None)).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row


def _check(values: dict[str, Any]) -> None:
    checks = Checks()
    checks.text(values, "name", most=120)
    if "role" in values and values["role"] not in ROLES:
        checks.wrong("role", f"must be one of {', '.join(ROLES)}")
    checks.done()


def _mail(tx: Tx, user_id: int, address: str, name: str, role: str) -> None:
    """The dashboard answers at the store's own address here, whatever other host names it has."""
    store = tx.db.execute(select(Store.name, Store.slug, Store.email, Store.phone, Store.accent, Store.locale, Store.logo_url).where(
        Store.store_id == tx.store_id)).one()
    origin = settings().origin(settings().store_host(store.slug))
    tx.outbox(OutboxItem("team_invitation", "email", address, f"invite:{user_id}:{new_id()}", {
        "topic": "team_invitation", "locale": store.locale, "role": role, "url": f"{origin}/admin", "recipient": {"kind": "user", "name": name},
        "store": {"name": store.name, "slug": store.slug, "email": store.email, "phone": store.phone, "accent": store.accent,
                  "logo": store.logo_url, "origin": origin}}))
