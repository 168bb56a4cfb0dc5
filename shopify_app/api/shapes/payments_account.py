"""The store's own account at Stripe."""

from __future__ import annotations

from datetime import datetime

from shopify_app.api.shapes.base import Shape


class AccountNeeds(Shape):
    """Names of what Stripe asks for ("Required verification information"); `by` is when it stops the account without it, `reason` why it
    has."""

    due: list[str]
    past_due: list[str]
    by: datetime | None
    reason: str | None


class PaymentAccountOut(Shape):
    """`available`: this installation takes card payments at all. `opened_here`: opened by the store's owner, not by whoever runs the
    installation. `looked_at`: when Stripe was last asked."""

    connected: bool
    available: bool
    test_mode: bool
    opened_here: bool | None
    charges_enabled: bool | None
    payouts_enabled: bool | None
    details_submitted: bool | None
    needs: AccountNeeds | None
    looked_at: datetime | None
    dashboard_url: str


class ConnectOut(Shape):
    """Stripe's own page for the store's owner; it opens once and for some minutes."""

    url: str
