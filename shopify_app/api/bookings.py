"""Bookings as read: the list, and one with its trail and messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, tuple_

from booking import counter_offers, facts
from booking.keys import settings
from booking.links import manage_path
from booking.places import place_of
from booking.rules.counter_offers import stands
from booking.rules.decision import Refused
from booking.rules.status import STATES
from booking.wording import words_for
from booking.wording.languages import pick
from booking.wording.policies import policy_lines
from models.audit import AuditEntry
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, find, run
from models.diary import search
from models.dispute import disputes_of
from models.money_list import Parted, payments_of, refunds_of
from models.moved_start import Place, page
from models.outbox import OutboxRow
from models.session import Tx, reading
from models.sms import SmsDelivery
from models.store import Store
from shopify_app.api.call import PAGING, Call
from shopify_app.api.disputes import dispute_out
from shopify_app.api.door import operation, reference
from shopify_app.api.shapes import bookings as s
from shopify_app.api.shapes.base import Listing, read_instant
from shopify_app.api.shapes.offers import OfferOut
from shopify_app.api.shapes.refunds import BookingRefund, RefundPartOut

MOST_EXACT = 2**53
LIST = PAGING | {
    "q": "the beginning of a word of the customer's name or address, the ending of their phone number, the ref, or an order number such as #1001", "status": "one or several, comma separated", "starts_from": "RFC 3339",
    "starts_to": "RFC 3339, not included", "customer": "id", "staff": "id", "service": "id", "conflict": "true or false", "series": "id", "visit": "id",
    "session": "id of a class date", "location": "id"}


def booking_out(b: BookingSummary, origin: str) -> dict[str, Any]:
    """The fields of a booking; times with the offset of its zone."""
    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": b.currency}

    here = ZoneInfo(b.zone)
    return {
        "ref": b.ref, "status": b.status, "version": b.version, "service": str(b.service_id), "service_name": b.service_name,
        "staff": str(b.staff_id), "staff_name": b.staff_name, "location": str(b.location_id), "place": b.location_kind,
        "meeting_url": place_of(b).link, "delivery_address": b.delivery_address, "starts_at": b.starts_at.astimezone(here),
        "ends_at": b.ends_at.astimezone(here), "zone": b.zone, "seats": b.seats,
        "customer": {"id": str(b.customer_id), "name": b.customer_name or b.contact_name, "email": b.customer_email or b.contact_email,
                     "phone": b.customer_phone or b.contact_phone},
        "price": money(b.price), "paid": money(b.paid), "refunded": money(b.refunded), "owed": money(b.owed), "due": money(b.due),
        "manage_url": origin + manage_path(b), "conflict": b.conflict,
        "session": None if b.session_id is None else str(b.session_id),
        "moves_from": datetime.fromisoformat(b.held["starts_at"]).astimezone(here) if b.held else None,
        "series": None if b.series_id is None else str(b.series_id), "visit": None if b.visit_id is None else str(b.visit_id),
        "approval_deadline": b.approval_deadline.astimezone(here) if b.approval_deadline else None, "created_at": b.created_at}


@operation("GET", "/bookings", summary="Bookings by start", query=LIST, answer=Listing[s.BookingOut])
def list_bookings(call: Call) -> Any:
    limit, order = call.limit(), [Booking.starts_at, Booking.id]
    mine = [Booking.store_id == call.store_id, *_filters(call.query)]
    with reading(call.store_id) as tx:
        def fetch(place: Place | None, most: int, *among: Any) -> list[BookingSummary]:
            where = [*mine, *among] if place is None else [*mine, tuple_(*order) > place]
            if call.query.get("q", "").strip():
                where = [Booking.store_id == call.store_id, Booking.id.in_(search(tx, call.query["q"], where, order, most))]
            return run(tx, SUMMARIES.where(*where).order_by(*order).limit(most))

        rows, on = page(tx, call.walk(tx, "bookings", "bookings"), fetch, lambda ids: fetch(None, len(ids), Booking.id.in_(ids)), limit)
    return {"items": [booking_out(b, call.origin) for b in rows], "next": on and call.next("bookings", on.cursor)}


def _filters(q: dict[str, str]) -> list[Any]:
    where: list[Any] = []
    if "status" in q:
        wanted = q["status"].split(",")
        if set(wanted) - STATES:
            raise Refused("invalid", errors=[{"field": "status", "problem": f"must be of {', '.join(sorted(STATES))}"}])
        where.append(Booking.status.in_(wanted))
    for field, column in (("customer", Booking.customer_id), ("staff", Booking.staff_id), ("service", Booking.service_id),
                          ("series", Booking.series_id), ("visit", Booking.visit_id), ("session", Booking.session_id),
                          ("location", Booking.location_id)):
        if field in q:
            where.append(column == reference(q[field], field))
    if "starts_from" in q:
        where.append(Booking.starts_at >= instant(q, "starts_from"))
    if "starts_to" in q:
        where.append(Booking.starts_at < instant(q, "starts_to"))
    if "conflict" in q:
        if q["conflict"] not in ("true", "false"):
            raise Refused("invalid", errors=[{"field": "conflict", "problem": "must be true or false"}])
        where.append(Booking.conflict if q["conflict"] == "true" else ~Booking.conflict)
    return where


def instant(query: dict[str, str], field: str) -> datetime:
    try:
        # A plus sign that was not escaped arrives as a space.
        return read_instant(query[field].replace(" ", "+"))
    except ValueError as error:
        raise Refused("invalid", errors=[{"field": field, "problem": str(error)}]) from None


@operation("GET", "/bookings/{ref}", summary="A booking with its trail and messages", answer=s.BookingDetail)
def get_booking(call: Call, ref: str) -> Any:
    with reading(call.store_id) as tx:
        b = find(tx, known_ref(ref))
        if b is None:
            raise Refused("not_found")
        return booking_out(b, call.origin) | {"audit": _trail(tx, b), "messages": _messages(tx, b),
                                             "offers": offers_out(tx, b, call.origin),
                                             "policy": _policy(tx, b), "move_reason": b.move_reason, "cancel_reason": b.cancel_reason} | _money(tx, b)


def _policy(tx: Tx, b: BookingSummary) -> list[str]:
    locale = tx.db.execute(select(Store.locale).where(Store.store_id == tx.store_id)).scalar_one()
    return policy_lines(words_for(pick(locale)), facts.shown_policy(tx, b), b.starts_at, b.zone, b.currency, original=b.original_starts_at)


def _money(tx: Tx, b: BookingSummary) -> dict[str, Any]:
    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": b.currency}

    return {
        "payments": [s.PaymentOut(id=str(p.id), amount=money(p.amount), refunded=money(p.refunded), method=p.method, captured_at=p.captured_at)
                     for p in payments_of(tx, b.id)],
        "refunds": [BookingRefund(**refund_facts(r, r), methods=r.methods, settled_at=r.settled_at)
                    for r in refunds_of(tx, b.id, rehearse=settings().stripe_test_mode)],
        "disputes": [dispute_out(row) for row in disputes_of(tx, b.id)]}


def refund_facts(r: Any, parted: Parted) -> dict[str, Any]:
    """A refund and its parts, as a booking's detail and the list of refunds tell it. `owed`: on its way or not."""
    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": r.currency}

    return {
        "id": str(r.id), "cause": r.cause, "outcome": r.outcome, "state": r.state, "amount": money(r.amount), "refunded": money(parted.given),
        "owed": money(sum(part.amount for part in parted.each) - parted.given), "created_at": r.created_at,
        "parts": [RefundPartOut(payment=str(part.payment_id), method=part.method, amount=money(part.amount), state=part.state, by_hand=part.by_hand)
                  for part in parted.each]}


