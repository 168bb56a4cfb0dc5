"""What is paid when booking: how much, and whether the store can take it now (A146, A156)."""

from __future__ import annotations

from booking.offers import ServiceOffer
from booking.rules.money import card_step
from models import payment_account
from models.session import Tx


def deposit_of(offer: ServiceOffer, seats: int) -> int:
    """What is paid when booking, in minor units: never more than the price where there is one, in whole steps that cards move."""
    wanted = offer.deposit * seats
    amount = min(wanted, offer.price * seats) if offer.price else wanted
    return amount - amount % card_step(offer.currency)


def taken_online(tx: Tx, offer: ServiceOffer, seats: int) -> int:
    """The deposit where the store can take it now, else 0."""
    account = payment_account.in_use(tx) if offer.deposit else None
    return deposit_of(offer, seats) if account is not None and account.takes else 0
