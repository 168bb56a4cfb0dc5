"""The first import: its progress, and the lines read so far. Nothing is applied before the whole file is here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Instant, of_store


class ShopifyImport(Base):
    """asked -> running (at Shopify) -> reading (into shopify_staged) -> applying -> done. `objects`: what the file must hold."""

    __tablename__ = "shopify_imports"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    operation_gid: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="asked")
    objects: Mapped[int | None]
    staged: Mapped[int] = mapped_column(server_default="0")
    read_bytes: Mapped[int] = mapped_column(server_default="0")
    started_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]
    last_error: Mapped[str | None]

    __table_args__ = (
        of_store(),
        CheckConstraint("state in ('asked','running','reading','applying','done')", name="shopify_imports_state"),
    )


class ShopifyStaged(Base):
    __tablename__ = "shopify_staged"

    store_id: Mapped[Id] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    gid: Mapped[str]
    body: Mapped[dict[str, Any]]

    __table_args__ = (of_store(),)
