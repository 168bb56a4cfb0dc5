"""The full classes, and the times asked for in vain, that the customer waits for (R34, D29e)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.actions.leave_waitlist import leave_entry
from booking.class_waits import ClassWait, class_waits, is_of
from booking.rules.decision import Refused
from booking.waitlist import entry_path
from jsonapi.shapes import Listing
from models.session import Tx, reading
from storefront import given
from storefront.api.door import CustomerCall, operation
from storefront.api.shapes import HeldTime
from storefront.api.waiting_shapes import ClassWaitOut
from storefront.class_waits import place_text, wait_card, zone_of


@operation("GET", "/class-waits", summary="The full classes the customer waits for", answer=Listing[ClassWaitOut])
def my_class_waits(call: CustomerCall) -> dict[str, Any]:
    """Soonest first; nobody waits for so many that there would be pages."""
    if call.customer is None:
        return {"items": [], "next": None}
    with reading(call.store_id) as tx:
        return _listed(tx, call)


@operation("DELETE", "/class-waits/{id}", summary="Leave the line for a full class", answer=Listing[ClassWaitOut])
def leave_class_wait(call: CustomerCall, id: str) -> dict[str, Any]:
    """What is held goes to the next in line. One that has ended already stays as it is; what the customer waits for now."""
    entry_id = given.whole_number(id, longest=19)
    with reading(call.store_id) as tx:
        if entry_id is None or not is_of(tx, entry_id, call.known().id):
            raise Refused("not_found")
    return call.act(leave_entry, entry_id, show=lambda tx, done: Listing[ClassWaitOut](**_listed(tx, call)))


def _listed(tx: Tx, call: CustomerCall) -> dict[str, Any]:
    return {"items": [_shown(wait, call, tx.now) for wait in class_waits(tx, call.known().id)], "next": None}


def _shown(wait: ClassWait, call: CustomerCall, now: datetime) -> ClassWaitOut:
    own = call.known().zone
    here, zone, card = ZoneInfo(wait.zone), zone_of(wait, own), wait_card(wait, call.store_id, call.words, now, own)
    held = None if wait.held_until is None else HeldTime(
        starts_at=wait.starts_at.astimezone(here), staff_name=wait.staff_name, expires_at=wait.held_until.astimezone(here),
        sentence=card.held or "", url=call.origin + card.url)
    return ClassWaitOut(
        id=str(wait.id), service_name=wait.service_name, staff_name=wait.staff_name, location_name=wait.location_name, address=wait.location_address,
        starts_at=wait.starts_at.astimezone(here), ends_at=wait.ends_at.astimezone(here), zone=wait.zone, when=call.words.when(wait.starts_at, zone),
        when_there=None if zone == wait.zone else call.words.when(wait.starts_at, wait.zone),
        seats=wait.seats, place=wait.place, place_text=place_text(call.words, wait), held=held, url=call.origin + entry_path(call.store_id, wait.id))
