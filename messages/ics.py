"""Calendar files: one booking, or a customer's private feed (R39, I54, RFC 5545, RFC 5546)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

PRODUCT = "-//Opencals//Customer Calendar//EN"


def invite(payload: dict[str, Any], method: str, domain: str) -> str:
    """The calendar file of a message payload; `method` REQUEST, CANCEL or PUBLISH. No private data but the customer's own link."""
    parts = [payload["booking"] | part for part in payload.get("bookings") or [{}]]
    calendar = _calendar(sorted({part["zone"] for part in parts}), parts[0]["starts_at"])
    calendar.add("method", method)
    for part in parts:
        calendar.add_component(_event(payload | {"booking": part}, domain, method))
    return calendar.to_ical().decode()


def feed(payloads: Iterable[dict[str, Any]], name: str, domain: str) -> str:
    """All given bookings in one published calendar; cancelled ones stay as CANCELLED."""
    payloads = list(payloads)
    first = min((p["booking"]["starts_at"] for p in payloads), default="2026-01-01T00:00:00+00:00")
    calendar = _calendar(sorted({p["booking"]["zone"] for p in payloads}), first)
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(name))
    calendar.add("refresh-interval;value=duration", "PT1H")
    for payload in payloads:
        calendar.add_component(_event(payload, domain, "PUBLISH"))
    return calendar.to_ical().decode()


def _calendar(zones: list[str], first: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    year = datetime.fromisoformat(first).year
    for zone in zones:
        if zone != "UTC":
            calendar.add_component(Timezone.from_tzinfo(ZoneInfo(zone), zone, first_date=date(year - 1, 1, 1), last_date=date(year + 3, 1, 1)))
    return calendar


def _event(payload: dict[str, Any], domain: str, method: str) -> Event:
    b, store = payload["booking"], payload["store"]
    gone = b["status"] in ("cancelled", "declined", "expired")
    event = Event()
    event.add("uid", f"{b['ref']}@{store['slug']}.{domain}")
    event.add("sequence", b["version"] - 1)
    event.add("dtstamp", datetime.fromisoformat(payload.get("at") or b["starts_at"]).astimezone(UTC))
    event.add("dtstart", _moment(b["starts_at"], b["zone"]))
    event.add("dtend", _moment(b["ends_at"], b["zone"]))
    event.add("summary", f"{b['service']} - {store['name']}")
    # Where the shop comes to the customer, the address is theirs: calendars are shown to others (R39).
    event.add("location", ", ".join(filter(None, (b["location"], "" if b.get("place") == "delivery" else b["address"]))))
    event.add("status", "CANCELLED" if gone or method == "CANCEL" else "TENTATIVE" if b["status"] == "pending" else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if gone else "OPAQUE")
    if payload.get("manage_url") and payload.get("calendar_link", True) and not gone:
        event.add("description", payload["manage_url"])
    if method in ("REQUEST", "CANCEL"):
        organizer = vCalAddress(f"mailto:{store['email'] or 'bookings@' + domain}")
        organizer.params["cn"] = vText(store["name"])
        event.add("organizer", organizer)
    return event


def _moment(instant: str, zone: str) -> datetime:
    """Wall time in its zone. An hour that comes twice means the first there (RFC 5545 3.3.5), so the second is given in UTC."""
    moment = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    return moment.astimezone(UTC) if moment.fold else moment
