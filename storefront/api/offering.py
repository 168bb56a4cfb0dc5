"""Waiting for an earlier time, and the times a shop offers for a request (R34, R35); feedback afterwards (R37)."""

from __future__ import annotations

from typing import Any

from booking.actions.accept_offer import accept_offer
from booking.actions.action import Done
from booking.actions.decline_offers import decline_offers
from booking.actions.join_waitlist import join_waitlist
from booking.actions.leave_feedback import leave_feedback
from booking.actions.leave_waitlist import leave_waitlist
from booking.rules.decision import Refused
from booking.rules.waitlist import BANDS
from models.session import Tx, reading
from storefront import given
from storefront.api import shapes as s
from storefront.api.bookings import door_of, full
from storefront.api.door import CustomerCall, operation
from storefront.api.permissions import DAYS, offers_of


def _change(call: CustomerCall, ref: str, verb: Any, *args: Any, **values: Any) -> dict[str, Any]:
    """Run a verb on a booking of this customer; the booking as it left it."""
    with reading(call.store_id) as tx:
        b = call.booking(tx, ref)

    def show(tx: Tx, done: Done) -> s.CustomerBookingDetail:
        return full(tx, call, call.booking(tx, b.ref))

    return call.act(verb, b.ref, *args, show=show, **values)


@operation("POST", "/bookings/{ref}/waitlist", summary="Wait for an earlier time, or change the wishes", body=s.WaitlistIn,
           answer=s.CustomerBookingDetail)
def wait_for_earlier(call: CustomerCall, ref: str) -> dict[str, Any]:
    wishes = call.body
    return _change(call, ref, join_waitlist, weekdays=[DAYS.index(day) for day in wishes.weekdays] or range(len(DAYS)),
                   bands=wishes.bands or BANDS, anyone=wishes.anyone)


@operation("DELETE", "/bookings/{ref}/waitlist", summary="Wait no longer", answer=s.CustomerBookingDetail)
def wait_no_longer(call: CustomerCall, ref: str) -> dict[str, Any]:
    return _change(call, ref, leave_waitlist)


@operation("POST", "/bookings/{ref}/offers/{n}/accept", summary="Take an offered time", body=s.OfferAnswer, answer=s.CustomerBookingDetail)
def take_offer(call: CustomerCall, ref: str, n: str) -> dict[str, Any]:
    """A time somebody else has by now is 409 slot_taken; the others then stand as before (R35)."""
    number = given.whole_number(n)
    if number is None:
        raise Refused("not_found")
    return _answer(call, ref, accept_offer, number)


@operation("POST", "/bookings/{ref}/offers/decline", summary="Take none of the offered times", body=s.OfferAnswer, answer=s.CustomerBookingDetail)
def take_no_offer(call: CustomerCall, ref: str) -> dict[str, Any]:
    return _answer(call, ref, decline_offers)


def _answer(call: CustomerCall, ref: str, verb: Any, *args: Any) -> dict[str, Any]:
    """Answer the shop's offers. Where what the customer saw no longer stands, what does comes with the refusal (R15, R35)."""
    try:
        return _change(call, ref, verb, *args, of_round=call.body.round)
    except Refused as refused:
        if refused.code not in ("stale", "slot_taken", "outside_hours"):
            raise
        with reading(call.store_id) as tx:
            _, standing = offers_of(tx, door_of(call, call.booking(tx, ref)))
        raise Refused(refused.code, **refused.facts, fresh={"offers": [offer.model_dump(mode="json") for offer in standing]}) from None


@operation("POST", "/bookings/{ref}/feedback", summary="Say how it was, or change what was said", body=s.FeedbackIn,
           answer=s.CustomerBookingDetail)
def give_feedback(call: CustomerCall, ref: str) -> dict[str, Any]:
    said = call.body
    return _change(call, ref, leave_feedback, rating=said.rating, comment=said.comment, publish=said.publish)
