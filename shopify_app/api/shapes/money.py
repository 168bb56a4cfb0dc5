"""What a store says on receipts, and the credit of customers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, Strict

from shopify_app.api.shapes.base import Money, Shape


class ReceiptPatch(Shape):
    """The legal fields stand on receipts; `tax_percent` ("19", "8.875") is contained in prices; `credit_days` is how long store
    credit lasts. Null takes one of them away: no tax line, credit without an end."""

    legal_name: Annotated[str, Field(max_length=200)] | None = None
    legal_address: Annotated[str, Field(max_length=500)] | None = None
    tax_id: Annotated[str, Field(max_length=60)] | None = None
    tax_percent: Annotated[str, Field(pattern=r"^[0-9]{1,2}(\.[0-9]{1,4})?$")] | None = None
    credit_days: Annotated[int, Strict(), Field(ge=1, le=3650)] | None = None


class ReceiptOut(Shape):
    legal_name: str | None
    legal_address: str | None
    tax_id: str | None
    tax_percent: str | None
    credit_days: int | None


class CreditOut(Shape):
    """Store credit that can still be spent. `expires_at` null: no end. `place` shopify: in the customer's account at Shopify,
    spent at its checkout; the amount is as of the last look there."""

    amount: Money
    expires_at: datetime | None
    place: Literal["store", "shopify"]
