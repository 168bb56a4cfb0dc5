"""Shapes of the connection with Shopify."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from shopify_app.api.shapes.base import Shape

OnCancel = Literal["nothing", "tag_note", "refund_line", "cancel_order"]
Gid = Annotated[str, Field(pattern=r"^gid://shopify/[A-Za-z]+/[1-9][0-9]{0,18}$", max_length=80)]


class Connection(Shape):
    state: Literal["installed", "reconnect", "uninstalled"]
    shop: str | None
    scopes: str
    accounts: Literal["unknown", "classic", "new"]
    installed_at: datetime
    succeeded_at: datetime | None


class FirstImport(Shape):
    state: Literal["none", "asked", "running", "reading", "applying", "done"]
    read: int
    expected: int | None


class TaskOut(Shape):
    """`kind` is stable for programs, `sentence` for people; `facts` hold ids, codes and amounts."""

    id: str
    kind: str
    sentence: str
    facts: dict[str, object]
    customer: str | None
    created_at: datetime


class ShopifyOut(Shape):
    connection: Connection
    on_cancel: OnCancel
    first_import: FirstImport
    waiting: int
    failed: int
    problem: str | None
    tasks: list[TaskOut]
    portal: str
    dashboard: str


class ShopifyPatch(Shape):
    on_cancel: OnCancel


class VariantIn(Shape):
    """`service` null: the variant sells no service any more."""

    product: Gid
    service: str | None
    title: Annotated[str, Field(max_length=200)] = ""


class VariantOut(Shape):
    variant: str
    product: str
    service: str
    title: str


class CustomerExport(Shape):
    """`data`: profile, bookings, payments, refunds, credits, feedback, messages, sessions; instants RFC 3339, money in minor units."""

    data: dict[str, object]
