"""Bookings: lists, one with its trail, and every verb."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, tuple_

from booking.actions.action import Done
from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.manage_link import revoke_link, send_manage_link
from booking.actions.mark_booking import arrive_booking, complete_booking, no_show_booking, ready_booking
from booking.actions.people import Person
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.links import manage_path
from booking.rules.decision import Refused
from booking.rules.status import STATES
from models.audit import AuditEntry
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, find, run
from models.outbox import OutboxRow
from models.refund import Refund
from models.session import reading
from shopify_app.api import shapes as s
from shopify_app.api.catalogue import PAGING
from shopify_app.api.door import Call, number, operation, reference

LIST = PAGING | {
    "q": "part of the customer's name, address, or the ref", "status": "one or several, comma separated", "starts_from": "RFC 3339",
    "starts_to": "RFC 3339", "customer": "id", "staff": "id", "service": "id", "conflict": "true"}


def booking_out(b: BookingSummary, origin: str) -> dict[str, Any]:
    """A booking as the API shows it; times with the offset of its zone."""
    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": b.currency}

    def at(instant: datetime) -> str:
        return instant.astimezone(ZoneInfo(b.zone)).isoformat()

    return {
        "ref": b.ref, "status": b.status, "version": b.version, "service": str(b.service_id), "service_name": b.service_name,
        "staff": str(b.staff_id), "staff_name": b.staff_name, "location": str(b.location_id), "starts_at": at(b.starts_at),
        "ends_at": at(b.ends_at), "zone": b.zone, "seats": b.seats,
        "customer": {"id": str(b.customer_id), "name": b.customer_name or b.contact_name, "email": b.customer_email or b.contact_email,
                     "phone": b.customer_phone or b.contact_phone},
        "price": money(b.price), "paid": money(b.paid), "refunded": money(b.refunded), "owed": money(b.owed),
        "manage_url": origin + manage_path(b), "conflict": b.conflict,
        "approval_deadline": b.approval_deadline.isoformat() if b.approval_deadline else None, "created_at": b.created_at.isoformat()}


def changed(call: Call, verb: Callable[..., Done], *args: Any, **values: Any) -> dict[str, Any]:
    """Run an action on a booking and give the booking as the action left it."""
    def render(done: Done) -> dict[str, Any]:
        assert done.booking is not None
        body = booking_out(done.booking, call.origin)
        if done.refund is not None:
            state = "none" if done.refund.amount == 0 else "succeeded" if done.refund.outcome == "credit" else "owed"
            body["refund"] = {"outcome": done.refund.outcome, "amount": done.refund.amount, "currency": done.refund.currency, "state": state}
        return body

    return call.act(verb, *args, render=render, **values)


def _ref(text: str) -> str:
    if "\x00" in text or len(text) > 40:
        raise Refused("not_found")
    return text


@operation("GET", "/bookings", summary="Bookings by start", query=LIST, answer=s.Listing[s.BookingOut])
def list_bookings(call: Call) -> Any:
    q, where = call.query, [Booking.store_id == call.store_id]
    if "status" in q:
        wanted = q["status"].split(",")
        if set(wanted) - STATES:
            raise Refused("invalid", errors=[{"field": "status", "problem": f"must be of {', '.join(sorted(STATES))}"}])
        where.append(Booking.status.in_(wanted))
    for field, column in (("customer", Booking.customer_id), ("staff", Booking.staff_id), ("service", Booking.service_id)):
        if field in q:
            where.append(column == reference(q[field], field))
    if "starts_from" in q:
        where.append(Booking.starts_at >= _instant(q, "starts_from"))
    if "starts_to" in q:
        where.append(Booking.starts_at < _instant(q, "starts_to"))
    if q.get("conflict") == "true":
        where.append(Booking.conflict)
    if "q" in q:
        text = "%" + q["q"].lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        where.append(or_(func.lower(Booking.contact_name).like(text), Booking.contact_email_canonical.like(text), Booking.ref == q["q"].lower()))
    position, limit = call.cursor("bookings"), call.limit()
    if position:
        where.append(tuple_(Booking.starts_at, Booking.id) > (datetime.fromisoformat(position[0]), position[1]))
    with reading(call.store_id) as tx:
        rows = run(tx, SUMMARIES.where(*where).order_by(Booking.starts_at, Booking.id).limit(limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": [booking_out(b, call.origin) for b in rows[:limit]],
            "next": None if last is None else call.next("bookings", [last.starts_at.isoformat(), last.id])}


@operation("POST", "/bookings", summary="Book for a customer", body=s.BookingIn, answer=s.BookingOut, status=201)
def post_booking(call: Call) -> Any:
    b = call.body
    known = reference(b.customer, "customer") if isinstance(b.customer, str) else None
    person = None if isinstance(b.customer, str) else Person(b.customer.name, b.customer.email, b.customer.phone)
    return changed(
        call, create_booking, service_id=reference(b.service, "service"), staff_id=reference(b.staff, "staff"), starts_at=_utc(b.starts_at),
        seats=b.seats, customer_id=known, person=person, payments=[p.model_dump() for p in b.payments], notes=b.notes, notify=b.notify,
        override=b.override)


@operation("GET", "/bookings/{ref}", summary="A booking with its trail and messages", answer=s.BookingDetail)
def get_booking(call: Call, ref: str) -> Any:
    with reading(call.store_id) as tx:
        b = find(tx, _ref(ref))
        if b is None:
            raise Refused("not_found")
        entries = tx.db.execute(select(AuditEntry).where(
            AuditEntry.store_id == call.store_id, AuditEntry.booking_id == b.id).order_by(AuditEntry.id)).all()
        messages = tx.db.execute(select(OutboxRow.topic, OutboxRow.channel, OutboxRow.recipient, OutboxRow.state, OutboxRow.attempts,
                                        OutboxRow.created_at, OutboxRow.sent_at, OutboxRow.last_error).where(
            OutboxRow.store_id == call.store_id, OutboxRow.booking_id == b.id).order_by(OutboxRow.id)).all()
    return booking_out(b, call.origin) | {
        "audit": [audit_out(row) for row in entries],
        "messages": [{"topic": m.topic, "channel": m.channel, "to": m.recipient, "state": m.state, "attempts": m.attempts,
                      "created_at": m.created_at.isoformat(), "sent_at": m.sent_at.isoformat() if m.sent_at else None,
                      "error": m.last_error} for m in messages]}


@operation("POST", "/bookings/{ref}/reschedule", summary="Move a booking", body=s.RescheduleIn, answer=s.BookingOut)
def post_reschedule(call: Call, ref: str) -> Any:
    b = call.body
    return changed(call, reschedule_booking, _ref(ref), starts_at=_utc(b.starts_at), staff_id=reference(b.staff, "staff"), version=b.version,
                   override=b.override, notify=b.notify)


@operation("POST", "/bookings/{ref}/cancel", summary="Cancel a booking, or seats of it", body=s.CancelIn, answer=s.BookingOut)
def post_cancel(call: Call, ref: str) -> Any:
    b = call.body
    return changed(call, cancel_booking, _ref(ref), reason=b.reason, refund=b.refund.amount if isinstance(b.refund, s.Amount) else b.refund,
                   seats=b.seats, version=b.version, override=b.override, notify=b.notify)


@operation("POST", "/bookings/{ref}/decline", summary="Decline a request", body=s.VerbIn, answer=s.BookingOut)
def post_decline(call: Call, ref: str) -> Any:
    return changed(call, decline_booking, _ref(ref), reason=call.body.reason, version=call.body.version)


@operation("POST", "/bookings/{ref}/refund", summary="Owe a goodwill refund", body=s.RefundIn, answer=s.BookingOut)
def post_refund(call: Call, ref: str) -> Any:
    return changed(call, refund_booking, _ref(ref), amount=call.body.amount)


def _plain_verb(path: str, verb: Callable[..., Done], summary: str, *, versioned: bool = True) -> None:
    def handler(call: Call, ref: str) -> Any:
        return changed(call, verb, _ref(ref), **({"version": call.body.version} if versioned else {}))

    handler.__name__ = "post_" + path.replace("-", "_")
    operation("POST", f"/bookings/{{ref}}/{path}", summary=summary, body=s.VerbIn, answer=s.BookingOut)(handler)


_plain_verb("approve", approve_booking, "Approve a request or a move")
_plain_verb("arrive", arrive_booking, "The customer has arrived")
_plain_verb("ready", ready_booking, "Ready to start")
_plain_verb("complete", complete_booking, "Completed")
_plain_verb("no-show", no_show_booking, "The customer did not come")
_plain_verb("send-manage-link", send_manage_link, "Send the same link again", versioned=False)
_plain_verb("revoke-link", revoke_link, "End the link and send a new one", versioned=False)


@operation("GET", "/refunds", summary="Refunds, newest first", query=PAGING | {"state": "owed, pending, succeeded, failed or none"},
           answer=s.Listing[s.RefundOut])
def list_refunds(call: Call) -> Any:
    limit, position = call.limit(), call.cursor("refunds")
    statement = select(Refund, Booking.ref).join(Booking, (Booking.store_id == Refund.store_id) & (Booking.id == Refund.booking_id)).where(
        Refund.store_id == call.store_id).order_by(Refund.created_at.desc(), Refund.id.desc()).limit(limit + 1)
    if "state" in call.query:
        if call.query["state"] not in ("none", "owed", "pending", "succeeded", "failed"):
            raise Refused("invalid", errors=[{"field": "state", "problem": "must be none, owed, pending, succeeded or failed"}])
        statement = statement.where(Refund.state == call.query["state"])
    if position:
        statement = statement.where(tuple_(Refund.created_at, Refund.id) < (datetime.fromisoformat(position[0]), position[1]))
    with reading(call.store_id) as tx:
        rows = tx.db.execute(statement).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": [_refund_out(row) for row in rows[:limit]],
            "next": None if last is None else call.next("refunds", [last.created_at.isoformat(), last.id])}


@operation("POST", "/refunds/{id}/execute", summary="Carry out an owed refund", answer=s.RefundOut)
def post_execute(call: Call, id: str) -> Any:
    call.act(execute_refund, number(id), render=lambda done: {})
    with reading(call.store_id) as tx:
        return _refund_out(tx.db.execute(select(Refund, Booking.ref).join(
            Booking, (Booking.store_id == Refund.store_id) & (Booking.id == Refund.booking_id)).where(
                Refund.store_id == call.store_id, Refund.id == number(id))).one())


def audit_out(row: Any) -> dict[str, Any]:
    return {"id": str(row.id), "at": row.at.isoformat(), "actor": {"kind": row.actor_kind, "id": row.actor_id, "channel": row.channel},
            "action": row.action, "allowed": row.allowed, "subject": row.subject,
            "subject_id": None if row.subject_id is None else str(row.subject_id), "before": row.before, "after": row.after, "facts": row.facts}


def _refund_out(row: Any) -> dict[str, Any]:
    return {"id": str(row.id), "booking": row.ref, "cause": row.cause, "outcome": row.outcome, "state": row.state,
            "amount": {"amount": row.amount, "currency": row.currency}, "created_at": row.created_at.isoformat()}


def _instant(query: dict[str, str], field: str) -> datetime:
    try:
        at = datetime.fromisoformat(query[field].replace(" ", "+"))
        if at.tzinfo is not None and 1990 <= at.year <= 2200:
            return at
    except ValueError:
        pass
    raise Refused("invalid", errors=[{"field": field, "problem": "must be an RFC 3339 instant with its offset"}])


def _utc(at: datetime) -> datetime:
    try:
        at = at.astimezone(UTC)
    except (OverflowError, ValueError):
        at = datetime.min.replace(tzinfo=UTC)
    if not 1990 <= at.year <= 2200:
        raise Refused("invalid", errors=[{"field": "starts_at", "problem": "is out of range"}])
    return at
