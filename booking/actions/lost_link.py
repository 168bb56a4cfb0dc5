"""Lost your link? Mails with the links of an address's next bookings, sent to that address only (A101, D10c, I36)."""

from __future__ import annotations

from sqlalchemy import and_, select, union_all

from booking import limits, notices
from booking.actions.action import Done, action
from booking.actions.sign_in import Asker
from booking.addresses import canonical_email
from models.base import new_id
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, run
from models.customer import Customer
from models.session import Tx

MOST = 2


@action
def request_lost_link(tx: Tx, email: str, *, asker: Asker) -> Done:
    """Send the manage links of this address's next open bookings, at most two; silence when there are none.

    The address is the one on file, whichever a booking was made with; that one counts only for who has none on file. So links go
    where the booking's owner is reached (R6): an address given up gets none, the one it gave way to does. Known and unknown addresses get the same answer, and use up the same of what an address gets.
    """
    address = canonical_email(email)
    # As many messages as it may send, whether it sends them or not: known and unknown addresses use up the same (I36, I37).
    limits.message(tx, "email", address, weight=MOST)
    limits.count(tx, "code_source", asker.ip, (10, limits.HOUR))
    again = str(new_id())
    for b in _next(tx, address):
        notices.tell_customer(tx, "manage_link", b, once=again, only="email")
        tx.audit("send_manage_link", booking_id=b.id)
    return Done()


def _next(tx: Tx, address: str) -> list[BookingSummary]:
    ahead = (Booking.closed_at.is_(None), Booking.ends_at > tx.now)
    of_owner = select(Booking.id).join(Customer, and_(Customer.store_id == Booking.store_id, Customer.id == Booking.customer_id)).where(
        Booking.store_id == tx.store_id, *ahead)
    ids = union_all(of_owner.where(Customer.email_canonical == address),
                    of_owner.where(Customer.email_canonical.is_(None), Booking.contact_email_canonical == address))
    return run(tx, SUMMARIES.where(Booking.store_id == tx.store_id, Booking.id.in_(ids)).order_by(Booking.starts_at, Booking.id).limit(MOST))
