"""Paying the deposit for a place of a class, or a time, that is held for someone who waited (R34, D29e, A156, I11)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from booking import limits, waitlist
from booking.actions.action import Done, action
from booking.actions.claim_earlier_slot import found_offer
from booking.actions.deposit import PAY_WITHIN
from booking.actions.intents import write_intent
from booking.actions.leave_waitlist import owner
from booking.deposits import deposit_of
from booking.offers import find_offer
from booking.rules import waitlist as rules
from booking.rules.decision import Refused
from models import payment_account
from models.hold import Hold
from models.session import Tx
from models.waitlist_offer import WaitlistOffer


@action
def begin_seat_deposit(tx: Tx, entry_id: int, offer_id: int, *, browser: str, agreed: bool) -> Done:
    """Write down what the payment is for, once the terms are accepted; the place stays held while it is paid. `facts` as those of
    `begin_deposit`. The booking is made when the money is there (`book_paid`).

    Refused not_found, stale when the place is held no longer, invalid without the agreement, not_allowed where none is taken.
    """
    entry, offer = found_offer(tx, entry_id, offer_id)
    if not agreed:
        raise Refused("invalid", errors=[{"field": "agree", "problem": "is missing"}])
    account, service = payment_account.in_use(tx), find_offer(tx, entry.service_id)
    if entry.kind == "earlier" or account is None or not account.takes or service is None or not (service.active and service.open_for_booking):
        raise Refused("not_allowed", kind="book")
    limits.count(tx, "deposit", browser, (20, limits.HOUR))
    until = _keep_longer(tx, offer, timedelta(seconds=service.shape.lead_time))
    amount = deposit_of(service, entry.seats)
    intent_id, secret = write_intent(
        tx, "deposit", browser=browser, lasts=min(PAY_WITHIN, until - tx.now), account_id=account.id, customer_id=entry.customer_id, amount=amount,
        currency=service.currency, facts={
            "entry": str(entry.id), "offer": str(offer.id), "service_id": str(entry.service_id), "starts_at": offer.starts_at.isoformat(),
            "staff_id": str(offer.staff_id), "seats": entry.seats, "browser": browser, "person": None, "notes": ""})
    tx.audit("begin_deposit", subject="intent", subject_id=intent_id, amount=amount, agreed=agreed)
    return Done(facts={"intent_id": intent_id, "secret": secret, "account_id": account.id, "amount": amount, "currency": service.currency})


def _keep_longer(tx: Tx, offer: waitlist.Held, lead_time: timedelta) -> datetime:
    """The end of the claim window, moved on by what paying may take: once, however often it is begun, and never into the lead time."""
    first = rules.claim_until(offer.created_at, offer.starts_at, lead_time, waitlist.terms_of(tx).claim_minutes) or offer.expires_at
    until = max(offer.expires_at, min(tx.now + PAY_WITHIN, first + PAY_WITHIN, offer.starts_at - lead_time))
    if tx.db.execute(update(WaitlistOffer).where(
            WaitlistOffer.store_id == tx.store_id, WaitlistOffer.id == offer.id, WaitlistOffer.state == "open",
            WaitlistOffer.expires_at > tx.now).values(expires_at=until)).rowcount != 1:
        raise Refused("stale", state=offer.state)
    tx.db.execute(update(Hold).where(Hold.store_id == tx.store_id, Hold.owner == owner(offer.id)).values(expires_at=until))
    return until
