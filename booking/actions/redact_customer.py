"""Erase who somebody was, and keep what the shop must keep: times, services and amounts under a pseudonym (R45)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, delete, func, literal, or_, select, update

from booking import kept_answers, waitlist
from booking.actions.action import Done, action
from booking.actions.leave_waitlist import withdraw
from booking.actions.save_card import end_card
from booking.rules.decision import Refused
from booking.rules.pseudonym import PSEUDONYM
from booking.store_messages import tell_shop
from models.access import CustomerLogin, LoginCode
from models.booking import Booking
from models.booking_summary import BookingSummary, lock_many
from models.card import Card
from models.customer import Customer
from models.document import Document
from models.email_change import EmailChange
from models.feedback import Feedback
from models.import_run import ImportRun
from models.note import BookingNote
from models.outbox import OutboxRow
from models.refund import Refund
from models.session import Tx
from models.shopify_customer import ShopifyCustomer
from models.sms import SmsDelivery, SmsStop
from models.waitlist_entry import WaitlistEntry
from models.withdrawal import Withdrawal


@action
def redact_customer(tx: Tx, customer_id: int, *, tell: bool = True) -> Done:
    """Sessions, links and saved cards end at once; name, addresses, notes, reasons, feedback texts and messages are erased.

    Open bookings are not cancelled: they keep their slot as "Redacted customer", and the shop is told; the person waits for no
    other time any more. Refunds stay as they are, and so do receipts once issued: the law wants them kept whole. Once erased, a
    repeat does nothing. Without `tell` the shop gets no message. Refused not_found for an unknown customer.
    """
    bookings = lock_many(tx, Booking.customer_id == customer_id)
    row = tx.db.execute(select(Customer.email_canonical, Customer.phone, Customer.erased_at).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    if row.erased_at is not None:
        return Done()
    changes = tx.db.execute(select(EmailChange.old_email, EmailChange.new_email).where(
        EmailChange.store_id == tx.store_id, EmailChange.customer_id == customer_id)).all()
    addresses = {address for b in bookings for address in (b.contact_email, b.contact_phone)}
    addresses |= {row.email_canonical, row.phone} | {address for change in changes for address in change}
    _end_access(tx, customer_id, {address for address in addresses if address})
    erase_messages(tx, [b.id for b in bookings], {address for address in addresses if address})
    erase_events(tx, [b.id for b in bookings], customer_id)
    _erase_texts(tx, customer_id)
    erase_documents(tx, [b.id for b in bookings])
    for entry in tx.db.execute(select(*waitlist.COLUMNS).where(
            WaitlistEntry.store_id == tx.store_id, WaitlistEntry.customer_id == customer_id, WaitlistEntry.state == "waiting").order_by(WaitlistEntry.id)).all():
        withdraw(tx, waitlist.Entry._make(entry))
    for card_id in tx.db.execute(select(Card.id).where(
            Card.store_id == tx.store_id, Card.customer_id == customer_id, Card.ended_at.is_(None))).scalars().all():
        end_card(tx, card_id)
    erase_withdrawals(tx, [b.id for b in bookings], {address for address in addresses if address})
    _drop_files(tx, {address for address in addresses if address})
    tx.db.execute(update(Customer).where(Customer.store_id == tx.store_id, Customer.id == customer_id).values(
        name="", email=None, email_canonical=None, email_verified_at=None, phone=None, phone_verified_at=None, locale=None, zone=None,
        preferences={}, shopify_id=None, feed_secret_hash=None, erased_at=tx.now, version=Customer.version + 1))
    tx.audit("redact_customer", subject="customer", subject_id=customer_id, bookings=len(bookings))
    ahead = [b for b in bookings if b.holding and b.ends_at > tx.now]
    if tell:
        tell_shop(tx, "merchant_customer_erased", str(customer_id), appointments=[_told(b) for b in ahead])
    return Done(bookings=tuple(ahead))


def _end_access(tx: Tx, customer_id: int, addresses: set[str]) -> None:
    tx.db.execute(delete(CustomerLogin).where(CustomerLogin.store_id == tx.store_id, CustomerLogin.customer_id == customer_id))
    tx.db.execute(delete(LoginCode).where(LoginCode.store_id == tx.store_id, or_(
        LoginCode.customer_id == customer_id, LoginCode.address.in_(addresses))))
    tx.db.execute(delete(EmailChange).where(EmailChange.store_id == tx.store_id, EmailChange.customer_id == customer_id))
    tx.db.execute(delete(SmsStop).where(SmsStop.store_id == tx.store_id, SmsStop.phone.in_(addresses)))


def erase_documents(tx: Tx, booking_ids: list[int]) -> None:
    """What was issued stays as it was, but for whom it was issued to."""
    tx.db.execute(update(Document).where(Document.store_id == tx.store_id, Document.booking_id.in_(booking_ids)).values(
        facts=Document.facts.op("||")(literal({"customer": PSEUDONYM}, Document.facts.type))))


def erase_messages(tx: Tx, booking_ids: list[int], addresses: set[str]) -> None:
    """What was written, to whom; commands to payment providers stay. Kept API answers that name an address go too."""
    mine = (OutboxRow.store_id == tx.store_id, OutboxRow.channel.in_(("email", "sms")), or_(
        OutboxRow.booking_id.in_(booking_ids), func.lower(OutboxRow.recipient).in_({address.lower() for address in addresses})))
    tx.db.execute(update(SmsDelivery).where(SmsDelivery.store_id == tx.store_id, SmsDelivery.outbox_id.in_(
        select(OutboxRow.id).where(*mine))).values(phone=""))
    tx.db.execute(update(OutboxRow).where(*mine, OutboxRow.state == "due").values(state="superseded", lease=None, leased_until=None))
    tx.db.execute(update(OutboxRow).where(*mine).values(recipient="", payload={}, last_error=None))
    _erase_reminded(tx, booking_ids)
    kept_answers.forget(tx, addresses)


def _erase_reminded(tx: Tx, booking_ids: list[int]) -> None:
    """The shop's reminders of refunds it owes name several customers: of these bookings they say the money, not whose."""
    owed = [(Refund.store_id == tx.store_id), Refund.booking_id.in_(booking_ids), Refund.reminded_at.is_not(None)]
    refs = set(tx.db.execute(select(Booking.ref).join(Refund, (Refund.store_id == Booking.store_id) & (Refund.booking_id == Booking.id)).where(*owed)).scalars())
    if not refs:
        return
    since = select(func.min(Refund.reminded_at)).where(*owed).scalar_subquery()
    for row in tx.db.execute(select(OutboxRow.id, OutboxRow.payload).where(
            OutboxRow.store_id == tx.store_id, OutboxRow.topic == "merchant_refunds_owed", OutboxRow.created_at >= since)).all():
        owing = row.payload.get("owed", [])
        told = [one | {"customer": PSEUDONYM} if one["ref"] in refs else one for one in owing]
        if told != owing:
            tx.db.execute(update(OutboxRow).where(OutboxRow.store_id == tx.store_id, OutboxRow.id == row.id).values(payload=row.payload | {"owed": told}))


