"""Proving a telephone number with a typed code (R38, A13)."""

from __future__ import annotations

from sqlalchemy import select, update

from booking import limits
from booking.actions.action import Done, action
from booking.actions.sign_in import Asker, counted, draw_code, use_code
from booking.rules.decision import Refused
from booking.store_messages import tell
from models.customer import Customer
from models.session import Tx

PURPOSE = "verify_phone"


@action
def send_phone_code(tx: Tx, customer_id: int, *, challenge: str, asker: Asker, locale: str | None = None) -> Done:
    """Send a code by SMS to the number of the profile. Refused invalid without one; 3 in 15 minutes and 6 a day for a number."""
    phone = tx.db.execute(select(Customer.phone).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.erased_at.is_(None))).scalar()
    if phone is None:
        raise Refused("invalid", errors=[{"field": "phone", "problem": "is missing"}])
    limits.message(tx, "sms", phone)
    limits.count(tx, "phone_code", phone, (6, limits.DAY))
    limits.count(tx, "phone_code_of", str(customer_id), (6, limits.HOUR))
    limits.count(tx, "code_source", asker.ip, (10, limits.HOUR))
    limits.count(tx, "phone_code_store", "all", (500, limits.HOUR))
    code_id, code = draw_code(tx, phone, PURPOSE, challenge, customer_id)
    tell(tx, "phone_code", "sms", phone, str(code_id), locale=locale, code=code)
    tx.audit("send_phone_code", subject="customer", subject_id=customer_id)
    return Done()


def verify_phone(store_id: int, by, customer_id: int, code: str, *, challenge: str) -> Done:  # noqa: ANN001
    """The typed code proves the number, if it is still the profile's. Refused unauthorized like any wrong code."""
    return counted(store_id, by, challenge, lambda: _verify(store_id, by, customer_id, code, challenge))


@action
def _verify(tx: Tx, customer_id: int, code: str, challenge: str) -> Done:
    row = use_code(tx, code, challenge, PURPOSE)
    proven = row.customer_id == customer_id and tx.db.execute(update(Customer).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.phone == row.address, Customer.erased_at.is_(None),
    ).values(phone_verified_at=tx.now, version=Customer.version + 1)).rowcount
    if not proven:
        raise Refused("unauthorized")
    tx.audit("verify_phone", subject="customer", subject_id=customer_id)
    return Done()
