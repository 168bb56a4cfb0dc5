"""Bearer tokens of the merchant API."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, or_, update

from booking.access_tokens import mint
from booking.actions.action import Done, action
from booking.actions.catalogue import Checks
from booking.rules.decision import Refused
from models.access import MerchantToken
from models.base import new_id
from models.session import Tx

USE_NOTED_EVERY = timedelta(hours=1)


@action
def create_token(tx: Tx, label: str) -> Done:
    """`facts["token"]` is shown this once, only its hash stays."""
    values = {"label": label}
    checks = Checks()
    checks.text(values, "label", most=100)
    checks.done()
    text, digest = mint(tx.store_id)
    token_id = new_id()
    tx.db.execute(insert(MerchantToken).values(store_id=tx.store_id, id=token_id, secret_hash=digest, created_at=tx.now, **values))
    tx.audit("create_token", subject="token", subject_id=token_id)
    return Done(facts={"id": token_id, "token": text})


@action
def revoke_token(tx: Tx, token_id: int) -> Done:
    """From now on requests with it are refused; Refused not_found where there is none, or none any more."""
    if not tx.db.execute(update(MerchantToken).where(MerchantToken.store_id == tx.store_id, MerchantToken.id == token_id,
                                                     MerchantToken.revoked_at.is_(None)).values(revoked_at=tx.now)).rowcount:
        raise Refused("not_found")
    tx.audit("revoke_token", subject="token", subject_id=token_id)
    return Done()


@action
def note_token_use(tx: Tx, token_id: int) -> Done:
    """Remember, to the hour, that something was changed with it: what the shop needs to know before it revokes one."""
    tx.db.execute(update(MerchantToken).where(
        MerchantToken.store_id == tx.store_id, MerchantToken.id == token_id,
        or_(MerchantToken.last_used_at.is_(None), MerchantToken.last_used_at < tx.now - USE_NOTED_EVERY)).values(last_used_at=tx.now))
    return Done()
