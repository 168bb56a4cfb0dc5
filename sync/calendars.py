"""Calendars of staff members elsewhere become busy time here: files fetched and expanded, accounts asked, and what was found kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
import recurring_ical_events

from booking.actions.read_calendars import AHEAD, BEHIND, claim_due, fail_calendar, keep_busy
from booking.actions.staff_calendars import URL
from booking.rules.interval import merge
from booking.rules.wall_time import resolve
from booking.sealing import Unsealable, unseal
from gateways.calendars import Unreachable, fetch
from models.actor import SYSTEM
from sync.calendar_accounts import give_back, read_account

MOST_EVENTS, AT_ONCE = 20_000, 1000
DAY, MOST_DAYS = timedelta(days=1), timedelta(days=60)
TOO_OFTEN = ("SECONDLY", "MINUTELY")


def fetch_due(store_id: int, *, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Read every calendar of the store whose time has come; how many. One that fails keeps what it was busy with before. Then
    tokens that are used no longer are given back."""
    handled = 0
    while keep_going():
        claimed = claim_due(store_id, SYSTEM).facts
        if claimed is None:
            break
        handled += 1
        (_read_file if claimed["provider"] == "ics" else read_account)(store_id, claimed)
    give_back(store_id, keep_going=keep_going)
    return handled


def _read_file(store_id: int, claimed: dict[str, Any]) -> None:
    try:
        found = fetch(unseal(store_id, URL, claimed["sealed_url"]), claimed["etag"])
        spans = None if found.body is None else busy_spans(found.body, claimed["zone"], claimed["now"])
    except Unsealable:
        fail_calendar(store_id, SYSTEM, claimed["id"], "The address cannot be read any more. Please enter it again.")
    except Unreachable as error:
        fail_calendar(store_id, SYSTEM, claimed["id"], str(error))
    except ValueError as error:
        fail_calendar(store_id, SYSTEM, claimed["id"], f"The file cannot be read: {error}"[:300])
    else:
        keep_busy(store_id, SYSTEM, claimed["id"], claimed["sealed_url"], spans, found.etag)


def busy_spans(body: bytes, zone: str, now: datetime) -> list[tuple[datetime, datetime]]:
    """What the calendar is busy with from yesterday to 400 days ahead, in UTC, merged. `zone` is for times without one and whole
    days. Free (TRANSPARENT) and cancelled entries are not busy. ValueError for what is no calendar, or repeats without measure."""
    start, end = now - BEHIND, now + AHEAD
    spans = []
    for calendar in _calendars(body):
        for event in _entries(calendar, start, end):
            begins = _instant(event["DTSTART"].dt, zone)
            if str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or str(event.get("STATUS", "")).upper() == "CANCELLED":
                continue
            ends = _instant(event["DTEND"].dt, zone)
            if begins < ends and ends > start and begins < end:
                spans.append((max(begins, start), min(ends, end)))
    return merge(spans)


def _entries(calendar: icalendar.Calendar, start: datetime, end: datetime) -> Iterator[icalendar.Event]:
    """Everything between the two, some days at a time: the fuller they are, the fewer, so that a file without measure is found out
    before it has cost much. Whoever asks the library for all that is to come waits for the end of time where a file ends sooner."""
    query, count, days = recurring_ical_events.of(calendar, skip_bad_series=True), 0, DAY
    start, end = start - DAY, end + DAY  # whole days, and times without a zone, may be those of another day there
    while start < end:
        found = query.between(start, min(start + days, end))
        count += len(found)
        if count > MOST_EVENTS:
            raise ValueError(f"more than {MOST_EVENTS} entries in 400 days")
        yield from found
        start += days
        days = max(DAY, min(MOST_DAYS, AT_ONCE * days // max(len(found), 1)))


def _calendars(body: bytes) -> list[icalendar.Calendar]:
    try:
        found = [part for part in icalendar.Calendar.from_ical(body, multiple=True) if isinstance(part, icalendar.Calendar)]
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise ValueError("it is not a calendar file") from error
    if not found:
        raise ValueError("it is not a calendar file")
    for calendar in found:
        for event in calendar.walk("VEVENT"):
            rules = event.get("RRULE") or []
            for rule in rules if isinstance(rules, list) else [rules]:
                if {str(value).upper() for value in rule.get("FREQ", [])} & set(TOO_OFTEN):
                    raise ValueError("an entry repeats every minute or second")
    return found


def _instant(value: date | datetime, zone: str) -> datetime:
    """Whole days and times without a zone are wall time of the location."""
    if not isinstance(value, datetime):
        return resolve(datetime.combine(value, time.min), zone)
    return resolve(value, zone) if value.tzinfo is None else value.astimezone(UTC)

