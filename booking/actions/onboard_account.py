"""A store's own account at the payment provider, opened from the dashboard, and what the provider says of it (I16, I17, I20, I64)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from booking import sealing
from booking.actions.action import Done, action
from booking.actions.payment_accounts import write_account
from booking.store_messages import tell_shop
from models import payment_account
from models.base import new_id
from models.payment_account import FIELD, PaymentAccount
from models.payment_onboarding import PaymentOnboarding
from models.session import Tx
from models.store import Store

SOON, RARELY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Needs:
    """What the provider still asks for: names of requirements, why it has stopped the account, and until when it waits."""

    due: tuple[str, ...] = ()
    past_due: tuple[str, ...] = ()
    checking: tuple[str, ...] = ()
    reason: str | None = None
    by: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account as the provider tells it."""

    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    needs: Needs

    @property
    def settled(self) -> bool:
        """Whether nothing is awaited any more."""
        return self.charges_enabled and self.payouts_enabled and not (self.needs.due or self.needs.past_due or self.needs.checking)


@action
def begin_onboarding(tx: Tx) -> Done:
    """`facts["account_id"]` of the account there is: in use, or the last one opened here and left, which is taken up again. Else what
    to make one with: onboarding_id, whether it is fresh, since when, name and email of the store."""
    account = payment_account.in_use(tx)
    if account is not None:
        return Done(facts={"account_id": account.id})
    if (again := _taken_up_again(tx)) is not None:
        return Done(facts={"account_id": again})
    fresh = tx.db.execute(upsert(PaymentOnboarding).values(store_id=tx.store_id, id=new_id(), created_at=tx.now).on_conflict_do_nothing(
    ).returning(PaymentOnboarding.id)).scalar() is not None
    row = tx.db.execute(select(PaymentOnboarding.id, PaymentOnboarding.created_at).where(
        PaymentOnboarding.store_id == tx.store_id, PaymentOnboarding.account_id.is_(None))).one()
    store = tx.db.execute(select(Store.name, Store.email).where(Store.store_id == tx.store_id)).one()
    return Done(facts={"account_id": None, "onboarding_id": row.id, "fresh": fresh, "since": row.created_at, "name": store.name, "email": store.email})


@action
def finish_onboarding(tx: Tx, onboarding_id: int, account: str) -> Done:
    """The provider has made `account`: it is the store's, and takes no money until the provider says so. `facts["account_id"]`."""
    known = tx.db.execute(select(PaymentOnboarding.account_id).where(
        PaymentOnboarding.store_id == tx.store_id, PaymentOnboarding.id == onboarding_id).with_for_update()).scalar_one()
    if known is not None:
        return Done(facts={"account_id": known})
    account_id = write_account(tx, account, origin="onboarding", charges_enabled=False, payouts_enabled=False, details_submitted=False)
    tx.db.execute(update(PaymentOnboarding).where(PaymentOnboarding.store_id == tx.store_id, PaymentOnboarding.id == onboarding_id).values(
        account_id=account_id))
    return Done(facts={"account_id": account_id})


@action
def await_account(tx: Tx, account_id: int) -> Done:
    """Its owner is on the way to the provider: look soon what comes of it."""
    tx.db.execute(update(PaymentAccount).where(
        PaymentAccount.store_id == tx.store_id, PaymentAccount.id == account_id, PaymentAccount.ended_at.is_(None),
    ).values(linked_at=tx.now, look_at=tx.now + SOON))
    return Done()


@action
def take_due_accounts(tx: Tx) -> Done:
    """Accounts to look at now; `facts["accounts"]`: ids. The next look is set at once."""
    rows = tx.db.execute(select(PaymentAccount.id, PaymentAccount.linked_at).where(
        PaymentAccount.store_id == tx.store_id, PaymentAccount.look_at <= tx.now).with_for_update(skip_locked=True)).all()
    for row in rows:
        tx.db.execute(update(PaymentAccount).where(PaymentAccount.store_id == tx.store_id, PaymentAccount.id == row.id).values(
            look_at=_next_look(tx, row.linked_at)))
    return Done(facts={"accounts": [row.id for row in rows]})


@action
def record_account(tx: Tx, account_id: int, state: AccountState) -> Done:
    """Take over what the provider says. The shop is told when it can take no more money, not when it never could."""
    before = tx.db.execute(select(
        PaymentAccount.charges_enabled, PaymentAccount.payouts_enabled, PaymentAccount.ended_at, PaymentAccount.linked_at,
    ).where(PaymentAccount.store_id == tx.store_id, PaymentAccount.id == account_id).with_for_update()).one()
    if before.ended_at is not None:
        return Done()
    needs = asdict(state.needs)
    tx.db.execute(update(PaymentAccount).where(PaymentAccount.store_id == tx.store_id, PaymentAccount.id == account_id).values(
        charges_enabled=state.charges_enabled, payouts_enabled=state.payouts_enabled, details_submitted=state.details_submitted,
        needs=needs | {"by": state.needs.by.isoformat() if state.needs.by else None}, looked_at=tx.now,
        look_at=None if state.settled else _next_look(tx, before.linked_at)))
    if (before.charges_enabled, before.payouts_enabled) != (state.charges_enabled, state.payouts_enabled):
        tx.audit("payment_account_changed", subject="payment_account", subject_id=account_id,
                 before={"charges": before.charges_enabled, "payouts": before.payouts_enabled},
                 after={"charges": state.charges_enabled, "payouts": state.payouts_enabled}, code=state.needs.reason)
    if before.charges_enabled and not state.charges_enabled:
        tell_shop(tx, "merchant_payments_stopped", f"{account_id}:{tx.now.isoformat()}", left=False)
    return Done()


@action
def account_left(tx: Tx, account_id: int) -> Done:
    """Its owner has taken the permission away at the provider: nothing can be done there any more, and the shop is told."""
    ended = tx.db.execute(update(PaymentAccount).where(
        PaymentAccount.store_id == tx.store_id, PaymentAccount.id == account_id, PaymentAccount.ended_at.is_(None),
    ).values(ended_at=tx.now, account_hash=None, look_at=None, origin="command").returning(PaymentAccount.id)).scalar()
    if ended is not None:
        tx.audit("payment_account_left", subject="payment_account", subject_id=account_id)
        tell_shop(tx, "merchant_payments_stopped", str(account_id), left=True)
    return Done()


def _taken_up_again(tx: Tx) -> int | None:
    """The last account opened here, in use again with its cards and payers; None without one."""
    row = tx.db.execute(select(PaymentAccount.id, PaymentAccount.account_sealed).where(
        PaymentAccount.store_id == tx.store_id, PaymentAccount.origin == "onboarding",
    ).order_by(PaymentAccount.created_at.desc(), PaymentAccount.id).limit(1).with_for_update()).one_or_none()
    if row is None:
        return None
    name = sealing.unseal(tx.store_id, FIELD, row.account_sealed)
    tx.db.execute(update(PaymentAccount).where(PaymentAccount.store_id == tx.store_id, PaymentAccount.id == row.id).values(
        ended_at=None, account_hash=sealing.marks(FIELD, name)[0]))
    tx.audit("connect_payment_account", subject="payment_account", subject_id=row.id)
    return row.id


def _next_look(tx: Tx, linked_at: datetime | None) -> datetime:
    """Soon after its owner was sent there, ever more rarely later."""
    return tx.now + min(RARELY, max(SOON, tx.now - (linked_at or tx.now - RARELY)))
