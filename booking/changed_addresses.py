"""What ends when an address or number is somebody's no longer, and what stays (R8, I33, I38, I41; docs/decisions/0011)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select, update

from booking import notices
from booking.keys import settings
from booking.rules.pseudonym import PSEUDONYM
from models.access import CustomerLogin, LoginCode
from models.base import new_id
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, lock_many, run
from models.customer import Customer
from models.email_change import EmailChange
from models.outbox import OutboxRow
from models.session import Tx

SENT_ANEW = 3
"""Of so many of the next bookings the link is mailed to the right address at once; the others have it in their next message."""


def unproven(was: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    """What is proven no more once the shop or Shopify writes `values` over `was`: a number with another number, and with another
    address all that whoever had the old one has proven."""
    lost = {"email_verified_at": None} if _differs(was, values, "email_canonical") else {}
    if _differs(was, values, "phone") or _given_up(was, values, "email_canonical"):
        lost["phone_verified_at"] = None
    return lost


def put_right(tx: Tx, was: Row, values: Mapping[str, Any], bookings: Sequence[BookingSummary], *, send: bool) -> None:
    """The shop, or Shopify, has written `values` over `was`: the old address or number may have been a stranger's all along.

    Whoever came in with it is out, links that went there are dead, what still waits to go there does not, and messages about all
    their bookings go to the right one. `bookings`: the customer's, locked. With `send` the next ones' links are sent anew.
    """
    email, phone = _differs(was, values, "email_canonical"), _differs(was, values, "phone")
    if _given_up(was, values, "email_canonical") or was.phone_verified_at and phone:
        end_access(tx, was.id)
    if email:
        tx.db.execute(update(EmailChange).where(
            EmailChange.store_id == tx.store_id, EmailChange.customer_id == was.id, EmailChange.closed_at.is_(None)).values(closed_at=tx.now))
    known = [b for b in bookings if b.contact_name != PSEUDONYM]
    if not (email or phone) or not known:
        return
    contact = {f"contact_{name}": values[name] for name in ("email", "email_canonical") if email} | ({"contact_phone": values["phone"]} if phone else {})
    _write(tx, [b.id for b in known], contact)
    old = {address for b in known for address in ((b.mail_to,) if email else ()) + ((b.text_to,) if phone else ()) if address}
    call_back(tx, [b.id for b in known], old)
    dead = [b for b in known if email and b.mail_to or phone and settings().sms_url and b.text_to not in (None, values["phone"])]
    for b in dead:
        tx.audit("revoke_link", booking_id=b.id, before={"link_epoch": b.link_epoch}, after={"link_epoch": b.link_epoch + 1})
    ids = [b.id for b in dead]
    _write(tx, ids, {"link_epoch": Booking.link_epoch + 1, "version": Booking.version + 1, "updated_at": tx.now})
    if send and ids:
        again = str(new_id())
        for b in run(tx, SUMMARIES.where(
                Booking.store_id == tx.store_id, Booking.id.in_(ids), Booking.closed_at.is_(None), Booking.ends_at > tx.now,
        ).order_by(Booking.starts_at, Booking.id).limit(SENT_ANEW)):
            notices.tell_customer(tx, "manage_link", b, once=again)


def give_up_number(tx: Tx, customer_id: int, number: str, *, proven: bool, but: int | None) -> bool:
    """The customer has taken this number out of the profile: it gets no more messages about bookings, not even those on their way,
    and where it could sign in, only the session `but` stays. Links stay as they were (R8). Whether a calendar feed has ended."""
    feed_ended = proven and end_access(tx, customer_id, but=but)
    ids = [b.id for b in lock_many(tx, Booking.customer_id == customer_id, Booking.contact_phone == number)]
    _write(tx, ids, {"contact_phone": None})
    mine = select(Booking.id).where(Booking.store_id == tx.store_id, Booking.customer_id == customer_id)
    call_back(tx, mine, {number})
    return feed_ended


def end_access(tx: Tx, customer_id: int, *, but: int | None = None) -> bool:
    """End what an address that can sign in has opened: sessions other than `but`, codes on their way, the calendar feed.
    Whether there was a feed."""
    tx.db.execute(update(CustomerLogin).where(
        CustomerLogin.store_id == tx.store_id, CustomerLogin.customer_id == customer_id, CustomerLogin.ended_at.is_(None),
        *([] if but is None else [CustomerLogin.id != but])).values(ended_at=tx.now))
    tx.db.execute(update(LoginCode).where(
        LoginCode.store_id == tx.store_id, LoginCode.customer_id == customer_id, LoginCode.closed_at.is_(None)).values(closed_at=tx.now))
    return bool(tx.db.execute(update(Customer).where(
        Customer.store_id == tx.store_id, Customer.id == customer_id, Customer.feed_secret_hash.is_not(None),
    ).values(feed_secret_hash=None)).rowcount)


def call_back(tx: Tx, bookings: Any, addresses: set[str]) -> None:
    """Messages about these bookings that wait to leave for one of the addresses (a quiet hour, a queue) do not leave."""
    tx.db.execute(update(OutboxRow).where(
        OutboxRow.store_id == tx.store_id, OutboxRow.booking_id.in_(bookings), OutboxRow.channel.in_(("email", "sms")), OutboxRow.state == "due",
        func.lower(OutboxRow.recipient).in_({address.lower() for address in addresses}),
        OutboxRow.payload["recipient"]["kind"].as_string() == "customer").values(state="superseded", lease=None, leased_until=None))


def _write(tx: Tx, ids: Sequence[int], values: Mapping[str, Any]) -> None:
    if ids and values:
        tx.db.execute(update(Booking).where(Booking.store_id == tx.store_id, Booking.id.in_(ids)).values(**values))


def _differs(was: Row, values: Mapping[str, Any], name: str) -> bool:
    return name in values and values[name] != getattr(was, name)


def _given_up(was: Row, values: Mapping[str, Any], name: str) -> bool:
    return _differs(was, values, name) and getattr(was, name) is not None
