"""Signing in to the dashboard: a typed code for invited people only (A148, R7). The answer never tells who is invited."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import insert, select, update

from booking import limits
from booking.actions.action import Done, action
from booking.actions.sign_in import Asker, counted, draw_code, tell_code, use_code
from booking.addresses import canonical_email
from booking.keys import keyed_hash
from booking.rules.decision import Refused
from models.access import User, UserLogin
from models.actor import Actor
from models.base import new_id
from models.session import Tx


@action
def request_user_code(tx: Tx, email: str, *, challenge: str, asker: Asker) -> Done:
    """Mail a code to a user of the store. For anyone else a code is drawn that nobody hears of: the answer, the tries and the limits
    are the same (I36).

    Refused invalid for a malformed address, rate_limited as for customers.
    """
    address = canonical_email(email)
    limits.message(tx, "email", address)
    limits.count(tx, "code_source", f"user:{asker.ip}", (10, limits.HOUR))
    code_id, code = draw_code(tx, address, "dashboard", challenge, None)
    user = _user(tx, address)
    if user is not None:
        tell_code(tx, address, "dashboard", code_id, code, user.locale)
    tx.audit("request_login_code", subject="user_code")
    return Done()


def sign_in_user(store_id: int, by: Actor, code: str, *, challenge: str) -> Done:
    """Sign in with the newest code of this browser. `facts`: user_id and the session's secret.

    Refused("unauthorized", left=n) for wrong, used, expired or foreign codes alike; after five tries the code is dead.
    """
    return counted(store_id, by, challenge, lambda: _sign_in_user(store_id, by, code, challenge))


@action
def _sign_in_user(tx: Tx, code: str, challenge: str) -> Done:
    row = use_code(tx, code, challenge, "dashboard")
    user = _user(tx, row.address)
    if user is None:
        raise Refused("unauthorized")
    secret = secrets.token_urlsafe(32)
    tx.db.execute(insert(UserLogin).values(
        store_id=tx.store_id, id=new_id(), secret_hash=keyed_hash("user-login", tx.store_id, secret), user_id=user.id, created_at=tx.now))
    tx.audit("sign_in", subject="user", subject_id=user.id)
    return Done(facts={"user_id": user.id, "secret": secret})


@action
def sign_out_user(tx: Tx, secret: str) -> Done:
    """End this browser's session on the server."""
    ended = tx.db.execute(update(UserLogin).where(
        UserLogin.store_id == tx.store_id, UserLogin.secret_hash == keyed_hash("user-login", tx.store_id, secret),
        UserLogin.ended_at.is_(None)).values(ended_at=tx.now).returning(UserLogin.user_id)).scalar()
    if ended is not None:
        tx.audit("sign_out", subject="user", subject_id=ended)
    return Done()


def _user(tx: Tx, address: str) -> Any | None:
    return tx.db.execute(select(User.id, User.locale).where(
        User.store_id == tx.store_id, User.email == address, User.removed_at.is_(None))).one_or_none()
