"""Everything that changes a booking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from booking.actions.action import Done
from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_series import cancel_series
from booking.actions.create_booking import create_booking
from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.decline_booking import decline_booking
from booking.actions.manage_link import revoke_link, send_manage_link
from booking.actions.mark_booking import arrive_booking, complete_booking, no_show_booking, ready_booking
from booking.actions.people import Person
from booking.actions.record_payment import record_payment
from booking.actions.refund_booking import refund_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.reschedule_series import reschedule_series
from booking.actions.visits import cancel_visit, reschedule_visit
from booking.rules.decision import Refused
from booking.rules.refund import RefundQuote
from jsonapi.problems import errors_as
from models.booking_summary import BookingSummary
from models.session import Tx
from shopify_app.api.bookings import booking_out, known_ref
from shopify_app.api.call import Call
from shopify_app.api.door import operation, reference
from shopify_app.api.shapes import bookings as s
from shopify_app.api.shapes.base import Amount


def changed(call: Call, verb: Callable[..., Done], *args: Any, **values: Any) -> dict[str, Any]:
    """Run an action on a booking; the booking as the action left it, with its refund where there is one."""
    def show(tx: Tx, done: Done) -> s.BookingOut:
        assert done.booking is not None
        refund = {} if done.refund is None else {"refund": _refund(done.refund)}
        lines = {"bookings": [_line(b) for b in done.bookings]} if len(done.bookings) > 1 else {}
        return s.BookingOut(**booking_out(done.booking, call.origin), **refund, **lines)

    return call.act(verb, *args, show=show, **values)


def _line(b: BookingSummary) -> s.BookingLine:
    here = ZoneInfo(b.zone)
    return s.BookingLine(ref=b.ref, status=b.status, version=b.version, service=str(b.service_id),
                         starts_at=b.starts_at.astimezone(here), ends_at=b.ends_at.astimezone(here))


def _refund(quote: RefundQuote) -> s.RefundFacts:
    """Money is owed until it is carried out; credit is given at once (R24)."""
    state = "none" if quote.amount == 0 else "succeeded" if quote.outcome == "credit" else "owed"
    return s.RefundFacts(outcome=quote.outcome, amount=quote.amount, currency=quote.currency, state=state)


@operation("POST", "/bookings", summary="Book for a customer", body=s.BookingIn, answer=s.BookingOut, status=201)
def post_booking(call: Call) -> Any:
    b = call.body
    known = isinstance(b.customer, str)
    service_id, staff_id = reference(b.service, "service"), reference(b.staff, "staff")
    common = {
        "starts_at": b.starts_at, "customer_id": reference(b.customer, "customer") if known else None,
        "person": None if known else Person(b.customer.name, b.customer.email, b.customer.phone),
        "payments": [payment.model_dump() for payment in b.payments], "notes": b.notes, "delivery_address": b.delivery_address, "notify": b.notify, "override": b.override}
    if b.parts:
        _alone(b, "parts", repeat=None, seats=1, use_credit=False)
        parts = [VisitPart(service_id, staff_id), *[
            VisitPart(reference(p.service, f"parts.{n}.service"), reference(p.staff, f"parts.{n}.staff")) for n, p in enumerate(b.parts)]]
        return _book(call, create_visit, parts=parts, **common)
    common |= {"service_id": service_id, "staff_id": staff_id, "seats": b.seats}
    if b.repeat is not None:
        _alone(b, "repeat", use_credit=False)
        return _book(call, create_series, dates=b.repeat.dates, every=b.repeat.every, **common)
    return _book(call, create_booking, use_credit=b.use_credit, **common)


def _book(call: Call, verb: Callable[..., Done], **values: Any) -> dict[str, Any]:
    """What is wrong with the person stands at `customer` in the request."""
    mine = ("name", "email", "phone") if values["person"] is not None else ()
    with errors_as(lambda error: error | {"field": f"customer.{error['field']}"} if error["field"] in mine else error):
        return changed(call, verb, **values)


def _alone(body: BaseModel, field: str, **wanted: Any) -> None:
    """Refuse the fields that mean nothing together with `field`."""
    errors = [{"field": name, "problem": f"cannot be used together with {field}"} for name, value in wanted.items() if getattr(body, name) != value]
    if errors:
        raise Refused("invalid", errors=errors)


@operation("POST", "/bookings/{ref}/reschedule", summary="Move a booking", body=s.RescheduleIn, answer=s.BookingOut)
def post_reschedule(call: Call, ref: str) -> Any:
    b = call.body
    values = {"starts_at": b.starts_at, "version": b.version, "override": b.override, "notify": b.notify}
    if b.scope == "visit":
        _alone(b, "scope", staff=None)
        return changed(call, reschedule_visit, known_ref(ref), **values)
    values |= {"staff_id": reference(b.staff, "staff")}
    if b.scope == "this":
        return changed(call, reschedule_booking, known_ref(ref), **values)
    return changed(call, reschedule_series, known_ref(ref), scope=b.scope, **values)


@operation("POST", "/bookings/{ref}/cancel", summary="Cancel a booking, or seats of it", body=s.CancelIn, answer=s.BookingOut)
def post_cancel(call: Call, ref: str) -> Any:
    b = call.body
    values = {"reason": b.reason, "version": b.version, "override": b.override, "notify": b.notify,
              "refund": b.refund.amount if isinstance(b.refund, Amount) else b.refund}
    if b.scope == "this":
        return changed(call, cancel_booking, known_ref(ref), seats=b.seats, hold_money=b.hold_money, **values)
    _alone(b, "scope", seats=None, hold_money=False)
    if b.scope == "visit":
        return changed(call, cancel_visit, known_ref(ref), **values)
    return changed(call, cancel_series, known_ref(ref), scope=b.scope, **values)


@operation("POST", "/bookings/{ref}/decline", summary="Decline a request, or a move that waits; of a visit all parts that wait", body=s.DeclineIn, answer=s.BookingOut)
def post_decline(call: Call, ref: str) -> Any:
    return changed(call, decline_booking, known_ref(ref), reason=call.body.reason, version=call.body.version)


@operation("POST", "/bookings/{ref}/refund", summary="Owe a goodwill refund", body=s.RefundIn, answer=s.BookingOut)
def post_refund(call: Call, ref: str) -> Any:
    return changed(call, refund_booking, known_ref(ref), amount=call.body.amount, reason=call.body.reason, notify=call.body.notify)


@operation("POST", "/bookings/{ref}/payments", summary="Note money taken for a booking, off what is due", body=s.PaymentIn, answer=s.BookingOut, status=201)
def post_payment(call: Call, ref: str) -> Any:
    return changed(call, record_payment, known_ref(ref), call.body.model_dump())


def _plain(path: str, verb: Callable[..., Done], summary: str, body: type[BaseModel] = s.VersionIn) -> None:
    """A verb that needs nothing but the booking, and at most the version seen."""
    def handler(call: Call, ref: str) -> Any:
        return changed(call, verb, known_ref(ref), **call.body.model_dump())

    handler.__name__ = "post_" + path.replace("-", "_")
    operation("POST", f"/bookings/{{ref}}/{path}", summary=summary, body=body, answer=s.BookingOut)(handler)


_plain("approve", approve_booking, "Approve a request, or a move that waits; of a visit all parts that wait")
_plain("arrive", arrive_booking, "The customer has arrived")
_plain("ready", ready_booking, "Ready to start")
_plain("complete", complete_booking, "Completed")
_plain("no-show", no_show_booking, "The customer did not come", s.NoShowIn)
_plain("send-manage-link", send_manage_link, "Send the same link again", s.EmptyIn)
_plain("revoke-link", revoke_link, "End the link and send a new one", s.EmptyIn)
