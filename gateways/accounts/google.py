"""Busy times from Google Calendar: events.list with sync tokens (Calendar API v3, "Synchronize resources efficiently").

`fields` keeps titles, places and names at Google: only ids and times are ever sent to us.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from booking.calendar_reading import Change, Reading
from booking.rules.wall_time import resolve, valid_zone
from gateways.accounts.provider import GOOGLE, place
from gateways.accounts.wire import CursorGone, GrantEnded, Later, send

FIELDS = ("nextPageToken,nextSyncToken,timeZone,"
          "items(id,recurringEventId,status,transparency,start,end,attendees(self,responseStatus))")
FIXED = {"singleEvents": "true", "maxResults": "2500", "maxAttendees": "1", "fields": FIELDS}
"""The same for every call: a sync token is good only for the parameters it was made with. One attendee: the person themselves."""
LOST = frozenset({"insufficientPermissions", "forbidden"})
"""Reasons of a 403 that only the person can change; others are quotas, and settings of this installation."""
MOST_PAGES, MOST_ENTRIES = 100, 20_000


def read(access: str, cursor: str | None, start: datetime, end: datetime, zone: str) -> Reading:
    """What has changed since `cursor`; without one everything from `start` to `end`. `zone` is for a calendar that names none.

    CursorGone (410), GrantEnded, Later.
    """
    asked = FIXED | ({"syncToken": cursor} if cursor else {"timeMin": start.isoformat(), "timeMax": end.isoformat()})
    changes: list[Change] = []
    page: str | None = None
    for _ in range(MOST_PAGES):
        answer = _get(access, asked | ({"pageToken": page} if page else {}))
        changes += _changes(answer, zone)
        if len(changes) > MOST_ENTRIES:
            raise Later(f"There are more than {MOST_ENTRIES} entries in 400 days.")
        page = answer.get("nextPageToken")
        if not page:
            break
    if page or not isinstance(answer.get("nextSyncToken"), str):
        raise Later("Google Calendar gave an answer that does not end.")
    return Reading(changes, answer["nextSyncToken"], whole=cursor is None)


def _get(access: str, asked: dict[str, str]) -> dict[str, Any]:
    status, answer, _ = send(GOOGLE.name, "GET", place(GOOGLE, f"{GOOGLE.api}/calendars/primary/events"), params=asked,
                             headers={"Authorization": f"Bearer {access}"})
    if status == 200:
        return answer
    if status == 410 or status == 400 and "syncToken" in asked:
        raise CursorGone("Google Calendar wants to be read anew.")
    if status == 403 and _reasons(answer) & LOST:
        raise GrantEnded("Google Calendar does not allow us to read this calendar.")
    raise Later(f"Google Calendar did not answer the question ({status}).")


def _reasons(answer: dict[str, Any]) -> set[str]:
    error = answer.get("error")
    errors = error.get("errors") if isinstance(error, dict) else None
    return {str(one.get("reason")) for one in errors if isinstance(one, dict)} if isinstance(errors, list) else set()


def _changes(answer: dict[str, Any], zone: str) -> list[Change]:
    own = answer.get("timeZone")
    zone = own if isinstance(own, str) and valid_zone(own) else zone
    try:
        return [_change(item, zone) for item in answer.get("items") or ()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Later("Google Calendar gave an entry we cannot read.") from error


def _change(item: dict[str, Any], zone: str) -> Change:
    """A cancelled entry may have nothing but its id. Declined: the person said no, which keeps nothing busy."""
    entry, series = str(item["id"]), item.get("recurringEventId")
    declined = any(one.get("self") and one.get("responseStatus") == "declined" for one in item.get("attendees") or ())
    if item.get("status") == "cancelled" or item.get("transparency") == "transparent" or declined:
        return Change(entry, series, None)
    start, end = _instant(item["start"], zone), _instant(item["end"], zone)
    return Change(entry, series, (start, end) if start < end else None)


def _instant(when: dict[str, str], zone: str) -> datetime:
    """A whole day is one of the calendar's own zone; `end` is the day after the last."""
    if "date" in when:
        return resolve(datetime.combine(date.fromisoformat(when["date"]), time.min), zone)
    found = datetime.fromisoformat(when["dateTime"])
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    own = when.get("timeZone", "")
    return resolve(found, own if valid_zone(own) else zone)
