"""What the shop notes on the day: arrived, ready, completed, did not come (R28)."""

from __future__ import annotations

from booking.actions.action import Done, action
from booking.actions.changing import locked, told, write
from booking.rules.decision import Refused
from booking.rules.status import after
from models.session import Tx


def _mark(verb: str):  # noqa: ANN202
    def mark(tx: Tx, ref: str, *, version: int | None = None) -> Done:
        b = locked(tx, ref, version)
        marked = write(tx, b, status=after(b.status, verb))
        tx.audit(f"{verb}_booking", booking_id=b.id, before=told(b), after=told(marked))
        return Done(marked)

    mark.__name__ = f"{verb}_booking"
    mark.__doc__ = f"Note `{verb}`. Refused closed or not_allowed when the booking's state does not lead there."
    return action(mark)


arrive_booking = _mark("arrive")
ready_booking = _mark("ready")
complete_booking = _mark("complete")


@action
def no_show_booking(tx: Tx, ref: str, *, version: int | None = None, override: bool = False) -> Done:
    """Note that the customer did not come, as the other marks; before the start nobody can know that: Refused not_allowed then, unless
    `override` (A155: a fee may follow)."""
    b = locked(tx, ref, version)
    status = after(b.status, "no_show")
    early = tx.now < b.starts_at
    if early and not override:
        raise Refused("not_allowed", kind="early")
    marked = write(tx, b, status=status)
    tx.audit("no_show_booking", booking_id=b.id, before=told(b), after=told(marked), early=early)
    return Done(marked)
