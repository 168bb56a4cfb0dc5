"""The zone times are shown in: the place's own; of what takes place online the zone the visitor has chosen (R13).

A choice comes as `?zone=`, is kept in a cookie of this browser, and comes before the zone of the profile. It changes what is shown,
never what is booked: forms carry instants.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from flask import Response, request

from booking.access import SignedIn
from booking.keys import settings
from booking.offers import ServiceOffer
from booking.slots import Slot, SlotDays
from models.booking_summary import BookingSummary
from storefront.blueprint import bp

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
KEPT_SECONDS = 365 * 86400


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The zones one can choose: places people know, by IANA name, sorted."""
    return tuple(sorted(name for name in available_timezones() if name.split("/")[0] in AREAS))


@lru_cache(maxsize=1)
def _named() -> frozenset[str]:
    return frozenset(zone_names())


def chosen_zone(person: SignedIn | None) -> str | None:
    """The visitor's own zone: chosen now, in this browser before, or in the profile; None when nothing was chosen."""
    said = request.args if request.method in ("GET", "HEAD") else request.values
    return _known(said.get("zone")) or _known(request.cookies.get(_cookie())) or (person.zone if person else None)


def shown_zone(kind: str, zone: str, own: str | None) -> str:
    """The zone for something at a place of this kind in `zone`, told to someone in `own`."""
    return own or zone if kind == "online" else zone


def zone_of_picker(offer: ServiceOffer, staff_id: int | None, moving: BookingSummary | None, own: str | None) -> str | None:
    """The zone to show free times in where all of them are online; None: the place's."""
    kinds = {moving.location_kind} if moving else {one.location_kind for one in offer.only(staff_id)}
    return own if kinds == {"online"} else None


def by_days_of(zone: str, found: SlotDays, first: date, last: date) -> SlotDays:
    """The same times under the days they have in `zone`, from `first` to `last`."""
    here, days = ZoneInfo(zone), dict[date, list[Slot]]()
    for _, slots in found.days:
        for slot in slots:
            day = slot.starts_at.astimezone(here).date()
            if first <= day <= last:
                days.setdefault(day, []).append(slot)
    return SlotDays(zone, tuple((day, tuple(slots)) for day, slots in sorted(days.items())))


AROUND = timedelta(days=1)
"""How far days of two zones are apart at most."""
WIDEST = timedelta(hours=26)
"""How far the clocks of two zones are apart at most: +14 and -12."""


@bp.after_request
def keep_choice(response: Response) -> Response:
    """The browser keeps what was chosen; nothing is written here (R5)."""
    zone = _known(request.args.get("zone"))
    if zone is not None and request.cookies.get(_cookie()) != zone:
        response.set_cookie(_cookie(), zone, max_age=KEPT_SECONDS, path="/", secure=settings().secure, httponly=True, samesite="Lax")
    return response


def _known(text: str | None) -> str | None:
    return text if text and text in _named() else None


def _cookie() -> str:
    return "__Host-zone" if settings().secure else "zone"
