"""Finding customers by the beginning of a word of their name or address, or the ending of their phone number.

Rows are written by triggers on customers and bookings alone, so that every spelling a customer was ever booked under is found. A plain
B-tree: the search costs the same in a store of a hundred customers and of a hundred thousand.
"""

from __future__ import annotations

import re

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id
from models.session import Tx

MOST = 200
_END = "\U0010ffff"
_BREAKS = re.compile(r"[\s,;:()/\"']+")


class CustomerWord(Base):
    __tablename__ = "customer_words"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    customer_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)

    __table_args__ = (
        Index("customer_words_of", "store_id", "customer_id"),
    )


def terms(text: str) -> list[str]:
    """What to look for: words in lower case, or the digits of what looks like a phone number."""
    text = " ".join(text.split()).lower()[:120]
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 4 and not re.search(r"[^\d\s+().\-/]", text):
        return [digits]
    return [word.strip(".-_+") for word in _BREAKS.split(text) if word.strip(".-_+")][:5]


def matching(tx: Tx, text: str, *, limit: int = MOST) -> list[int]:
    """Ids of at most `limit` customers of whom every term begins a word. One statement."""
    wanted = [part for term in terms(text) for part in (re.split(r"[-.+_]", term) if "@" not in term else [term]) if part]
    if not wanted:
        return []
    first, *others = wanted
    # The longest term is the rarest: it leads, the others are looked up for what it finds.
    for other in list(others):
        if len(other) > len(first):
            others.remove(other)
            others.append(first)
            first = other
    sql = "select distinct w.customer_id from customer_words w where w.store_id = %s and w.word >= %s and w.word < %s"
    values: list[object] = [tx.store_id, first, first + _END]
    for other in others:
        sql += (" and exists (select 1 from customer_words o where o.store_id = w.store_id and o.customer_id = w.customer_id"
                " and o.word >= %s and o.word < %s)")
        values += [other, other + _END]
    return [row[0] for row in tx.driver.cursor().execute(sql + " limit %s", [*values, limit]).fetchall()]
