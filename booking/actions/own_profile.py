"""What people of the shop say about themselves: their name, and the language they read (R46)."""

from __future__ import annotations

from sqlalchemy import select, update

from booking.actions.action import Done, action
from booking.actions.catalogue import Checks
from booking.rules.decision import Refused
from booking.wording import SHIPPED
from models.access import User
from models.session import Tx


@action
def change_own_profile(tx: Tx, *, name: str, locale: str | None) -> Done:
    """Of the person who is signed in. `locale` is a shipped language, or None for the browser's; their mails follow it from now on."""
    if tx.actor.kind != "user" or tx.actor.id is None:
        raise Refused("not_allowed")
    values = {"name": name, "locale": locale}
    checks = Checks()
    checks.text(values, "name", most=120)
    if locale is not None and locale not in SHIPPED:
        checks.wrong("locale", f"must be one of {', '.join(SHIPPED)}")
    checks.done()
    mine = (User.store_id == tx.store_id, User.id == tx.actor.id, User.removed_at.is_(None))
    row = tx.db.execute(select(User.name, User.locale).where(*mine).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    changed = {field: value for field, value in values.items() if value != getattr(row, field)}
    if changed:
        tx.db.execute(update(User).where(*mine).values(**changed))
        tx.audit("change_user", subject="user", subject_id=tx.actor.id, before={"locale": row.locale} if "locale" in changed else {},
                 after={"locale": locale} if "locale" in changed else {})
    return Done(facts={"id": tx.actor.id})
