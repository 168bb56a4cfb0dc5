"""Another e-mail address for an account: proven first, told to the old address, and taken back from there (R8, I41)."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import exists, insert, select, update

from booking import limits
from booking.actions.action import Done, action
from booking.actions.sign_in import Asker, counted, send_code, use_code
from booking.addresses import canonical_email, mask_email
from booking.changed_addresses import end_access
from booking.keys import keyed_hash
from booking.links import store_origin
from booking.rules.decision import Refused
from booking.store_messages import store_facts, tell
from models.access import CustomerLogin, LoginCode
from models.base import new_id
from models.booking import Booking
from models.booking_summary import lock_many
from models.customer import Customer
from models.email_change import EmailChange
from models.session import Tx

FRESH = timedelta(minutes=15)
UNDO_FOR = timedelta(days=7)
PURPOSE = "change_email"


@action
def request_email_change(tx: Tx, customer_id: int, login_id: int, email: str, *, challenge: str, asker: Asker, locale: str | None = None) -> Done:
    """Mail a code to the new address; nothing changes yet. Known and unknown addresses get the same answer.

    Refused unauthorized with `again` when the session is older than 15 minutes, no_change for the present address,
    not_allowed for a customer whose address is Shopify's (R38).
    """
    require_fresh(tx, customer_id, login_id)
    address = canonical_email(email)
    customer = _locked(tx, customer_id)
    if customer.shopify_id is not None:
        raise Refused("not_allowed", kind="email")
    if address == customer.email_canonical:
        raise Refused("no_change")
    limits.message(tx, "email", address)
    limits.count(tx, "code_source", asker.ip, (10, limits.HOUR))
    limits.count(tx, "change_email", str(customer_id), (5, limits.HOUR))
    tx.db.execute(update(LoginCode).where(
        LoginCode.store_id == tx.store_id, LoginCode.customer_id == customer_id, LoginCode.purpose == PURPOSE, LoginCode.closed_at.is_(None),
    ).values(closed_at=tx.now))
    send_code(tx, address, PURPOSE, challenge, customer_id, locale)
    tx.audit("request_email_change", subject="customer", subject_id=customer_id)
    return Done()


def confirm_email_change(store_id: int, by, customer_id: int, login_id: int, code: str, *, challenge: str) -> Done:  # noqa: ANN001
    """The typed code proves the new address, and it becomes the account's; of the sessions only this one stays, and links of bookings
    stay as they were (R8, I38, I41). `facts["feed_ended"]`: whether there was a calendar feed. Refused unauthorized like any wrong code."""
    return counted(store_id, by, challenge, lambda: _confirm(store_id, by, customer_id, login_id, code, challenge))


@action
def _confirm(tx: Tx, customer_id: int, login_id: int, code: str, challenge: str) -> Done:
    _live(tx, customer_id, login_id)
    row = use_code(tx, code, challenge, PURPOSE)
    if row.customer_id != customer_id:
        raise Refused("unauthorized")
    customer = _locked(tx, customer_id)
    if _proven_elsewhere(tx, row.address, customer_id):
        # Only whoever reads the mailbox hears this, and they may sign in to that account.
        raise Refused("not_allowed", kind="email_taken")
    tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id, Customer.id == customer_id).values(
        email=row.address, email_canonical=row.address, email_verified_at=tx.now, version=Customer.version + 1))
    tx.audit("change_email", subject="customer", subject_id=customer_id)
    if customer.email_canonical:
        _offer_undo(tx, customer_id, customer.email_canonical, row.address, customer.locale)
    return Done(facts={"feed_ended": end_access(tx, customer_id, but=login_id)})


def _offer_undo(tx: Tx, customer_id: int, old: str, new: str, locale: str | None) -> None:
    secret, change_id = secrets.token_urlsafe(32), new_id()
    tx.db.execute(insert(EmailChange).values(
        store_id=tx.store_id, id=change_id, customer_id=customer_id, old_email=old, new_email=new, undo_hash=_undo_hash(tx, secret),
        changed_at=tx.now, undo_until=tx.now + UNDO_FOR))
    origin = store_origin(tx, store_facts(tx)[0]["slug"])
    tell(tx, "email_changed", "email", old, str(change_id), locale=locale, new_address=mask_email(new), undo_url=f"{origin}/email-undo/{secret}")


def find_undo(tx: Tx, secret: str, *, lock: bool = False):  # noqa: ANN201
    """The change a link can still take back, or None."""
    statement = select(EmailChange).where(
        EmailChange.store_id == tx.store_id, EmailChange.undo_hash == _undo_hash(tx, secret), EmailChange.closed_at.is_(None),
        EmailChange.undo_until >= tx.now)
    return tx.db.execute(statement.with_for_update() if lock else statement).one_or_none()


@action
def undo_email_change(tx: Tx, secret: str) -> Done:
    """Give the account back to the old address. Later changes are void, every session, feed and link that anyone may have
    got meanwhile is dead, and a number proven meanwhile is unproven. Refused not_found for a used, void or late link."""
    found = find_undo(tx, secret)
    if found is None:
        raise Refused("not_found")
    lock_many(tx, Booking.customer_id == found.customer_id)
    end_access(tx, found.customer_id)
    customer = _locked(tx, found.customer_id)
    change = find_undo(tx, secret, lock=True)
    if change is None:
        raise Refused("not_found")
    _take_back_address(tx, change.old_email, customer.id)
    here = Customer.store_id == tx.store_id
    tx.db.execute(update(EmailChange).where(
        EmailChange.store_id == tx.store_id, EmailChange.customer_id == customer.id, EmailChange.changed_at >= change.changed_at,
        EmailChange.closed_at.is_(None)).values(closed_at=tx.now))
    tx.db.execute(update(EmailChange).where(EmailChange.store_id == tx.store_id, EmailChange.id == change.id).values(undone=True))
    tx.db.execute(update(Customer).where(here, Customer.id == customer.id).values(
        email=change.old_email, email_canonical=change.old_email, email_verified_at=tx.now, version=Customer.version + 1))
    tx.db.execute(update(Customer).where(here, Customer.id == customer.id, Customer.phone_verified_at >= change.changed_at).values(
        phone_verified_at=None))
    # Mails since then went to the other address, and each had a manage link in it.
    tx.db.execute(update(Booking).where(Booking.store_id == tx.store_id, Booking.customer_id == customer.id).values(
        link_epoch=Booking.link_epoch + 1, version=Booking.version + 1))
    tx.audit("undo_email_change", subject="customer", subject_id=customer.id)
    return Done()


def _take_back_address(tx: Tx, address: str, customer_id: int) -> None:
    """Whoever proved the freed address meanwhile owns the same mailbox; that younger account keeps its bookings, unproven."""
    others = (Customer.store_id == tx.store_id, Customer.email_canonical == address, Customer.id != customer_id,
              Customer.email_verified_at.is_not(None))
    if tx.db.execute(select(exists().where(*others, Customer.shopify_id.is_not(None)))).scalar():
        raise Refused("not_allowed", kind="email_taken")
    tx.db.execute(update(Customer).where(*others).values(email_verified_at=None, version=Customer.version + 1))


def require_fresh(tx: Tx, customer_id: int, login_id: int) -> None:
    """The session is live and at most 15 minutes old, or Refused unauthorized with `again` (R8)."""
    if _live(tx, customer_id, login_id) < tx.now - FRESH:
        raise Refused("unauthorized", again=True)


def _live(tx: Tx, customer_id: int, login_id: int):  # noqa: ANN202
    """When the session began. Its row is locked: a session that is being ended waits, or has ended."""
    began = tx.db.execute(select(CustomerLogin.created_at).where(
        CustomerLogin.store_id == tx.store_id, CustomerLogin.id == login_id, CustomerLogin.customer_id == customer_id,
        CustomerLogin.ended_at.is_(None)).with_for_update()).scalar()
    if began is None:
        raise Refused("unauthorized", again=True)
    return began


def _locked(tx: Tx, customer_id: int):  # noqa: ANN202
    row = tx.db.execute(select(Customer.id, Customer.email_canonical, Customer.shopify_id, Customer.locale).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.erased_at.is_(None)).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row


def _proven_elsewhere(tx: Tx, address: str, customer_id: int) -> bool:
    return bool(tx.db.execute(select(exists().where(
        Customer.store_id == tx.store_id, Customer.email_canonical == address, Customer.id != customer_id,
        Customer.email_verified_at.is_not(None)))).scalar())


def _undo_hash(tx: Tx, secret: str) -> str:
    return keyed_hash("undo_email", tx.store_id, secret)