def erase_events(tx: Tx, booking_ids: list[int], customer_id: int | None = None) -> None:
    """What the shop's own programs were told or are still to be told: the event stays, the person in it does not (I60)."""
    person = ("data", "booking", "customer")
    nobody = {"id": None if customer_id is None else str(customer_id), "name": PSEUDONYM, "email": None, "phone": None}
    tx.db.execute(update(OutboxRow).where(
        OutboxRow.store_id == tx.store_id, OutboxRow.channel == "webhook", OutboxRow.payload[person].is_not(None),
        or_(OutboxRow.booking_id.in_(booking_ids), OutboxRow.payload[(*person, "id")].astext == str(customer_id)),
    ).values(payload=func.jsonb_set(OutboxRow.payload, list(person), literal(nobody, OutboxRow.payload.type)), last_error=None))


def _erase_texts(tx: Tx, customer_id: int) -> None:
    tx.db.execute(update(Booking).where(Booking.store_id == tx.store_id, Booking.customer_id == customer_id).values(
        contact_name=PSEUDONYM, contact_email=None, contact_email_canonical=None, contact_phone=None, notes="", delivery_address="",
        cancel_reason=None, move_reason=None,
        link_epoch=Booking.link_epoch + 1, version=Booking.version + 1, updated_at=tx.now))
    mine = select(Booking.id).where(Booking.store_id == tx.store_id, Booking.customer_id == customer_id)
    tx.db.execute(delete(BookingNote).where(BookingNote.store_id == tx.store_id, BookingNote.booking_id.in_(mine)))
    tx.db.execute(delete(ShopifyCustomer).where(ShopifyCustomer.store_id == tx.store_id, ShopifyCustomer.customer_id == customer_id))
    tx.db.execute(update(Feedback).where(Feedback.store_id == tx.store_id, Feedback.customer_id == customer_id).values(
        comment="", may_publish=False, published_at=None, reply=None, replied_at=None))


def erase_withdrawals(tx: Tx, booking_ids: list[int], addresses: set[str]) -> None:
    """That and when somebody withdrew must stay on record; who it was, and their words, need not, neither there nor in the messages."""
    erased = tx.db.execute(update(Withdrawal).where(Withdrawal.store_id == tx.store_id, or_(
        Withdrawal.booking_id.in_(booking_ids), Withdrawal.email.in_(addresses))).values(name=PSEUDONYM, email="", statement="").returning(Withdrawal.id)).scalars().all()
    if not erased:
        return
    about = (OutboxRow.store_id == tx.store_id, OutboxRow.payload["number"].astext.in_([str(number) for number in erased]))
    declared = OutboxRow.payload["declared"].op("||")(literal({"name": PSEUDONYM, "email": PSEUDONYM, "statement": ""}, OutboxRow.payload.type))
    tx.db.execute(update(OutboxRow).where(*about, OutboxRow.topic == "merchant_withdrawal").values(
        payload=func.jsonb_set(OutboxRow.payload, ["declared"], declared)))
    tx.db.execute(update(OutboxRow).where(*about, OutboxRow.topic == "withdrawal_received").values(
        recipient="", payload={}, last_error=None, state=case((OutboxRow.state == "due", "superseded"), else_=OutboxRow.state)))


def _drop_files(tx: Tx, addresses: set[str]) -> None:
    """Files on their way in that name the person would bring them back: they are forgotten, the shop sends one without them (I60)."""
    for address in addresses:
        dropped = tx.db.execute(delete(ImportRun).where(
            ImportRun.store_id == tx.store_id, ImportRun.content.is_not(None),
            func.strpos(func.lower(func.convert_from(ImportRun.content, "UTF8")), address.lower()) > 0).returning(ImportRun.id)).scalars().all()
        for run_id in dropped:
            tx.audit("drop_import", subject="import", subject_id=run_id, why="names an erased customer")


def _told(b: BookingSummary) -> dict[str, Any]:
    return {"ref": b.ref, "service": b.service_name, "starts_at": b.starts_at.isoformat(), "zone": b.zone}
