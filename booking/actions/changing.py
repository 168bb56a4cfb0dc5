"""The few steps every change of a booking shares: lock, check the version, write with compare-and-set, settle money."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, delete, insert, update

from booking.documents.issue import issue
from booking.rules import status
from booking.rules.decision import Refused
from booking.rules.refund import RefundQuote
from booking.rules.wall_time import wall
from models.base import new_id
from models.booking import Booking
from models.booking_summary import BookingSummary, find_by_id, lock
from models.hold import Hold
from models.outbox import OutboxRow
from models.refund import Credit, Refund, RefundLine
from models.session import OutboxItem, Tx
from models.statement import INSTANT, Statement, insertion, must_change, param


FOLLOWED = frozenset({"service_id", "staff_id", "location_id", "customer_id", "policy_id", "order_id", "status"})
"""Columns after which other fields of the read model are others too: those of the rows they name, and what triggers make of a status."""


_LET_GO: Statement = Statement(delete(Hold).where(Hold.store_id == param("store"), Hold.booking_id == param("booking")))
_HOLD_FEWER: Statement = Statement(update(Hold).where(Hold.store_id == param("store"), Hold.booking_id == param("booking")).values(
    seats=param("seats")))
_REFUND = insertion(Refund, frozenset({
    "id", "booking_id", "cause", "outcome", "mode", "state", "amount", "kept", "fee", "currency", "reason", "created_at", "settled_at"}))
_LINE = insertion(RefundLine, frozenset({"id", "refund_id", "payment_id", "amount"}))


def locked(tx: Tx, ref: str, version: int | None = None) -> BookingSummary:
    """The booking, its row locked; Refused not_found, or stale when the caller saw another version (I9)."""
    b = lock(tx, ref)
    if b is None:
        raise Refused("not_found")
    if version is not None and version != b.version:
        raise Refused("stale", version=b.version, state=b.status)
    return b


def write(tx: Tx, b: BookingSummary, **values: Any) -> BookingSummary:
    """Write the new values and the next version where the version is still the one read; the booking as it is then."""
    mark = put(tx, b, **values)
    known = all(name in BookingSummary._fields and (name not in FOLLOWED or value == getattr(b, name)) for name, value in values.items())
    return b._replace(**values, **mark) if known else reread(tx, b)


def put(tx: Tx, b: BookingSummary, **values: Any) -> dict[str, Any]:
    """`write` for who reads the booking later anyway; the new version and its moment."""
    if "status" in values and values["status"] in status.CLOSED:
        values.setdefault("closed_at", tx.now)
    mark = {"version": b.version + 1, "updated_at": tx.now}
    change = {"b_id": b.id, "b_version": b.version, "next_version": b.version + 1, "updated_at": tx.now} | _plain(values)
    stale = Refused("stale", version=b.version, state=b.status)
    if tx.subject is not None and tx.subject.id == b.id:  # its row is locked: the answer need not be waited for
        _update(frozenset(values), True).later(tx, stale, **change)
    elif _update(frozenset(values), False).run(tx, **change) != 1:
        raise stale
    return mark


@lru_cache(maxsize=200)
def _update(columns: frozenset[str], later: bool) -> Statement:
    """The compare-and-set on these columns; few different sets exist."""
    table = Booking.__table__.c
    change = update(Booking).where(
        Booking.store_id == param("store"), Booking.id == param("b_id"), Booking.version == param("b_version"),
    ).values({"version": param("next_version"), "updated_at": param("updated_at", INSTANT)} | {
        name: bindparam(name, type_=table[name].type) for name in sorted(columns)})
    return must_change(change) if later else Statement(change)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}


def reread(tx: Tx, b: BookingSummary) -> BookingSummary:
    fresh = find_by_id(tx, b.id)
    assert fresh is not None, "the row is locked by this transaction"
    return fresh


def place(starts_at: datetime, ends_at: datetime, zone: str) -> dict[str, Any]:
    """The columns that say when: instants, and the wall time meant (I56)."""
    local, fold = wall(starts_at, zone)
    return {"starts_at": starts_at, "ends_at": ends_at, "zone": zone, "local_start": local, "fold": fold}


def told(b: BookingSummary) -> dict[str, Any]:
    """What the audit keeps of a booking before and after a change."""
    return {"status": b.status, "version": b.version, "starts_at": b.starts_at, "staff_id": b.staff_id, "seats": b.seats,
            "price": b.price, "customer_id": b.customer_id}


def let_go_of_old_slot(tx: Tx, b: BookingSummary) -> None:
    _LET_GO.run(tx, booking=b.id)


def hold_fewer_seats(tx: Tx, b: BookingSummary, seats: int) -> None:
    """Of what is held for the booking, its old class date or times offered, only the seats that stay (R17, R30)."""
    _HOLD_FEWER.run(tx, booking=b.id, seats=seats)


def settle(tx: Tx, b: BookingSummary, quote: RefundQuote, cause: str, *, reason: str | None = None) -> int:
    """Write the refund of a quote with its parts per payment: money is *owed*, credit is given at once, each in a row of its own.
    Returns the id of the money's row, or of the credit's where all of it is credit.

    In automatic mode card payments also put a command into the outbox; carrying it out is the payment worker's (I16). Nothing
    to give back is written too, so that the outcome stays visible.
    """
    ends = dict(quote.credited)
    ids = {}
    for outcome, amount in (("credit", quote.credit), (quote.outcome, quote.cash)):
        if amount or (outcome != "credit" and not quote.credit):
            ids[outcome == "credit"] = refund_id = new_id()
            state = "none" if amount == 0 else "succeeded" if outcome == "credit" else "owed"
            alone = outcome != "credit" or not quote.cash
            _REFUND.later(tx, id=refund_id, booking_id=b.id, cause=cause, outcome=outcome, mode=quote.mode, state=state, amount=amount,
                        kept=quote.kept if alone else 0, fee=quote.fee if alone else 0, currency=quote.currency, reason=reason, created_at=tx.now,
                        settled_at=tx.now if state == "succeeded" else None)
    for payment_id, amount in quote.parts:
        refund_id = ids[payment_id in ends]
        _LINE.later(tx, id=new_id(), refund_id=refund_id, payment_id=payment_id, amount=amount)
        if payment_id in ends:
            tx.db.execute(insert(Credit).values(
                store_id=tx.store_id, id=new_id(), customer_id=b.customer_id, booking_id=b.id, refund_id=refund_id, payment_id=payment_id,
                amount=amount, currency=quote.currency, expires_at=ends[payment_id], created_at=tx.now))
    if quote.credit:
        tx.last(issue, b.id)
    if quote.cash and quote.mode == "automatic" and "card" in quote.methods:
        _command(tx, b.id, ids[False])
    return ids.get(False, ids.get(True, 0))


def queue_refund(tx: Tx, booking_id: int, refund_id: int) -> None:
    """The command to pay a refund back through the provider; one per refund, ever (I2). One that failed becomes due again."""
    tx.db.execute(update(OutboxRow).where(
        OutboxRow.store_id == tx.store_id, OutboxRow.dedupe == f"refund:{refund_id}:stripe", OutboxRow.state != "due",
    ).values(state="due", due_at=tx.now, attempts=0, lease=None, leased_until=None, last_error=None))
    _command(tx, booking_id, refund_id)


def _command(tx: Tx, booking_id: int, refund_id: int) -> None:
    tx.outbox(OutboxItem("execute_refund", "stripe", str(refund_id), f"refund:{refund_id}", {"refund_id": str(refund_id)}, booking_id))
