"""Loads every table once, for migrations, checks and anything that walks them all."""

from __future__ import annotations

from models import (  # noqa: F401  (imported for their tables)
    access, audit, block, booking, class_session, customer, email_change, feedback, hold, idempotency, location, occupancy, order,
    outbox, payment, policy_copy, refund, reminder, service, sms, staff, store,
)
from models.base import Base

ALL = Base.metadata.sorted_tables
"""Every table, parents first."""

ROUTING = ("store_hosts",)
"""Tables that answer "which store is this host": found by name, not by store."""
