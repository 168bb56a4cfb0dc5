"""Customers as the shop keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shopify_app.api.shapes.base import Phone, Shape
from shopify_app.api.shapes.money import CreditOut


class CustomerIn(Shape):
    """At least a name or an address."""

    email: Annotated[str, Field(max_length=254)] = ""
    name: Annotated[str, Field(max_length=120)] = ""
    phone: Phone = ""


class CustomerPatch(Shape):
    email: Annotated[str, Field(max_length=254)] | None = None
    name: Annotated[str, Field(max_length=120)] | None = None
    phone: Phone | None = None


class CustomerOut(Shape):
    id: str
    name: str
    email: str | None
    phone: str | None
    verified: bool
    credit: list[CreditOut]
    created_at: datetime
