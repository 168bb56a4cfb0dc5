"""What the beat keeps in order in each store: who is forgotten when, wall time under new zone rules, refunds owed (R13, R23, R45)."""

from __future__ import annotations

import logging
from importlib.metadata import version

from sqlalchemy.exc import SQLAlchemyError

from booking.actions.forget_closed import forget_closed
from booking.actions.keep_wall_time import keep_wall_time, note_zone_data, strayed
from booking.actions.remind_of_refunds import remind_of_refunds
from booking.rules.decision import Refused
from models.actor import SYSTEM

MOST_ROUNDS = 20
log = logging.getLogger("opencals.keeping")


def keep_up(store_id: int) -> None:
    """All of it, for one store; trouble is logged and tried again at the next round."""
    for work in (forget_past, keep_wall_times, remind):
        try:
            work(store_id)
        except (SQLAlchemyError, Refused):
            log.exception("keeping in order failed", extra={"store": store_id, "kind": work.__name__})


def forget_past(store_id: int) -> int:
    """Forget who closed bookings were for, in short transactions; what is left over waits for the next round."""
    forgotten = 0
    for _ in range(MOST_ROUNDS):
        some = forget_closed(store_id, SYSTEM).facts["forgotten"]
        forgotten += some
        if not some:
            break
    return forgotten


def keep_wall_times(store_id: int) -> int:
    """Once for each release of the zone data: bring back to wall time whatever the new rules have moved."""
    release = version("tzdata")
    found = strayed(store_id, SYSTEM, release).facts
    moved = sum(keep_wall_time(store_id, SYSTEM, staff_id).facts["moved"] for staff_id in found["staff"])
    if not found["reckoned"]:
        note_zone_data(store_id, SYSTEM, release)
    return moved


def remind(store_id: int) -> int:
    """Tell the shop once of each refund it has owed for some days."""
    return remind_of_refunds(store_id, SYSTEM).facts["refunds"]
