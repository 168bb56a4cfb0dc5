"""Signing in with a typed code (R7, R8, I35-I38)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, tuple_, update
from sqlalchemy.orm import aliased

from booking import limits
from booking.access import login_hash
from booking.actions.action import Done, action
from booking.addresses import canonical_email
from booking.keys import keyed_hash
from booking.rules.decision import Refused
from booking.store_messages import tell
from models.access import CustomerLogin, LoginCode
from models.base import new_id
from models.booking import Booking
from models.customer import Customer
from models.refund import Credit
from models.session import Tx
from models.waitlist_entry import WaitlistEntry
from models.waitlist_offer import WaitlistOffer

VALID_FOR = timedelta(minutes=10)
TRIES = 5
BY_MAIL, BY_PHONE = "login", "login_phone"
"""What a sign-in code was drawn for."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a request comes from: only counted, never stored in clear."""

    ip: str


def new_challenge() -> str:
    """What ties a code to the browser that asked for it; the browser keeps it in a cookie."""
    return secrets.token_urlsafe(24)


@action
def request_login_code(tx: Tx, email: str, *, challenge: str, asker: Asker, locale: str | None = None) -> Done:
    """Mail a code to any address that can receive mail, known or not: the answer is the same (I36). A newer code voids older ones.

    Refused invalid for a malformed address, rate_limited beyond what one address gets (`limits.MESSAGES`), or 10 an hour from one source.
    """
    address = canonical_email(email)
    limits.message(tx, "email", address)
    limits.count(tx, "code_source", asker.ip, (10, limits.HOUR))
    limits.count(tx, "code_store", "all", (2000, limits.HOUR))
    send_code(tx, address, "login", challenge, None, locale)
    tx.audit("request_login_code", subject="login_code")
    return Done()


def send_code(tx: Tx, address: str, purpose: str, challenge: str, customer_id: int | None, locale: str | None) -> None:
    """Draw a code and mail it."""
    code_id, code = draw_code(tx, address, purpose, challenge, customer_id)
    tell_code(tx, address, purpose, code_id, code, locale)


