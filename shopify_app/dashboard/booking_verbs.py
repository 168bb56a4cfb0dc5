"""What is done with a booking by one button: states of the day, approval, links, messages, notes, goodwill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from booking.actions.action import Done
from booking.actions.approve_booking import approve_booking
from booking.actions.booking_notes import add_note, remove_note
from booking.actions.clear_conflict import clear_conflict
from booking.actions.decline_booking import decline_booking
from booking.actions.manage_link import revoke_link, send_manage_link
from booking.actions.mark_booking import arrive_booking, complete_booking, no_show_booking, ready_booking
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.actions.resend_message import resend_message
from booking.rules.decision import Refused
from models.booking_summary import find
from models.session import reading
from shopify_app.dashboard import given
from shopify_app.dashboard.booking import show_booking
from shopify_app.dashboard.door import EVERYONE, MANAGERS, Visit, field_problems, screen

BACK = ("/approvals", "/refunds", "/conflicts", "/calendar", "")
"""Lists from which a verb may be used; it leads back there."""


def attempt(visit: Visit, ref: str, done: str, verb: Callable[..., Done], *args: Any, **values: Any) -> Any:
    """Run an action on a booking and go on; a refusal shows the booking as it is now, with the reason (R15)."""
    try:
        verb(visit.store_id, visit.actor, *args, **values)
    except Refused as refused:
        return refuse(visit, ref, refused)
    back = request.form.get("back")
    if back in BACK:
        return visit.go(back, done=done)
    return visit.go(f"/bookings/{ref}", done=done)


def refuse(visit: Visit, ref: str, refused: Refused) -> Any:
    """The booking's page with what went wrong: 422 for what was typed, 409 for everything else."""
    if refused.code == "not_found":
        raise refused
    if refused.code == "invalid":
        problems = field_problems(visit.words, refused)
        if "step" in refused.facts:
            problems = dict.fromkeys(problems, given.steps_problem(visit.words, refused.facts["currency"]))
        return wrong(visit, ref, problems)
    return show_booking(visit, ref, problem=sentence(visit, refused), status=409)


def wrong(visit: Visit, ref: str, problems: dict[str, str]) -> Any:
    """The booking's page with what was typed, and what is wrong with it by field."""
    return show_booking(visit, ref, problems=problems, typed=request.form.to_dict(), status=422,
                        problem=visit.words.refusal("invalid", {}, visit.store.name))


def sentence(visit: Visit, refused: Refused) -> str:
    """A refusal in the words of the shop, not of its customers."""
    w, code = visit.words, refused.code
    if code == "not_allowed" and refused.facts.get("kind") == "message":
        return w._("This message can't be sent again: there is no address for it.")
    if refused.facts.get("disputed"):
        return w._("The customer's bank is looking into this payment. Stripe refuses refunds of it until that is decided.")
    if refused.facts.get("kind") == "early":
        return w._("The appointment has not begun yet, so nobody can have missed it.")
    if code == "not_allowed":
        return w._("That is not possible in the booking's present state.")
    if code == "stale":
        return w._("Someone has changed this booking since you opened the page. This is how it is now; please look and decide again.")
    if code == "slot_taken":
        return w._("That time is taken. The booking has not changed.")
    return w.refusal(code, refused.facts, visit.store.name)


def _plain(path: str, verb: Callable[..., Done], done: str, roles: tuple[str, ...]) -> None:
    def view(visit: Visit, ref: str) -> Any:
        return attempt(visit, ref, done, verb, given.known_ref(ref), version=given.whole(request.form.get("version")))

    view.__name__ = "booking_" + path.replace("-", "_")
    screen(f"/bookings/<ref>/{path}", roles=roles, methods=("POST",))(view)


_plain("approve", approve_booking, "approved", MANAGERS)
_plain("arrive", arrive_booking, "marked", EVERYONE)
_plain("ready", ready_booking, "marked", EVERYONE)
_plain("complete", complete_booking, "marked", EVERYONE)
_plain("clear-conflict", clear_conflict, "marked", EVERYONE)
_plain("no-show", no_show_booking, "marked", EVERYONE)


@screen("/bookings/<ref>/decline", roles=MANAGERS, methods=("POST",))
def booking_decline(visit: Visit, ref: str) -> Any:
    return attempt(visit, ref, "declined", decline_booking, given.known_ref(ref), reason=given.text(request.form.get("reason"), 500),
                   version=given.whole(request.form.get("version")))


@screen("/bookings/<ref>/send-link", roles=EVERYONE, methods=("POST",))
def booking_send_link(visit: Visit, ref: str) -> Any:
    """The same link once more (A105)."""
    return attempt(visit, ref, "link_sent", send_manage_link, given.known_ref(ref))


@screen("/bookings/<ref>/revoke-link", roles=MANAGERS, methods=("POST",))
def booking_revoke_link(visit: Visit, ref: str) -> Any:
    """End every link sent so far and send a new one (R3)."""
    return attempt(visit, ref, "link_revoked", revoke_link, given.known_ref(ref))


@screen("/bookings/<ref>/messages/<int:message_id>/resend", roles=EVERYONE, methods=("POST",))
def booking_resend(visit: Visit, ref: str, message_id: int) -> Any:
    return attempt(visit, ref, "resent", resend_message, given.known_ref(ref), given.known_id(message_id))


@screen("/bookings/<ref>/notes", roles=EVERYONE, methods=("POST",))
def booking_note(visit: Visit, ref: str) -> Any:
    return attempt(visit, ref, "noted", add_note, given.known_ref(ref), given.text(request.form.get("note"), 2001))


@screen("/bookings/<ref>/notes/<int:note_id>/remove", roles=EVERYONE, methods=("POST",))
def booking_note_remove(visit: Visit, ref: str, note_id: int) -> Any:
    return attempt(visit, ref, "removed", remove_note, given.known_ref(ref), given.known_id(note_id))


@screen("/bookings/<ref>/goodwill", roles=MANAGERS, methods=("POST",))
def booking_goodwill(visit: Visit, ref: str) -> Any:
    """Owe the customer a part of what was paid (D26b)."""
    with reading(visit.store_id) as tx:
        b = find(tx, given.known_ref(ref))
    if b is None:
        raise Refused("not_found")
    amount = given.amount(request.form.get("amount"), b.currency)
    if amount is None:
        return wrong(visit, ref, {"amount": visit.words._("Please enter an amount, such as 25.50.")})
    left = b.paid - b.refunded - b.owed
    if not 0 < amount <= left:
        problem = visit.words._("Please enter at most {amount}: what was paid and not given back yet.").format(
            amount=visit.words.money(left, b.currency))
        return wrong(visit, ref, {"amount": problem})
    return attempt(visit, ref, "refund_owed", refund_booking, ref, amount=amount,
                   reason=given.text(request.form.get("told"), 500))


@screen("/bookings/<ref>/refunds/<int:refund_id>/execute", roles=MANAGERS, methods=("POST",))
def booking_execute(visit: Visit, ref: str, refund_id: int) -> Any:
    """Carry out an owed refund, or note it as given by hand (R23, R24)."""
    by_hand = request.form.get("by_hand") == "1"
    return attempt(visit, given.known_ref(ref), "refund_noted" if by_hand else "refund_done", execute_refund, given.known_id(refund_id),
                   by_hand=by_hand)
