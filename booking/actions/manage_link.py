"""The manage link again, or a new one that ends the old (R3, A105)."""

from __future__ import annotations

from booking import notices
from booking.actions.action import Done, action
from booking.actions.changing import locked, write
from models.base import new_id
from models.session import Tx


@action
def send_manage_link(tx: Tx, ref: str) -> Done:
    """A fresh message with the same link."""
    b = locked(tx, ref)
    tx.audit("send_manage_link", booking_id=b.id)
    notices.tell_customer(tx, "manage_link", b, once=str(new_id()))
    return Done(b)


@action
def revoke_link(tx: Tx, ref: str) -> Done:
    """End every link mailed so far and send a new one (I33)."""
    b = locked(tx, ref)
    changed = write(tx, b, link_epoch=b.link_epoch + 1)
    tx.audit("revoke_link", booking_id=b.id, before={"link_epoch": b.link_epoch}, after={"link_epoch": changed.link_epoch})
    notices.tell_customer(tx, "manage_link", changed, once=str(new_id()))
    return Done(changed)
