"""A store's own host names: claimed, proven by a DNS record, served only while the proof stands (A51, I43, I52)."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking.actions.action import Done, action
from booking.keys import settings
from booking.rules.decision import Refused
from models.base import new_id
from models.domain import Domain
from models.session import Tx
from models.store import StoreHost

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
MOST = 5
SOON, WHILE_PROVEN, PATIENT = timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6)
GIVEN_UP_AFTER, DROPPED_AFTER, UNANSWERED_AFTER = timedelta(days=14), timedelta(hours=1), timedelta(days=3)


def canonical_host(text: str) -> str | None:
    """A host name in lower case and ASCII (IDNA), or None: no address, no port, at least two parts, not one of ours."""
    text = text.strip().lower().removeprefix("https://").removeprefix("http://").split("/")[0].rstrip(".")
    try:
        host = text.encode("idna").decode() if text else ""
    except UnicodeError:
        return None
    labels = host.split(".")
    ours = settings().base_domain
    if len(host) > 253 or len(labels) < 2 or labels[-1].isdigit() or not all(map(LABEL.fullmatch, labels)) or host == ours or host.endswith(f".{ours}"):
        return None
    return host


def record_name(host: str) -> str:
    return f"_opencals.{host}"


def record_text(token: str) -> str:
    return f"opencals-store={token}"


@action
def add_domain(tx: Tx, host: str) -> Done:
    """Claim a host name; `facts["id"]`. It is served once its DNS carries the record (`check_domain`)."""
    known = canonical_host(host)
    if known is None:
        raise Refused("invalid", errors=[{"field": "host", "problem": "is not a host name such as booking.example.com"}])
    if tx.db.execute(select(func.count()).select_from(Domain).where(Domain.store_id == tx.store_id)).scalar_one() >= MOST:
        raise Refused("invalid", errors=[{"field": "host", "problem": f"comes on top of {MOST} others; remove one first"}])
    domain_id = new_id()
    added = tx.db.execute(upsert(Domain).values(
        store_id=tx.store_id, id=domain_id, host=known, token=secrets.token_hex(16), next_check_at=tx.now, created_at=tx.now,
    ).on_conflict_do_nothing().returning(Domain.id)).scalar()
    if added is None:
        raise Refused("invalid", errors=[{"field": "host", "problem": "is there already"}])
    tx.audit("add_domain", subject="domain", subject_id=domain_id, after={"host": known})
    return Done(facts={"id": domain_id})


@action
def look_again(tx: Tx, domain_id: int) -> Done:
    """Have the record looked up now rather than when its turn comes."""
    if not tx.db.execute(update(Domain).where(Domain.store_id == tx.store_id, Domain.id == domain_id).values(next_check_at=tx.now)).rowcount:
        raise Refused("not_found")
    tx.audit("look_again", subject="domain", subject_id=domain_id)
    return Done()


@action
def use_in_links(tx: Tx, domain_id: int) -> Done:
    """Links in messages carry this host from now on; Refused not_allowed while it is not served."""
    row = _locked(tx, domain_id)
    served = tx.db.execute(select(StoreHost.host).where(StoreHost.store_id == tx.store_id, StoreHost.host == row.host)).scalar()
    if served is None:
        raise Refused("not_allowed", kind="domain")
    tx.db.execute(update(StoreHost).where(StoreHost.store_id == tx.store_id).values(primary_host=StoreHost.host == row.host))
    tx.audit("use_domain", subject="domain", subject_id=domain_id, after={"host": row.host})
    return Done()


@action
def remove_domain(tx: Tx, domain_id: int) -> Done:
    """Give a host name up: it is not served any more, links go back to the store's address here."""
    row = _locked(tx, domain_id)
    _drop(tx, row.host)
    tx.db.execute(delete(Domain).where(Domain.store_id == tx.store_id, Domain.id == domain_id))
    tx.audit("remove_domain", subject="domain", subject_id=domain_id, before={"host": row.host})
    return Done()


@action
def record_lookup(tx: Tx, domain_id: int, token: str, found: bool | None) -> Done:
    """What the DNS said: the record stands there, does not, or nobody could tell (None). Proves, keeps or drops the host.

    A proven host is dropped after an hour of looks that did not find the record, or three days without any answer.
    """
    row = _locked(tx, domain_id)
    if row.token != token:
        return Done()
    values: dict[str, Any] = {}
    if found:
        problem = None if _serve(tx, row.host) else "in_use"
        values = {"proven_at": tx.now, "failing_since": None, "problem": problem, "next_check_at": tx.now + WHILE_PROVEN}
        if row.proven_at is None and problem is None:
            tx.audit("prove_domain", subject="domain", subject_id=domain_id, after={"host": row.host})
    else:
        since = row.failing_since or tx.now
        age = tx.now - row.created_at
        wait = SOON if row.proven_at or age < timedelta(hours=2) else PATIENT
        values = {"failing_since": since, "problem": "missing" if found is False else "no_answer",
                  "next_check_at": tx.now + wait if row.proven_at or age < GIVEN_UP_AFTER else tx.now + timedelta(days=365)}
        if row.proven_at and tx.now - since >= (DROPPED_AFTER if found is False else UNANSWERED_AFTER):
            values |= {"proven_at": None, "failing_since": None}
            _drop(tx, row.host)
            tx.audit("drop_domain", subject="domain", subject_id=domain_id, before={"host": row.host}, problem=values["problem"])
    tx.db.execute(update(Domain).where(Domain.store_id == tx.store_id, Domain.id == domain_id).values(**values))
    return Done(facts={"proven": values.get("proven_at", row.proven_at) is not None})


def _serve(tx: Tx, host: str) -> bool:
    """Answer at the host; the first one is used in links. False while another store proves the same name."""
    first = tx.db.execute(select(func.count()).select_from(StoreHost).where(StoreHost.store_id == tx.store_id)).scalar_one() == 0
    tx.db.execute(upsert(StoreHost).values(host=host, store_id=tx.store_id, primary_host=first, verified_at=tx.now).on_conflict_do_nothing())
    return tx.db.execute(select(StoreHost.host).where(StoreHost.store_id == tx.store_id, StoreHost.host == host)).scalar() is not None


def _drop(tx: Tx, host: str) -> None:
    gone = tx.db.execute(delete(StoreHost).where(StoreHost.store_id == tx.store_id, StoreHost.host == host).returning(StoreHost.primary_host)).scalar()
    if gone:
        other = tx.db.execute(select(StoreHost.host).where(StoreHost.store_id == tx.store_id).order_by(StoreHost.host).limit(1)).scalar()
        if other:
            tx.db.execute(update(StoreHost).where(StoreHost.store_id == tx.store_id, StoreHost.host == other).values(primary_host=True))


def _locked(tx: Tx, domain_id: int) -> Any:
    row = tx.db.execute(select(Domain.host, Domain.token, Domain.proven_at, Domain.failing_since, Domain.created_at).where(
        Domain.store_id == tx.store_id, Domain.id == domain_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row
