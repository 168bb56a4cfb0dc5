"""Who closed bookings were for is forgotten after the store's retention period (R4, R45)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, func, or_, select, update

from booking.actions.action import Done, action
from booking.actions.redact_customer import erase_documents, erase_events, erase_messages, erase_withdrawals, redact_customer
from booking.rules.pseudonym import PSEUDONYM
from models.access import CustomerLogin
from models.booking import Booking
from models.booking_summary import lock_many
from models.customer import Customer
from models.feedback import Feedback
from models.note import BookingNote
from models.refund import Credit
from models.session import Tx
from models.store import Store

AT_ONCE = 100


@action
def forget_closed(tx: Tx) -> Done:
    """Erase names, addresses, notes, reasons, review texts and messages of at most 100 bookings; `facts["forgotten"]` says of how many.

    Times, services and amounts stay. What is still owed to somebody keeps who it is owed to. A customer of whom nothing newer is
    known goes with the last booking, unless Shopify keeps them or credit is left.
    """
    days, done = tx.db.execute(select(Store.retention_days, Store.forgotten_before).where(Store.store_id == tx.store_id)).one()
    since = tx.now - timedelta(days=days)
    ids = _closed(tx, since) or _never_closed(tx, done, since)
    bookings = lock_many(tx, Booking.id.in_(ids), Booking.contact_name != PSEUDONYM) if ids else []
    if bookings:
        _erase(tx, [b.id for b in bookings])
        for b in bookings:
            tx.audit("forget_booking", booking_id=b.id)
        for customer_id in _without_more(tx, sorted({b.customer_id for b in bookings}), since):
            redact_customer.within(tx, customer_id, tell=False)
    elif done is None or done < since - timedelta(days=1):
        tx.db.execute(update(Store).where(Store.store_id == tx.store_id).values(forgotten_before=since))
    return Done(facts={"forgotten": len(bookings)})


def _closed(tx: Tx, since: datetime) -> list[int]:
    return list(tx.db.execute(select(Booking.id).where(
        Booking.store_id == tx.store_id, Booking.closed_at < since, Booking.contact_name != PSEUDONYM, Booking.owed == 0,
    ).order_by(Booking.closed_at).limit(AT_ONCE)).scalars())


def _never_closed(tx: Tx, done: datetime | None, since: datetime) -> list[int]:
    """Those that ended that long ago and that nobody marked as completed."""
    later = [] if done is None else [Booking.starts_at >= done - timedelta(days=1)]
    return list(tx.db.execute(select(Booking.id).where(
        Booking.store_id == tx.store_id, Booking.starts_at < since, Booking.ends_at < since, Booking.closed_at.is_(None),
        Booking.contact_name != PSEUDONYM, Booking.owed == 0, *later).order_by(Booking.starts_at).limit(AT_ONCE)).scalars())


def _erase(tx: Tx, ids: list[int]) -> None:
    mine = (Booking.store_id == tx.store_id, Booking.id.in_(ids))
    tx.db.execute(update(Booking).where(*mine).values(
        contact_name=PSEUDONYM, contact_email=None, contact_email_canonical=None, contact_phone=None, notes="", cancel_reason=None, move_reason=None,
        delivery_address="", version=Booking.version + 1, updated_at=tx.now))
    tx.db.execute(delete(BookingNote).where(BookingNote.store_id == tx.store_id, BookingNote.booking_id.in_(ids)))
    tx.db.execute(update(Feedback).where(Feedback.store_id == tx.store_id, Feedback.booking_id.in_(ids)).values(
        comment="", may_publish=False, published_at=None, reply=None, replied_at=None))
    erase_documents(tx, ids)
    erase_messages(tx, ids, set())
    erase_events(tx, ids)
    erase_withdrawals(tx, ids, set())


def _without_more(tx: Tx, customer_ids: list[int], since: datetime) -> list[int]:
    """Of these customers, those with no booking that still names them, no sign-in since, no credit and no Shopify account."""
    named = exists().where(Booking.store_id == Customer.store_id, Booking.customer_id == Customer.id, Booking.contact_name != PSEUDONYM)
    came = exists().where(CustomerLogin.store_id == Customer.store_id, CustomerLogin.customer_id == Customer.id, CustomerLogin.created_at >= since)
    credit = exists().where(Credit.store_id == Customer.store_id, Credit.customer_id == Customer.id, Credit.used < Credit.amount,
                            or_(Credit.expires_at.is_(None), Credit.expires_at > func.opencals_now()))
    return list(tx.db.execute(select(Customer.id).where(and_(
        Customer.store_id == tx.store_id, Customer.id.in_(customer_ids), Customer.erased_at.is_(None), Customer.shopify_id.is_(None),
        ~named, ~came, ~credit)).order_by(Customer.id)).scalars())
