"""The store and its defaults."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from booking.actions.stores import update_store
from booking.facts import read_policy
from models.session import Tx, reading
from models.store import Store
from shopify_app.api.call import Call
from shopify_app.api.door import operation
from shopify_app.api.shapes import store as s
from shopify_app.api.things import given


RECEIPT_FIELDS = ("legal_name", "legal_address", "tax_id", "tax_percent", "credit_days")


def store_out(tx: Tx) -> s.StoreOut:
    row = tx.db.execute(select(Store).where(Store.store_id == tx.store_id)).one()
    plain = {name: getattr(row, name) for name in s.StoreOut.model_fields if name not in ("id", "policy")}
    return s.StoreOut(id=str(row.store_id), policy=read_policy(row.policy).to_json(), **plain)


@operation("GET", "/store", summary="The store and its defaults", answer=s.StoreOut)
def get_store(call: Call) -> s.StoreOut:
    with reading(call.store_id) as tx:
        return store_out(tx)


@operation("PATCH", "/store", summary="Change the store's defaults", body=s.StorePatch, answer=s.StoreOut)
def patch_store(call: Call) -> Any:
    return call.act(update_store, show=lambda tx, done: store_out(tx), **given(
        call.body, "email", "phone", "accent", "staff_noun", "website", "logo_url", "contact_note", "refusal_note", "terms", *RECEIPT_FIELDS))