def tell_code(tx: Tx, address: str, purpose: str, code_id: int, code: str, locale: str | None) -> None:
    """Mail a code that was drawn."""
    tell(tx, "sign_in_code", "email", address, str(code_id), locale=locale, code=code, minutes=int(VALID_FOR.total_seconds() // 60),
         purpose=purpose)


def draw_code(tx: Tx, address: str, purpose: str, challenge: str, customer_id: int | None) -> tuple[int, str]:
    """(its id, a new code): only its keyed hash is kept, and older ones of the address are void."""
    code = f"{secrets.randbelow(10**6):06d}"
    tx.db.execute(update(LoginCode).where(
        LoginCode.store_id == tx.store_id, LoginCode.address == address, LoginCode.purpose == purpose,
        LoginCode.closed_at.is_(None)).values(closed_at=tx.now))
    code_id = new_id()
    tx.db.execute(insert(LoginCode).values(
        store_id=tx.store_id, id=code_id, address=address, purpose=purpose, customer_id=customer_id,
        challenge_hash=keyed_hash("challenge", tx.store_id, challenge), code_hash=_code_hash(tx, code_id, code),
        expires_at=tx.now + VALID_FOR, created_at=tx.now))
    return code_id, code


@action
def count_try(tx: Tx, challenge: str) -> Done:
    """Count a try before the code is looked at, in its own commit: a wrong try stays counted (I35). `facts["left"]` after it."""
    tries = tx.db.execute(update(LoginCode).where(
        LoginCode.store_id == tx.store_id, LoginCode.challenge_hash == keyed_hash("challenge", tx.store_id, challenge),
        LoginCode.closed_at.is_(None), LoginCode.expires_at > tx.now, LoginCode.tries < TRIES,
    ).values(tries=LoginCode.tries + 1).returning(LoginCode.tries)).scalar()
    return Done(facts={"left": None if tries is None else TRIES - tries})


def sign_in(store_id: int, by, code: str, *, challenge: str, device: str = "") -> Done:  # noqa: ANN001
    """Sign in with the newest code of this browser. `facts`: customer_id and the new session's secret. `device` is a name for it.

    Refused("unauthorized", left=n) for wrong, used, expired or foreign codes alike; after five tries the code is dead.
    """
    return counted(store_id, by, challenge, lambda: _sign_in(store_id, by, code, challenge, device))


def counted(store_id: int, by, challenge: str, use: Callable[[], Done]) -> Done:  # noqa: ANN001
    """Use a code with its try counted first: Refused("unauthorized", left=n) when it is not right, 0 when it is dead."""
    left = count_try(store_id, by, challenge).facts["left"]
    if left is None:
        raise Refused("unauthorized", left=0)
    try:
        return use()
    except Refused as refused:
        refused.facts.setdefault("left", left)
        raise


@action
def _sign_in(tx: Tx, code: str, challenge: str, device: str) -> Done:
    row = use_code(tx, code, challenge, BY_MAIL, BY_PHONE)
    if row.purpose == BY_PHONE:
        customer_id = _still_theirs(tx, row)
    else:
        customer_id = _customer_of(tx, row.address)
        _claim(tx, customer_id, row.address)
    return Done(facts={"customer_id": customer_id, "secret": open_login(tx, customer_id, device)})


def open_login(tx: Tx, customer_id: int, device: str, shopify_hint: str | None = None) -> str:
    """A new session of the customer; its secret, of which only the keyed hash is kept."""
    secret, login_id = secrets.token_urlsafe(32), new_id()
    tx.db.execute(insert(CustomerLogin).values(
        store_id=tx.store_id, id=login_id, secret_hash=login_hash(tx.store_id, secret), customer_id=customer_id, created_at=tx.now,
        device=device[:80], shopify_hint=shopify_hint))
    tx.audit("sign_in", subject="customer", subject_id=customer_id, login_id=login_id, via="shopify" if shopify_hint else "code")
    return secret


def use_code(tx: Tx, code: str, challenge: str, *purposes: str):  # noqa: ANN201
    """The code's row, closed by this; of two right submits one gets it (I35)."""
    row = tx.db.execute(select(LoginCode).where(
        LoginCode.store_id == tx.store_id, LoginCode.challenge_hash == keyed_hash("challenge", tx.store_id, challenge),
        LoginCode.purpose.in_(purposes), LoginCode.closed_at.is_(None), LoginCode.expires_at > tx.now).with_for_update()).one_or_none()
    expected = row.code_hash if row else "-"
    given = _code_hash(tx, row.id if row else 0, "".join(code.split()))
    if not compare_digest(expected.encode(), given.encode()):
        raise Refused("unauthorized")
    tx.db.execute(update(LoginCode).where(LoginCode.store_id == tx.store_id, LoginCode.id == row.id).values(closed_at=tx.now))
    return row


def _code_hash(tx: Tx, code_id: int, code: str) -> str:
    return keyed_hash("code", tx.store_id, code_id, code)


def _still_theirs(tx: Tx, row) -> int:  # noqa: ANN001
    """The customer the code was sent to, if the number is theirs and proven still. A code nobody was sent opens nothing."""
    customer_id = tx.db.execute(select(Customer.id).where(
        Customer.store_id == tx.store_id, Customer.id == row.customer_id, Customer.phone == row.address, Customer.phone_verified_at.is_not(None),
        Customer.erased_at.is_(None)).with_for_update()).scalar()
    if customer_id is None:
        raise Refused("unauthorized")
    return customer_id


def _customer_of(tx: Tx, address: str) -> int:
    """The customer who has proven this address; else the newest guest who gave it; else a new one (R8)."""
    row = tx.db.execute(select(Customer.id, Customer.email_verified_at).where(
        Customer.store_id == tx.store_id, Customer.email_canonical == address, Customer.erased_at.is_(None),
        (Customer.email_verified_at.is_not(None)) | (Customer.shopify_id.is_(None)),
    ).order_by(Customer.email_verified_at.asc().nulls_last(), Customer.created_at.desc()).limit(1).with_for_update()).one_or_none()
    if row is None:
        customer_id = new_id()
        tx.db.execute(insert(Customer).values(store_id=tx.store_id, id=customer_id, email=address, email_canonical=address,
                                              email_verified_at=tx.now, created_at=tx.now))
        tx.audit("create_customer", subject="customer", subject_id=customer_id)
        return customer_id
    if row.email_verified_at is None:
        tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id, Customer.id == row.id).values(
            email_verified_at=tx.now, version=Customer.version + 1))
        tx.audit("verify_email", subject="customer", subject_id=row.id)
    return row.id


