"""What imported bookings are made under: the store's currency, and of each service the policy of today."""

from __future__ import annotations

import json

from sqlalchemy import select

from models import policy_copy
from models.service import Service
from models.session import Tx
from models.store import Store


def terms(tx: Tx, services: set[int]) -> tuple[str, dict[int, int]]:
    """The store's currency, and by service the kept copy of its policy (R20)."""
    store = tx.db.execute(select(Store.currency, Store.policy).where(Store.store_id == tx.store_id)).one()
    kept: dict[str, int] = {}
    policies = {}
    for service in tx.db.execute(select(Service.id, Service.policy).where(Service.store_id == tx.store_id, Service.id.in_(services))):
        policy = service.policy or store.policy
        same = json.dumps(policy, sort_keys=True)
        policies[service.id] = kept[same] = kept.get(same) or policy_copy.keep(tx, policy)
    return store.currency, policies
