"""Disputed payments."""

from __future__ import annotations

from datetime import datetime

from shopify_app.api.shapes.base import Money, Shape


class DisputeOut(Shape):
    """`status` and `reason` are Stripe's words. `needs_answer`: the shop is asked for one until `due_by`, at `answer_url` on Stripe's own
    pages, where evidence is sent or the dispute accepted. `refundable` false: Stripe refuses refunds of the payment."""

    id: str
    booking: str
    service_name: str
    customer_name: str
    amount: Money
    reason: str
    status: str
    needs_answer: bool
    answered: bool
    refundable: bool
    due_by: datetime | None
    made_at: datetime
    closed_at: datetime | None
    answer_url: str
