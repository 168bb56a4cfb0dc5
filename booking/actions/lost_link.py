"""Lost your link? Mails with the links of an address's next bookings, sent to that address only (A101, D10c, I36)."""

from __future__ import annotations

from booking import limits, notices
from booking.actions.action import Done, action
from booking.actions.sign_in import Asker
from booking.addresses import canonical_email
from models.base import new_id
from models.booking import Booking
from models.booking_summary import SUMMARIES, run
from models.session import Tx

MOST = 2


@action
def request_lost_link(tx: Tx, email: str, *, asker: Asker) -> Done:
    """Send the manage links of this address's next open bookings, at most two; silence when there are none.

    Known and unknown addresses get the same answer, and use up the same of what an address gets.
    """
    address = canonical_email(email)
    # As many messages as it may send, whether it sends them or not: known and unknown addresses use up the same (I36, I37).
    limits.message(tx, "email", address, weight=MOST)
    limits.count(tx, "code_source", asker.ip, (10, limits.HOUR))
    bookings = run(tx, SUMMARIES.where(
        Booking.store_id == tx.store_id, Booking.contact_email_canonical == address, Booking.closed_at.is_(None),
        Booking.ends_at > tx.now).order_by(Booking.starts_at, Booking.id).limit(MOST))
    again = str(new_id())
    for b in bookings:
        # The address typed proves nothing; links go where the booking's owner is reached (R6).
        if canonical_email(b.customer_email or b.contact_email or email) == address:
            notices.tell_customer(tx, "manage_link", b, once=again, only="email")
            tx.audit("send_manage_link", booking_id=b.id)
    return Done()
