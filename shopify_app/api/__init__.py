"""The merchant JSON API (design 4.4). `blueprint` carries every route; the OpenAPI document is made from the same table."""

from __future__ import annotations

from shopify_app.api import (  # noqa: F401  (they register their routes)
    bookings, calendars, charges, customers, diary, feedback, offers, openapi, places, refunds, reports, services, shopify, store,
    templates, verbs, waitlist, withdrawals,
)
from shopify_app.api.door import blueprint

__all__ = ["blueprint"]