def _claim(tx: Tx, customer_id: int, address: str) -> None:
    """Guest bookings made with this very address come into the account; those of any proven customer stay theirs, and so do those
    of a guest whose address the shop has put right since (R8, D6)."""
    guests = select(Customer.id).where(
        Customer.store_id == tx.store_id, Customer.email_canonical == address, Customer.email_verified_at.is_(None), Customer.shopify_id.is_(None))
    claimed = tx.db.execute(update(Booking).where(
        Booking.store_id == tx.store_id, Booking.contact_email_canonical == address, Booking.customer_id != customer_id,
        Booking.customer_id.in_(guests)).values(customer_id=customer_id, version=Booking.version + 1).returning(Booking.id)).scalars().all()
    if claimed:
        # Credit given for a booking is its customer's too.
        tx.db.execute(update(Credit).where(Credit.store_id == tx.store_id, Credit.booking_id.in_(claimed)).values(customer_id=customer_id))
    for booking_id in claimed:
        tx.audit("claim_booking", booking_id=booking_id, after={"customer_id": customer_id})
    _claim_waits(tx, customer_id, address, claimed)


def _claim_waits(tx: Tx, customer_id: int, address: str, bookings: Sequence[int]) -> None:
    """What these bookings wait for, the time of a request among them, and the lines for full classes a guest of this address stands in,
    unless the account waits there too; of two guests in one line whoever came first."""
    own = aliased(WaitlistEntry)
    guests = select(Customer.id).where(
        Customer.store_id == tx.store_id, Customer.email_canonical == address, Customer.email_verified_at.is_(None), Customer.shopify_id.is_(None))
    first = tuple_(own.created_at, own.id) < tuple_(WaitlistEntry.created_at, WaitlistEntry.id)

    def alone(claimed: ColumnElement[bool], *same_line: ColumnElement[bool]) -> ColumnElement[bool]:
        return ~exists().where(own.store_id == tx.store_id, own.state == "waiting", own.kind == WaitlistEntry.kind, *same_line,
                               or_(own.customer_id == customer_id, and_(claimed, first)))

    seats = and_(WaitlistEntry.kind == "seat", WaitlistEntry.state == "waiting", WaitlistEntry.customer_id.in_(guests),
                 alone(own.customer_id.in_(guests), own.session_id == WaitlistEntry.session_id))
    times = and_(WaitlistEntry.kind == "again", WaitlistEntry.request_id.in_(bookings), or_(WaitlistEntry.state != "waiting", alone(
        own.request_id.in_(bookings), own.service_id == WaitlistEntry.service_id, own.staff_id == WaitlistEntry.staff_id,
        own.before == WaitlistEntry.before)))
    moved = tx.db.execute(update(WaitlistEntry).where(
        WaitlistEntry.store_id == tx.store_id, WaitlistEntry.customer_id != customer_id, or_(seats, times, WaitlistEntry.booking_id.in_(bookings)),
    ).values(customer_id=customer_id).returning(WaitlistEntry.id).execution_options(synchronize_session=False)).scalars().all()
    if moved:
        tx.db.execute(update(WaitlistOffer).where(WaitlistOffer.store_id == tx.store_id, WaitlistOffer.entry_id.in_(moved)).values(customer_id=customer_id))


@action
def sign_out(tx: Tx, secret: str) -> Done:
    """End this browser's session on the server."""
    ended = tx.db.execute(update(CustomerLogin).where(
        CustomerLogin.store_id == tx.store_id, CustomerLogin.secret_hash == login_hash(tx.store_id, secret),
        CustomerLogin.ended_at.is_(None)).values(ended_at=tx.now).returning(CustomerLogin.customer_id)).scalar()
    if ended is not None:
        tx.audit("sign_out", subject="customer", subject_id=ended)
    return Done()


@action
def end_login(tx: Tx, customer_id: int, login_id: int) -> Done:
    """End one session of the customer, chosen from the list; unknown and ended ones change nothing."""
    ended = tx.db.execute(update(CustomerLogin).where(
        CustomerLogin.store_id == tx.store_id, CustomerLogin.customer_id == customer_id, CustomerLogin.id == login_id,
        CustomerLogin.ended_at.is_(None)).values(ended_at=tx.now)).rowcount
    if ended:
        tx.audit("sign_out", subject="customer", subject_id=customer_id, login_id=login_id)
    return Done()


@action
def sign_out_everywhere(tx: Tx, customer_id: int) -> Done:
    """End every session of the customer in this store (R7)."""
    tx.db.execute(update(CustomerLogin).where(
        CustomerLogin.store_id == tx.store_id, CustomerLogin.customer_id == customer_id, CustomerLogin.ended_at.is_(None),
    ).values(ended_at=tx.now))
    tx.audit("sign_out_everywhere", subject="customer", subject_id=customer_id)
    return Done()
