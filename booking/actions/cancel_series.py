"""Cancel several bookings of a series at once: what it comes to is listed first, then confirmed (R27, R31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from booking import facts, quotes
from booking.actions.action import Done, action
from booking.actions.cancel_booking import cancel_booking
from booking.actions.tell_several import tell_once, tell_team_once
from booking.held_place import before_move, put_back
from booking.keys import sign, unsign
from booking.rules import refund as refunds
from booking.rules.decision import Decision, Refused
from booking.rules.refund import RefundQuote
from booking.rules.refunds_together import together
from booking.rules.series import SCOPES, Occurrence, in_scope
from booking.rules.windows import change_decision
from models.booking import Booking
from models.booking_summary import SUMMARIES, BookingSummary, find, lock_many, run
from models.session import Tx

PURPOSE = "cancel-parts-quote"


@dataclass(frozen=True, slots=True)
class Part:
    """A booking that would be cancelled, and its money outcome."""

    booking: BookingSummary
    quote: RefundQuote


@dataclass(frozen=True, slots=True)
class Stay:
    """A booking that stays as it is, and why."""

    booking: BookingSummary
    decision: Decision


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """What a cancellation of several bookings would do, soonest first. `key` names what was asked for, such as the scope."""

    store_id: int
    ref: str
    key: str
    parts: tuple[Part, ...]
    stays: tuple[Stay, ...] = ()

    @property
    def total(self) -> RefundQuote | None:
        """All outcomes as one; None when nothing can be cancelled."""
        return together([part.quote for part in self.parts]) if self.parts else None

    def sign(self) -> str:
        """The text for the page's form: every booking with its version and outcome, as shown."""
        return sign(PURPOSE, [self.store_id, self.ref, self.key,
                              [[part.booking.ref, part.booking.version, part.quote.facts()] for part in self.parts]])


def preview_cancel_series(tx: Tx, ref: str, scope: str, *, as_credit: bool = False) -> CancelPreview:
    """The dates a cancellation with scope this, following or all is for, those that stay, and the money, or credit where the customer
    may choose it and does (R21). Reads only.

    Refused not_found, or invalid for another scope.
    """
    return _preview(tx, series_of(tx, ref), ref, scope, override=False, as_credit=as_credit)


@action
def cancel_series(tx: Tx, ref: str, *, scope: str, quote: str | None = None, reason: str = "", refund: str = "policy", as_credit: bool = False,
                  version: int | None = None, override: bool = False, notify: bool = True) -> Done:
    """Cancel the dates of the scope that may still be cancelled; the others stay. One mail to the customer for all of it.

    Customers bring the signed preview and get exactly what it listed: dates that came within reach since then are left alone,
    and if one got worse or is refused now nothing happens: quote_changed with a new `preview`. `refund` is the merchant's:
    policy, full or none for each date; `override` takes the dates inside the window too.
    """
    if refund not in ("policy", "full", "none"):
        raise Refused("invalid", errors=[{"field": "refund", "problem": "must be policy, full or none"}])
    rows = series_of(tx, ref, locking=True)
    preview = _preview(tx, rows, ref, scope, override=override, as_credit=as_credit)
    tx.subject = next(b for b in rows if b.ref == ref)
    if version is not None and version != tx.subject.version:
        raise Refused("stale", version=tx.subject.version, state=tx.subject.status)
    parts = confirmed_parts(tx, preview, quote)
    if not parts:
        (preview.stays[0].decision if preview.stays else Decision(False, "no_change", facts={"kind": "dates"})).require()
    series_id = tx.subject.series_id
    done = cancel_parts(tx, parts, reason=reason, refund=refund, override=override, as_credit=as_credit)
    tx.audit("cancel_series", subject="series", subject_id=series_id, scope=scope, bookings=[b.id for b in done.bookings],
             stays=[stay.booking.id for stay in preview.stays], quote=done.refund.facts())
    if notify:
        tell_once(tx, "booking_cancelled", parts_before(parts), done.bookings, refund=done.refund,
                  stays=[stay.booking for stay in preview.stays])
    return done


