"""Signing in with a code sent to a proven telephone number (R7, A13): only a number that its owner has confirmed in the profile."""

from __future__ import annotations

from sqlalchemy import select

from booking import limits
from booking.actions.action import Done, action
from booking.actions.sign_in import BY_PHONE, Asker, draw_code
from booking.addresses import canonical_phone
from booking.keys import settings
from booking.store_messages import tell
from models.customer import Customer
from models.session import Tx


def phone_offered() -> bool:
    """Whether a proven number may be typed in place of the address: where text messages can be sent."""
    return settings().sms_url is not None


@action
def request_phone_login(tx: Tx, phone: str, *, challenge: str, asker: Asker, locale: str | None = None) -> Done:
    """Send a code by SMS to the one account that has proven this number. For any other number a code is drawn that nobody hears of,
    so that the page, its tries and its limits are the same (I36) and nobody makes us write to strangers.

    Refused invalid for what is no number, rate_limited beyond 3 in 15 minutes and 6 a day for it, 10 an hour from one source.
    """
    number = canonical_phone(phone, None)
    limits.message(tx, "sms", number)
    limits.count(tx, "phone_code", number, (6, limits.DAY))
    limits.count(tx, "code_source", asker.ip, (10, limits.HOUR))
    limits.count(tx, "phone_code_store", "all", (500, limits.HOUR))
    customer_id = owner_of(tx, number)
    code_id, code = draw_code(tx, number, BY_PHONE, challenge, customer_id)
    if customer_id is not None:
        tell(tx, "phone_code", "sms", number, str(code_id), locale=locale, code=code, purpose="login")
    tx.audit("request_login_code", subject="login_code")
    return Done()


def owner_of(tx: Tx, number: str) -> int | None:
    """The account that has proven this number, if it is just one."""
    found = tx.db.execute(select(Customer.id).where(
        Customer.store_id == tx.store_id, Customer.phone == number, Customer.phone_verified_at.is_not(None), Customer.erased_at.is_(None),
    ).limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None
