"""The customer takes none of the offered times: the request ends, everything paid comes back (R35)."""

from __future__ import annotations

from sqlalchemy import update

from booking import counter_offers
from booking.actions.action import Done, action
from booking.actions.changing import locked
from booking.actions.decline_booking import end_request
from booking.actions.waiting import waiting_with
from booking.rules.decision import Refused
from booking.rules.status import CLOSED
from models.counter_offer import CounterOffer
from models.session import Tx


@action
def decline_offers(tx: Tx, ref: str, *, of_round: int | None = None) -> Done:
    """Decline the whole round, of a visit for all its parts. A move that waited goes back to its old time (R17).

    `of_round` is the round the customer saw. Refused stale when the shop has made another since, or when no offer stands.
    """
    b = locked(tx, ref)
    if b.status in CLOSED:
        raise Refused("closed", state=b.status)
    standing = counter_offers.standing_of(tx, b)
    counter_offers.require_round(b, standing, of_round)
    if not standing:
        raise Refused("stale", version=b.version, state=b.status)
    tx.db.execute(update(CounterOffer).where(
        CounterOffer.store_id == tx.store_id, CounterOffer.booking_id.in_([part.id for part in waiting_with(tx, b)]), CounterOffer.state == "open",
    ).values(state="declined", closed_at=tx.now))
    return end_request(tx, b, "decline", "", because="offers_declined")
