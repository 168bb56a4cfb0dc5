"""Feedback, the waiting list and offered times: told with each booking, refused where the store does not offer them."""

from __future__ import annotations

from typing import NoReturn

from booking.rules.decision import Refused
from models.session import reading
from storefront.api import shapes as s
from storefront.api.bookings import not_offered
from storefront.api.door import CustomerCall, operation


@operation("POST", "/bookings/{ref}/feedback", summary="Say how it was", body=s.FeedbackIn, answer=s.CustomerBookingDetail)
def give_feedback(call: CustomerCall, ref: str) -> NoReturn:
    _refuse(call, ref, "feedback")


@operation("POST", "/bookings/{ref}/waitlist", summary="Wait for an earlier time", body=s.WaitlistIn, answer=s.CustomerBookingDetail)
def wait_for_earlier(call: CustomerCall, ref: str) -> NoReturn:
    _refuse(call, ref, "waitlist")


@operation("DELETE", "/bookings/{ref}/waitlist", summary="Wait no longer", answer=s.CustomerBookingDetail)
def wait_no_longer(call: CustomerCall, ref: str) -> NoReturn:
    _refuse(call, ref, "waitlist")


@operation("POST", "/bookings/{ref}/offers/{n}/accept", summary="Take an offered time", answer=s.CustomerBookingDetail)
def take_offer(call: CustomerCall, ref: str, n: str) -> NoReturn:
    _refuse(call, ref, "offers")


def _refuse(call: CustomerCall, ref: str, kind: str) -> NoReturn:
    with reading(call.store_id) as tx:
        b = call.booking(tx, ref)
    raise Refused("not_allowed", kind=kind, sentence=not_offered(b, call.words)[kind])
