"""What every table shares: random ids, UTC instants, the store first in every key."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
"""An aware UTC instant (I56)."""

Json = Annotated[dict[str, Any], mapped_column(JSONB)]

Id = Annotated[int, mapped_column(BigInteger)]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


class Base(DeclarativeBase):
    type_annotation_map = {str: Text, int: BigInteger, datetime: DateTime(timezone=True), dict[str, Any]: JSONB}


class StoreRow:
    """A row of one store: the store is the first column of the primary key (design 3)."""

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False, default=lambda: new_id())


def belongs_to(column: str, table: str, *, name: str | None = None) -> ForeignKeyConstraint:
    """A foreign key within the store: (store_id, column) -> table(store_id, id). Rows are never deleted under it."""
    return ForeignKeyConstraint(["store_id", column], [f"{table}.store_id", f"{table}.id"], name=name)


def of_store() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["store_id"], ["stores.store_id"])


def new_id() -> int:
    """A random positive 62-bit integer; unique across stores, says nothing about how many there are."""
    return secrets.randbits(62) | 1 << 61


def new_ref() -> str:
    """12 characters of Crockford base32 (60 random bits): the public name of a booking (R3)."""
    bits = secrets.randbits(60)
    return "".join([_PAIRS[bits >> shift & 1023] for shift in (0, 10, 20, 30, 40, 50)])
