"""What catalogue verbs share: finding rows, checking fields, writing with one audit entry."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Column, exists, insert, or_, select, update
from sqlalchemy.sql import ClauseElement

from booking.addresses import canonical_email, canonical_phone
from booking.rules import availability, wall_time
from booking.rules.decision import Refused
from booking.rules.money import CURRENCIES
from booking.rules.policy import Policy, PolicyError
from booking.rules.told_settings import changes
from models.base import new_id
from models.session import Tx
from models.tables import ALL

# Control characters, which calendar files forbid (RFC 5545, 3.1), and marks that turn the direction of what follows.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Checks:
    """Collects problems by field; `done` raises Refused("invalid") when there are any."""

    def __init__(self) -> None:
        self.errors: list[dict[str, str]] = []

    def wrong(self, field: str, problem: str) -> None:
        self.errors.append({"field": field, "problem": problem})

    def text(self, values: dict[str, Any], field: str, *, most: int = 200, required: bool = True) -> None:
        if field in values:
            values[field] = " ".join((values[field] or "").split())
            if required and not values[field] or len(values[field]) > most:
                self.wrong(field, f"must have {1 if required else 0} to {most} characters")
            elif UNSEEN.search(values[field]):
                self.wrong(field, "must not have characters that cannot be seen")

    def number(self, values: dict[str, Any], field: str, least: int, most: int) -> None:
        if field in values and not least <= values[field] <= most:
            self.wrong(field, f"must be from {least} to {most}")

    def zone(self, values: dict[str, Any]) -> None:
        if "zone" in values and not wall_time.valid_zone(values["zone"]):
            self.wrong("zone", "is not a time zone such as America/New_York")

    def currency(self, values: dict[str, Any]) -> None:
        if "currency" in values:
            if values["currency"] not in CURRENCIES:
                self.wrong("currency", "is not a currency code such as USD")

    def hours(self, values: dict[str, Any]) -> None:
        if "hours" in values:
            try:
                availability.parse_hours(values["hours"])
            except (ValueError, TypeError) as error:
                self.wrong("hours", str(error))

    def policy(self, values: dict[str, Any]) -> None:
        if values.get("policy") is not None:
            try:
                values["policy"] = Policy.from_json(values["policy"]).to_json()
            except PolicyError as error:
                self.errors += [p | {"field": f"policy.{p['field']}"} for p in error.problems]

    def https(self, values: dict[str, Any], field: str) -> None:
        """A picture or page on the web: https only, no name and password in it (I48)."""
        if values.get(field):
            parts = urlsplit(values[field])
            if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or len(values[field]) > 500 or not values[field].isprintable():
                self.wrong(field, "must be an address that begins with https://")

    def contact(self, values: dict[str, Any]) -> None:
        """E-mail and phone in their one canonical form (I40); empty means none."""
        for field, canonical in (("email", canonical_email), ("phone", lambda text: canonical_phone(text, None))):
            if field in values:
                values[field] = (values[field] or "").strip() or None
            if values.get(field):
                try:
                    values[field] = canonical(values[field])
                except Refused as refused:
                    self.errors += refused.facts["errors"]

    def known(self, tx: Tx, values: dict[str, Any], field: str, table: type) -> None:
        if values.get(field) is not None and not tx.db.execute(
                select(exists().where(table.store_id == tx.store_id, table.id == values[field]))).scalar():
            self.wrong(field.removesuffix("_id"), "is not known")

    def done(self) -> None:
        if self.errors:
            raise Refused("invalid", errors=self.errors)


def create(tx: Tx, kind: str, table: type, values: dict[str, Any]) -> int:
    """Insert a row of the store; its id. One audit entry."""
    row_id = new_id()
    tx.db.execute(insert(table).values(store_id=tx.store_id, id=row_id, created_at=tx.now, **values))
    tx.audit(f"create_{kind}", subject=kind, subject_id=row_id, after={"fields": sorted(values)})
    return row_id


def change(tx: Tx, kind: str, table: type, row_id: int, values: dict[str, Any], *, also: tuple[dict[str, Any], dict[str, Any]] = ({}, {}),
           version: int | None = None) -> None:
    """Update a row of the store; Refused not_found, or stale when `version` was seen and another one stands there (I9).

    One audit entry with what has changed, before and after; `also` is what stands in other tables, before and after.
    """
    if version is not None:
        unchanged(tx, table, row_id, version)
    where = (table.store_id == tx.store_id, table.id == row_id)
    row = tx.db.execute(select(table.id, *(getattr(table, field) for field in values)).where(*where).with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise Refused("not_found")
    written = values | ({"version": table.version + 1} if "version" in table.__table__.c else {})
    if written:
        tx.db.execute(update(table).where(*where).values(**written))
    note_change(tx, f"update_{kind}", kind, row_id, row._asdict() | also[0], values | also[1])


def note_change(tx: Tx, action: str, subject: str, subject_id: int, before: dict[str, Any], values: dict[str, Any]) -> None:
    """The audit entry of changed fields. What only the database knows the new value of is named as changed. `saved`: everything that
    was sent, also where it is as it was."""
    plain = {field: value for field, value in values.items() if not isinstance(value, ClauseElement)}
    old, new = changes(before, plain)
    new["fields"] = sorted({*new["fields"], *(values.keys() - plain.keys())})
    tx.audit(action, subject=subject, subject_id=subject_id, before=old, after=new, saved=sorted(values))


def unchanged(tx: Tx, table: type, row_id: int, version: int) -> None:
    """Lock the row; Refused stale unless it still has the version someone saw."""
    now = tx.db.execute(select(table.version).where(table.store_id == tx.store_id, table.id == row_id).with_for_update()).scalar()
    if now is not None and now != version:
        raise Refused("stale", version=now)


def uses(table: type, *own: type) -> list[Column[Any]]:
    """The columns of other tables that refer to its rows. Tables of `own` are left out: their rows go with it, as those that cascade do."""
    parts = {part.__table__ for part in own}
    return [element.parent for other in ALL if other not in parts for key in other.foreign_key_constraints
            if key.referred_table is table.__table__ and key.ondelete is None for element in key.elements if element.column.name == "id"]


def in_use(tx: Tx, table: type, row_id: int, *own: type) -> bool:
    """Whether any row of another table refers to it."""
    columns = uses(table, *own)
    return bool(tx.db.execute(select(or_(*(exists().where(c.table.c.store_id == tx.store_id, c == row_id) for c in columns)))).scalar())


def remove(tx: Tx, kind: str, table: type, row_id: int, *own: type) -> None:
    """Delete a row nothing refers to, with the rows of `own`; one that is referred to is made inactive, so that history keeps its names."""
    where = (table.store_id == tx.store_id, table.id == row_id)
    kept = in_use(tx, table, row_id, *own)
    if kept:
        found = tx.db.execute(update(table).where(*where).values(active=False)).rowcount
    else:
        remove_parts(tx, table, row_id, *own)
        found = tx.db.execute(table.__table__.delete().where(*where)).rowcount
    if not found:
        raise Refused("not_found")
    tx.audit(f"delete_{kind}", subject=kind, subject_id=row_id, after={"active": False} if kept else None)


def remove_parts(tx: Tx, table: type, row_id: int, *own: type) -> None:
    """Delete the rows of the `own` tables that refer to it."""
    for part in own:
        for key in part.__table__.foreign_key_constraints:
            if key.referred_table is table.__table__:
                column = next(element.parent for element in key.elements if element.column.name == "id")
                tx.db.execute(part.__table__.delete().where(part.__table__.c.store_id == tx.store_id, column == row_id))
