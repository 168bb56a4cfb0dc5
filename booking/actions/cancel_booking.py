"""Cancel a booking, or some seats of a party, with exactly the money outcome that was shown (R19-R27, R29, R30, R33)."""

from __future__ import annotations

from dataclasses import replace

from booking import facts, notices, quotes
from booking.actions.action import Done, action
from booking.actions.changing import hold_fewer_seats, let_go_of_old_slot, locked, put, reread, settle, told
from booking.actions.difference import fewer_before_waiting, of_those_who_stay
from booking.actions.waiting import keep_together
from booking.held_place import before_move, put_back
from booking.rules import refund as refunds
from booking.rules.decision import Refused
from booking.rules.refund import RefundQuote
from booking.rules.status import after
from booking.rules.windows import change_decision
from booking.visiting import decisions_alone
from models.booking_summary import BookingSummary
from models.session import Tx

LONGEST_REASON = 500


@action
def cancel_booking(tx: Tx, ref: str, *, quote: str | None = None, reason: str = "", refund: str | int = "policy",
                   seats: int | None = None, as_credit: bool = False, version: int | None = None, override: bool = False,
                   notify: bool = True, hold_money: bool = False, block: bool = False, of_several: bool = False,
                   given: tuple[int, int] | None = None) -> Done:
    """Cancel all of it, or drop `seats` of the party. Customers bring the signed quote they saw (R27).

    `as_credit` is their choice of credit where the policy gives one (R21). Merchants say what comes back: `policy`, `full`, `none`
    or an amount; outside the customers' window they need `override`.
    With `hold_money` it stays owed until someone of the shop carries it out, also where refunds go back by themselves (D26i).
    `block`: all parts of its visit are cancelled with it, so that no part stands alone (R32). Of one `of_several` its caller tells the team.
    `given`: (payment, amount) of what the order it came with has given back already (R43).
    Raises quote_changed with the new outcome under `quote` when it got worse.
    """
    b = locked(tx, ref, version)
    drops = _seats(b, seats)
    if not override:
        change_decision("cancel", facts.change_facts(b), tx.now).require()
    if tx.actor.is_customer and not block and b.visit_id is not None:
        decisions_alone(tx, b)["cancel"].require()
    if drops < b.seats and tx.actor.is_customer and not facts.effective_policy(b).part_cancel:
        raise Refused("not_allowed", kind="cancel", part=True)
    outcome = _outcome(tx, b, quote, refund, drops, as_credit) if given is None else facts.quote_of_order(tx, b, *given, seats=drops)
    if hold_money and tx.actor.is_merchant:
        outcome = replace(outcome, mode="manual", ways=(("owed", outcome.cash),) if outcome.cash else ())
    reason = reason.strip()[:LONGEST_REASON]
    if drops < b.seats:
        if b.status == "pending":
            hold_fewer_seats(tx, b, b.seats - drops)
        put(tx, b, seats=b.seats - drops, price=of_those_who_stay(b.price, drops, b), due=of_those_who_stay(b.due, drops, b),
                     held=None if b.held is None else b.held | fewer_before_waiting(b, drops))
        action_name, cause = "drop_seats", "seats"
    else:
        let_go_of_old_slot(tx, b)
        put(tx, b, status=after(b.status, "cancel"), cancel_reason=reason or None, held=None, approval_deadline=None,
                     cancelled_by="customer" if tx.actor.is_customer else "store" if tx.actor.is_merchant else "system")
        if b.held is not None and b.visit_id is not None and not block:
            keep_together(tx, b)
        action_name, cause = "cancel_booking", "cancellation"
    refund_id = settle(tx, b, outcome, cause)
    done = reread(tx, b)
    tx.audit(action_name, booking_id=b.id, before=told(b), after=told(done), policy_id=b.policy_id, quote=outcome.facts(),
             refund_id=refund_id, override=override, **({"reason_given": True} if reason else {}))
    if notify:
        notices.tell_customer(tx, "booking_cancelled", done, old=b, refund=outcome)
    if of_several:
        return Done(done, outcome)
    shop, was, words = tx.actor.is_customer, before_move(tx, b), {"reason": reason} if reason else {}
    heard = notices.tell_merchant(tx, "merchant_booking_cancelled", done, old=was, refund=outcome, **words) if shop else frozenset()
    notices.tell_staff(tx, "merchant_booking_cancelled", put_back(done, was), old=was, told=heard)
    return Done(done, outcome)


def _seats(b: BookingSummary, seats: int | None) -> int:
    if seats is None:
        return b.seats
    if not 1 <= seats <= b.seats:
        raise Refused("invalid", errors=[{"field": "seats", "problem": f"must be from 1 to {b.seats}"}])
    return seats


def _outcome(tx: Tx, b: BookingSummary, quote: str | None, refund: str | int, drops: int, as_credit: bool) -> RefundQuote:
    if tx.actor.is_customer:
        outcome = facts.quote_cancellation(tx, b, seats=drops, as_credit=as_credit)
        if refunds.worse(outcome, quotes.read(quote or "", b, drops)):
            raise Refused("quote_changed", quote=outcome)
        return outcome
    if refund == "policy":
        return facts.quote_cancellation(tx, b, seats=drops)
    if isinstance(refund, int) and not 0 <= refund <= sum(payment.left for payment in facts.load_payments(tx, b)):
        raise Refused("invalid", errors=[{"field": "refund.amount", "problem": "must be between 0 and what was paid and not yet given back"}])
    outcome = facts.quote_by_shop(tx, b, refund, seats=drops)
    return refunds.exactly(outcome, refund, "refund.amount") if isinstance(refund, int) else outcome
