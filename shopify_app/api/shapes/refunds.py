"""Refunds and their parts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shopify_app.api.shapes.base import Flag, Money, Shape

Outcome = Literal["full", "partial", "credit", "forfeit", "none"]
RefundState = Literal["none", "owed", "pending", "succeeded", "failed"]


class RefundPartOut(Shape):
    """What goes back to one payment, and what became of it. `by_hand`: the shop gave it back by itself."""

    payment: str
    method: str
    amount: Money
    state: RefundState
    by_hand: bool


class _Refund(Shape):
    """What is told of a refund wherever it stands."""

    id: str
    cause: Literal["cancellation", "seats", "difference", "goodwill", "dispute"]
    outcome: Outcome
    state: RefundState
    amount: Money
    refunded: Money
    owed: Money
    parts: list[RefundPartOut]
    created_at: datetime


class BookingRefund(_Refund):
    """`state` is owed or failed while a part of it waits for the shop; `refunded` has come back, `owed` has not. `methods` are those of the
    payments it goes back to."""

    methods: list[str]
    settled_at: datetime | None


class ExecuteIn(Shape):
    """`by_hand`: all that waits of it was given back by the shop itself, cards included; nothing of it is sent any more."""

    by_hand: Flag = False


class RefundOut(_Refund):
    """`outcome` credit: the amount was given as store credit. `state` is owed or failed while a part of it waits for the shop; `refunded`
    has come back, `owed` has not. `reason`: the shop's own words for goodwill."""

    booking: str
    reason: str | None