def series_of(tx: Tx, ref: str, *, locking: bool = False) -> list[BookingSummary]:
    """All bookings of the customer in the series of `ref`, or just that one; with `locking` locked by ascending id."""
    this = find(tx, ref)
    if this is None:
        raise Refused("not_found")
    mine = [Booking.id == this.id] if this.series_id is None else [
        Booking.series_id == this.series_id, Booking.customer_id == this.customer_id]
    rows = lock_many(tx, *mine) if locking else run(tx, SUMMARIES.where(Booking.store_id == tx.store_id, *mine))
    if not any(b.ref == ref for b in rows):
        # It went to another customer between the two reads.
        raise Refused("stale")
    return rows


def scoped(rows: Sequence[BookingSummary], ref: str, scope: str, tx: Tx) -> list[BookingSummary]:
    """The bookings a change is meant for, soonest first: `ref` itself, and open ones that have not started."""
    if scope not in SCOPES:
        raise Refused("invalid", errors=[{"field": "scope", "problem": f"must be one of {', '.join(SCOPES)}"}])
    of_ref = {b.ref: b for b in rows}
    meant = in_scope([Occurrence(b.ref, b.starts_at, b.zone) for b in rows], ref, scope, tx.now)
    return [of_ref[o.ref] for o in meant if o.ref == ref or of_ref[o.ref].holding]


def confirmed_parts(tx: Tx, preview: CancelPreview, quote: str | None) -> tuple[Part, ...]:
    """What is cancelled: all parts for the shop, the parts of the signed preview for a customer (R27)."""
    if not tx.actor.is_customer:
        return preview.parts
    body = unsign(PURPOSE, quote) if quote else None
    if body is None or body[0] != tx.store_id or body[1] != preview.ref or body[2] != preview.key:
        raise Refused("invalid", errors=[{"field": "quote", "problem": "is not the quote shown for this choice"}])
    now = {part.booking.ref: part for part in preview.parts}
    for ref, version, seen in body[3]:
        part = now.get(ref)
        if part is None or part.booking.version != version or refunds.worse(part.quote, seen):
            raise Refused("quote_changed", preview=preview)
    shown = {ref for ref, _, _ in body[3]}
    return tuple(part for part in preview.parts if part.booking.ref in shown)


def cancel_parts(tx: Tx, parts: Sequence[Part], *, reason: str, refund: str, override: bool, block: bool = False, as_credit: bool = False) -> Done:
    """Cancel the given bookings, whose rows are locked, and tell the team; no mail to the customer yet."""
    results = [cancel_booking.within(
        tx, part.booking.ref, quote=quotes.sign(part.quote, part.booking, part.booking.seats), reason=reason, refund=refund,
        as_credit=as_credit, override=override, notify=False, block=block, of_several=True) for part in parts]
    was, refunded = [before_move(tx, part.booking) for part in parts], together([result.refund for result in results])
    done = tuple(result.booking for result in results)
    tell_team_once(tx, "merchant_booking_cancelled", was, [put_back(b, old) for b, old in zip(done, was, strict=True)],
                   shop=tx.actor.is_customer, refund=refunded, **({"reason": done[0].cancel_reason} if done[0].cancel_reason else {}))
    return Done(done[0], refunded, done)


def parts_before(parts: Sequence[Part]) -> list[BookingSummary]:
    return [part.booking for part in parts]


def _preview(tx: Tx, rows: Sequence[BookingSummary], ref: str, scope: str, *, override: bool, as_credit: bool) -> CancelPreview:
    parts, stays = [], []
    for b in scoped(rows, ref, scope, tx):
        decision = change_decision("cancel", facts.change_facts(b), tx.now)
        if decision.allowed or (override and b.holding):
            parts.append(Part(b, facts.quote_cancellation(tx, b, as_credit=as_credit)))
        else:
            stays.append(Stay(b, decision))
    return CancelPreview(tx.store_id, ref, scope, tuple(parts), tuple(stays))