def _trail(tx: Tx, b: BookingSummary) -> list[dict[str, Any]]:
    return [audit_out(row) for row in tx.db.execute(select(AuditEntry).where(
        AuditEntry.store_id == tx.store_id, AuditEntry.booking_id == b.id).order_by(AuditEntry.id))]


def _messages(tx: Tx, b: BookingSummary) -> list[dict[str, Any]]:
    """What was written to whom, whether it has left, and what the SMS provider reports (A104)."""
    rows = tx.db.execute(select(OutboxRow, SmsDelivery.state.label("delivery")).outerjoin(
        SmsDelivery, (SmsDelivery.store_id == OutboxRow.store_id) & (SmsDelivery.outbox_id == OutboxRow.id)).where(
        OutboxRow.store_id == tx.store_id, OutboxRow.booking_id == b.id, OutboxRow.channel.in_(("email", "sms"))).order_by(OutboxRow.id))
    return [{"id": str(m.id), "topic": m.topic, "channel": m.channel, "to": m.recipient, "state": m.state, "attempts": m.attempts,
             "created_at": m.created_at, "sent_at": m.sent_at, "error": m.last_error, "delivery": m.delivery} for m in rows]


def offers_out(tx: Tx, b: BookingSummary, origin: str) -> list[OfferOut]:
    """Every offer made for the booking, the newest round first."""
    here = ZoneInfo(b.zone)
    return [OfferOut(
        round=o.round, n=o.n, state="expired" if o.state == "open" and tx.now >= o.expires_at else o.state, staff=str(o.staff_id),
        staff_name=o.staff_name, starts_at=o.starts_at.astimezone(here), ends_at=o.ends_at.astimezone(here),
        expires_at=o.expires_at.astimezone(here),
        accept_url=origin + manage_path(b, round=o.round, action="accept", offer=o.n) if stands(o.state, o.expires_at, tx.now) else None)
        for o in counter_offers.history_of(tx, b)]


def known_ref(text: str) -> str:
    """A reference as it may stand in a path; what cannot be one is unknown."""
    if not (text.isascii() and text.isalnum() and len(text) <= 40):
        raise Refused("not_found")
    return text


def audit_out(row: Any) -> dict[str, Any]:
    return {"id": str(row.chain), "number": row.chain, "hash": bytes(row.hash).hex(), "at": row.at, "actor": {"kind": row.actor_kind, "id": row.actor_id, "channel": row.channel},
            "action": row.action, "allowed": row.allowed, "subject": row.subject,
            "subject_id": None if row.subject_id is None else str(row.subject_id), "before": _told(row.before), "after": _told(row.after), "facts": _told(row.facts)}


def _told(noted: Any) -> Any:
    """Ids are opaque texts, everywhere. They are the only numbers beyond those a double holds exactly."""
    if isinstance(noted, dict):
        return {name: _told(value) for name, value in noted.items()}
    if isinstance(noted, list):
        return [_told(value) for value in noted]
    return str(noted) if isinstance(noted, int) and noted > MOST_EXACT else noted
