"""Which account at the payment provider a store's money goes to. An account id is named by whoever runs the installation, never by a
page: pages open accounts at the provider itself (`onboard_account`)."""

from __future__ import annotations

import re
from typing import Any

from psycopg import errors
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from booking import sealing
from booking.actions.action import Done, action
from booking.rules.decision import Refused
from models.actor import Actor
from models.base import new_id
from models.payment_account import FIELD, PaymentAccount
from models.session import Tx

SHAPE = re.compile(r"acct_[A-Za-z0-9_]{4,40}")


def connect_account(store_id: int, by: Actor, account: str) -> int:
    """Use `account` (`acct_...`) from now on; the id of our row. What was made under an earlier account stays there (I20).

    Refused invalid for anything else, and for an account another store uses.
    """
    if SHAPE.fullmatch(account) is None:
        raise Refused("invalid", errors=[{"field": "account", "problem": "is a Stripe account id such as acct_1AbCdEf"}])
    try:
        return _connect(store_id, by, account).facts["id"]
    except IntegrityError as error:
        if isinstance(error.orig, errors.UniqueViolation):
            raise Refused("invalid", errors=[{"field": "account", "problem": "is used by another store"}]) from error
        raise


@action
def _connect(tx: Tx, account: str) -> Done:
    return Done(facts={"id": write_account(tx, account)})


def write_account(tx: Tx, account: str, **state: Any) -> int:
    """The account is the store's from now on, in place of any other; the id of its row."""
    _end(tx)
    account_id = new_id()
    tx.db.execute(insert(PaymentAccount).values(
        store_id=tx.store_id, id=account_id, account_sealed=sealing.seal(tx.store_id, FIELD, account),
        account_hash=sealing.marks(FIELD, account)[0], created_at=tx.now, swept_to=tx.now, sweep_at=tx.now, **state))
    tx.audit("connect_payment_account", subject="payment_account", subject_id=account_id)
    return account_id


@action
def disconnect_account(tx: Tx) -> Done:
    """Take no more money there. Refunds of what it took still go through it."""
    for account_id in _end(tx):
        tx.audit("disconnect_payment_account", subject="payment_account", subject_id=account_id)
    return Done()


@action
def reseal_accounts(tx: Tx) -> Done:
    """After a change of keys: seal every account id under the newest one. `facts["resealed"]` counts them."""
    count = 0
    for row in tx.db.execute(select(PaymentAccount.id, PaymentAccount.account_sealed, PaymentAccount.ended_at).where(
            PaymentAccount.store_id == tx.store_id).with_for_update()).all():
        if sealing.by_older_key(row.account_sealed):
            name = sealing.unseal(tx.store_id, FIELD, row.account_sealed)
            tx.db.execute(update(PaymentAccount).where(PaymentAccount.store_id == tx.store_id, PaymentAccount.id == row.id).values(
                account_sealed=sealing.seal(tx.store_id, FIELD, name),
                account_hash=None if row.ended_at else sealing.marks(FIELD, name)[0]))
            count += 1
    return Done(facts={"resealed": count})


def _end(tx: Tx) -> list[int]:
    return list(tx.db.execute(update(PaymentAccount).where(
        PaymentAccount.store_id == tx.store_id, PaymentAccount.ended_at.is_(None),
    ).values(ended_at=tx.now, account_hash=None, look_at=None).returning(PaymentAccount.id)).scalars())
