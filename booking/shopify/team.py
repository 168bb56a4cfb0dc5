"""People of a shop become people of the dashboard, by what Shopify says of them (A148, I39)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from booking.actions.action import Done, action
from booking.addresses import canonical_email
from booking.rules.decision import Refused
from models.access import User
from models.base import new_id
from models.session import Tx


@dataclass(frozen=True, slots=True)
class ShopPerson:
    """A user of the shop's admin, as the token exchange names them. `owner`: of the shop's account."""

    user_id: int
    name: str
    email: str
    email_verified: bool
    owner: bool


@action
def admit_shop_person(tx: Tx, person: ShopPerson) -> Done:
    """The dashboard's user of someone in the Shopify admin: known by an earlier visit, else by their address, else new. `facts["id"]`.

    The account's owner is an owner here; everyone else begins with the least role, which an owner may raise. An address counts
    when Shopify has verified it; the owner's counts always, since nobody stands above them. Refused not_allowed with `kind`
    "team" for someone let go, "address" where the address proves nothing or is somebody else's in the admin.
    """
    known = tx.db.execute(select(User.id, User.removed_at).where(
        User.store_id == tx.store_id, User.shopify_user_id == person.user_id).with_for_update()).one_or_none()
    if known is not None:
        if known.removed_at is not None:
            raise Refused("not_allowed", kind="team")
        return Done(facts={"id": known.id})
    if not (person.email_verified or person.owner):
        raise Refused("not_allowed", kind="address")
    address = canonical_email(person.email)
    row = tx.db.execute(select(User.id, User.role, User.removed_at, User.shopify_user_id).where(
        User.store_id == tx.store_id, User.email == address).with_for_update()).one_or_none()
    if row is None:
        return Done(facts={"id": _new(tx, person, address)})
    if row.removed_at is not None:
        raise Refused("not_allowed", kind="team")
    if row.shopify_user_id is not None:
        raise Refused("not_allowed", kind="address")
    tx.db.execute(update(User).where(User.store_id == tx.store_id, User.id == row.id).values(
        shopify_user_id=person.user_id, role="owner" if person.owner else row.role))
    tx.audit("link_shop_user", subject="user", subject_id=row.id, before={"role": row.role}, after={"role": "owner" if person.owner else row.role})
    return Done(facts={"id": row.id})


def _new(tx: Tx, person: ShopPerson, address: str) -> int:
    """Of two first visits at once one makes the user; the other finds it."""
    user_id, role = new_id(), "owner" if person.owner else "staff"
    made = tx.db.execute(insert(User).values(
        store_id=tx.store_id, id=user_id, email=address, name=(person.name or address)[:120], role=role, notify=False,
        shopify_user_id=person.user_id, created_at=tx.now).on_conflict_do_nothing().returning(User.id)).scalar()
    if made is None:
        return tx.db.execute(select(User.id).where(User.store_id == tx.store_id, User.shopify_user_id == person.user_id)).scalar_one()
    tx.audit("create_user", subject="user", subject_id=user_id, after={"role": role, "from": "shopify"})
    return user_id
