"""The states of a booking and the only ways between them (R28, R29, I9)."""

from __future__ import annotations

from booking.rules.decision import Refused

HOLDING = frozenset({"pending", "confirmed", "arrived", "ready_to_start"})
CLOSED = frozenset({"completed", "cancelled", "no_show", "declined", "expired"})
STATES = HOLDING | CLOSED
CHECKED_IN = frozenset({"arrived", "ready_to_start"})

TRANSITIONS = {
    ("pending", "approve"): "confirmed",
    ("pending", "decline"): "declined",
    ("pending", "expire"): "expired",
    ("pending", "restore"): "confirmed",
    ("pending", "cancel"): "cancelled",
    ("confirmed", "ask_again"): "pending",
    ("confirmed", "cancel"): "cancelled",
    ("confirmed", "arrive"): "arrived",
    ("confirmed", "ready"): "ready_to_start",
    ("confirmed", "complete"): "completed",
    ("confirmed", "no_show"): "no_show",
    ("arrived", "ready"): "ready_to_start",
    ("arrived", "complete"): "completed",
    ("arrived", "cancel"): "cancelled",
    ("arrived", "no_show"): "no_show",
    ("ready_to_start", "complete"): "completed",
    ("ready_to_start", "cancel"): "cancelled",
    ("ready_to_start", "no_show"): "no_show",
}
"""(state, verb) -> state. `restore`: a move that was not approved goes back; `ask_again`: a move that needs approval."""


def after(status: str, verb: str) -> str:
    """The state after `verb`, or Refused: closed states are never left, other pairs are not in the list."""
    if (status, verb) in TRANSITIONS:
        return TRANSITIONS[status, verb]
    if status in CLOSED:
        raise Refused("closed", state=status)
    raise Refused("not_allowed", state=status, verb=verb)
