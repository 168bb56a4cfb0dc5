"""Stores, and the first people in them."""

from __future__ import annotations

import re
from typing import Any

from psycopg import errors
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from booking.actions import catalogue
from booking.actions.action import Done, action
from booking.addresses import canonical_email
from booking.rules.decision import Refused
from booking.rules.policy import DEFAULT
from booking.rules.waitlist import band_problem
from booking.wording import SHIPPED
from booking.wording.staff_nouns import LONGEST
from models.access import User
from models.actor import Actor
from models.base import new_id
from models.session import Tx
from models.store import Store

TAX = re.compile(r"[0-9]{1,2}(\.[0-9]{1,4})?", re.ASCII)
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def create_store(by: Actor, **values: Any) -> int:
    """A new store with its id. Fields as the columns of `stores`; slug, name, zone and currency are needed."""
    store_id = new_id()
    try:
        _create_store(store_id, by, **values)
    except IntegrityError as error:
        if isinstance(error.orig, errors.UniqueViolation):
            raise Refused("invalid", errors=[{"field": "slug", "problem": "is taken"}]) from error
        raise
    return store_id


@action
def _create_store(tx: Tx, **values: Any) -> Done:
    values.setdefault("policy", DEFAULT.to_json())
    _check(values)
    tx.db.execute(insert(Store).values(store_id=tx.store_id, created_at=tx.now, **values))
    tx.audit("create_store", subject="store", subject_id=tx.store_id)
    return Done()


@action
def update_store(tx: Tx, *, version: int | None = None, **values: Any) -> Done:
    """Change the store's fields; what it never changes after the start are slug, kind and currency.

    Refused stale when `version` is given and somebody else has saved since.
    """
    row = tx.db.execute(select(Store.version, *(getattr(Store, field) for field in values)).where(
        Store.store_id == tx.store_id).with_for_update(key_share=True)).one()
    if version not in (None, row.version):
        raise Refused("stale", version=row.version)
    if fixed := sorted({"slug", "kind", "currency"} & set(values)):
        raise Refused("invalid", errors=[{"field": field, "problem": "cannot change"} for field in fixed])
    _check(values)
    tx.db.execute(update(Store).where(Store.store_id == tx.store_id).values(version=Store.version + 1, **values))
    catalogue.note_change(tx, "update_store", "store", tx.store_id, row._asdict(), values)
    return Done()


@action
def create_user(tx: Tx, *, email: str, name: str, role: str = "owner") -> Done:
    """Someone of the shop, who gets its notices."""
    user_id = new_id()
    tx.db.execute(insert(User).values(store_id=tx.store_id, id=user_id, email=canonical_email(email), name=name, role=role, created_at=tx.now))
    tx.audit("create_user", subject="user", subject_id=user_id)
    return Done(facts={"id": user_id})


def _check(values: dict[str, Any]) -> None:
    checks = catalogue.Checks()
    checks.text(values, "name")
    checks.zone(values)
    checks.currency(values)
    checks.policy(values)
    checks.contact(values)
    checks.https(values, "logo_url")
    checks.https(values, "website")
    for field, most in (("contact_note", 500), ("refusal_note", 500), ("staff_noun", 40), ("terms", 5000), ("legal_name", 200), ("legal_address", 500), ("tax_id", 60)):
        if len(values.get(field) or "") > most:
            checks.wrong(field, f"must have at most {most} characters")
    if "slug" in values and not SLUG.fullmatch(values["slug"]):
        checks.wrong("slug", "has 1 to 63 small letters, digits and hyphens")
    if values.get("accent") and not re.fullmatch(r"#[0-9a-fA-F]{6}", values["accent"]):
        checks.wrong("accent", "is a colour such as #1f5c4d")
    checks.text(values, "staff_noun", most=40, required=False)
    if values.get("staff_noun") == "":
        values["staff_noun"] = None
    if "staff_nouns" in values:
        values["staff_nouns"] = _by_language(checks, values["staff_nouns"] or {})
    for field in ("quiet_from", "quiet_to"):
        if field in values and not CLOCK.fullmatch(values[field] or ""):
            checks.wrong(field, "is a time such as 21:00")
    if values.get("withdrawal", "off") not in ("off", "eu", "everyone"):
        checks.wrong("withdrawal", "must be one of off, eu, everyone")
    if values.get("tax_percent") is not None and not TAX.fullmatch(values["tax_percent"]):
        checks.wrong("tax_percent", "is a percentage such as 19 or 8.875")
    if values.get("credit_days") is not None:
        checks.number(values, "credit_days", 1, 3650)
    checks.number(values, "retention_days", 30, 3650)
    checks.number(values, "waitlist_claim_minutes", 5, 1440)
    checks.number(values, "waitlist_rest_hours", 1, 168)
    checks.number(values, "offer_hours", 1, 168)
    if "waitlist_bands" in values and (problem := band_problem(values["waitlist_bands"])):
        checks.wrong("waitlist_bands", problem)
    checks.done()


def _by_language(checks: catalogue.Checks, nouns: dict[str, str]) -> dict[str, str]:
    """The words for staff of single languages; empty ones fall away."""
    if unknown := sorted(nouns.keys() - SHIPPED.keys()):
        checks.wrong("staff_nouns", f"must be one of {', '.join(SHIPPED)}")
        nouns = {code: word for code, word in nouns.items() if code not in unknown}
    for code in nouns:
        one = {f"staff_nouns.{code}": nouns[code]}
        checks.text(one, f"staff_nouns.{code}", most=LONGEST, required=False)
        nouns = nouns | {code: one[f"staff_nouns.{code}"]}
    return {code: word for code, word in nouns.items() if word}
